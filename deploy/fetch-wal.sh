#!/bin/sh
# PostgreSQL's restore_command: one WAL segment out of the archive that archive-wal.sh fills; fails when it is not there.
#   restore_command = 'sh /path/to/fetch-wal.sh /srv/siaga-backup/wal "%f" "%p"'
set -eu
[ -f "$1/$2.gz" ] || exit 1
gzip -dc "$1/$2.gz" > "$3.fetched"
mv "$3.fetched" "$3"
