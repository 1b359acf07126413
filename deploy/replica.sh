#!/bin/sh
# A streaming replica, in PGDATA, of the PostgreSQL that PGHOST, PGPORT, PGUSER and PGPASSWORD name: copied from it at the first
# start, followed ever after. Arguments go to postgres. tests/machines and tests/recovery run exactly this file.
# SIAGA_STANDBY=NAME makes it a standby that may take over: the primary keeps what NAME still lacks, in a slot, however long it
# is away (watch the disk: max_slot_wal_keep_size), and knows it by that name (deploy/synchronous.sh).
set -eu
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_isready -q; do sleep 1; done
    # PG_VERSION comes last: half a copy, left by a crash, is never taken for one.
    find "$PGDATA" -mindepth 1 -delete
    if [ -n "${SIAGA_STANDBY:-}" ]; then
        export PGAPPNAME="$SIAGA_STANDBY"
        psql -X -q -v ON_ERROR_STOP=1 -d postgres -v name="$SIAGA_STANDBY" <<'SQL'
SELECT pg_create_physical_replication_slot(:'name', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'name') \g /dev/null
SQL
        slot="--slot=$SIAGA_STANDBY"
    fi
    # shellcheck disable=SC2086
    pg_basebackup --pgdata "$PGDATA/copying" --write-recovery-conf --wal-method stream --checkpoint fast ${slot:-}
    mv "$PGDATA/copying/PG_VERSION" "$PGDATA/copied"
    mv "$PGDATA/copying/"* "$PGDATA/"
    rmdir "$PGDATA/copying"
    mv "$PGDATA/copied" "$PGDATA/PG_VERSION"
    chmod 700 "$PGDATA"
fi
# The primary keeps rows that a long query here still reads, and that query is not canceled for what is being replayed.
exec postgres -D "$PGDATA" -c hot_standby=on -c hot_standby_feedback=on "$@"
