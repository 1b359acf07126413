#!/bin/sh
# Run once by the postgres image when it makes its cluster: lets a replica copy and follow it, with Siaga's password.
set -eu
echo "host replication $POSTGRES_USER all scram-sha-256" >> "$PGDATA/pg_hba.conf"
