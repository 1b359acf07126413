#!/bin/sh
# On the primary that PGHOST, PGPORT, PGUSER and PGPASSWORD name:
#   synchronous.sh on NAME   nothing is acknowledged before the standby NAME has it: nothing is lost when the primary is
#   synchronous.sh off       the standby follows as it can; needed at once when the standby is lost, for all writes wait for it
set -eu
case "${1:-}" in
    on) names="FIRST 1 (\"${2:?name the standby}\")" commit=remote_apply ;;
    off) names='' commit=on ;;
    *) echo "synchronous.sh on NAME | off" >&2; exit 2 ;;
esac
psql -X -q -v ON_ERROR_STOP=1 -d postgres <<SQL
SET synchronous_commit = local;
ALTER SYSTEM SET synchronous_standby_names = '$names';
ALTER SYSTEM SET synchronous_commit = $commit;
SELECT pg_reload_conf() \g /dev/null
SQL
