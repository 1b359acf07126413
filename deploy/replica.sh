#!/bin/sh
# A streaming replica, in PGDATA, of the PostgreSQL that PGHOST, PGPORT, PGUSER and PGPASSWORD name: copied from it at the first
# start, followed ever after. Arguments go to postgres. tests/machines runs exactly this file.
set -eu
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_isready -q; do sleep 1; done
    # PG_VERSION comes last: half a copy, left by a crash, is never taken for one.
    find "$PGDATA" -mindepth 1 -delete
    pg_basebackup --pgdata "$PGDATA/copying" --write-recovery-conf --wal-method stream --checkpoint fast
    mv "$PGDATA/copying/PG_VERSION" "$PGDATA/copied"
    mv "$PGDATA/copying/"* "$PGDATA/"
    rmdir "$PGDATA/copying"
    mv "$PGDATA/copied" "$PGDATA/PG_VERSION"
    chmod 700 "$PGDATA"
fi
# The primary keeps rows that a long query here still reads, and that query is not canceled for what is being replayed.
exec postgres -D "$PGDATA" -c hot_standby=on -c hot_standby_feedback=on "$@"
