#!/bin/sh
# PostgreSQL's archive_command: one WAL segment into the archive, compressed, whole or not at all, never over another.
#   archive_command = 'sh /path/to/archive-wal.sh /srv/siaga-backup/wal "%p" "%f"'
set -eu
umask 077
kept="$1/$3.gz" fresh="$1/.$3.$$"
if [ -f "$kept" ]; then
    # After a crash PostgreSQL may bring again what is there already.
    gzip -dc "$kept" | cmp -s - "$2" && exit 0
    echo "$kept is there and is another: two clusters archive into one folder" >&2
    exit 1
fi
trap 'rm -f "$fresh"' EXIT
gzip -1 -c "$2" > "$fresh"
sync "$fresh"
mv "$fresh" "$kept"
sync "$1"
