#!/bin/sh
# Makes the standby that PGHOST, PGPORT, PGUSER and PGPASSWORD name the primary. OLD_HOST and OLD_PORT name the primary it
# replaces: while that one still answers nothing is done, for two primaries would each take calls the other never sees.
# Afterwards the old one must not be started again as it is: make it a standby of the new one with replica.sh.
set -eu
if [ "${1:-}" != --old-primary-is-off ] && pg_isready -q -t 3 -h "${OLD_HOST:?name the old primary}" -p "${OLD_PORT:-5432}"; then
    echo "promote.sh: the old primary still answers at $OLD_HOST:${OLD_PORT:-5432}: stop it first" >&2
    exit 1
fi
psql -X -q -v ON_ERROR_STOP=1 -d postgres <<'SQL'
SELECT pg_promote(wait => true, wait_seconds => 60) AS promoted \gset
\if :promoted
\else
    \warn 'promote.sh: it did not become a primary within 60 s'
    \quit 3
\endif
-- Copied from the old primary: nothing would be acknowledged, for the standby it waits for is this one.
SET synchronous_commit = local;
ALTER SYSTEM RESET synchronous_standby_names;
ALTER SYSTEM RESET synchronous_commit;
SELECT pg_reload_conf() \g /dev/null
SQL
