"""The least a durable work queue can do: LISTEN, claim with SKIP LOCKED, mark done, NOTIFY back.

python -m bench.floors.skip_locked DSN
"""

from __future__ import annotations

import sys

import psycopg

CLAIM = "SELECT id FROM bench_job WHERE due ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"


def main(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("LISTEN bench_new")
        print("listening", flush=True)
        while True:
            for _ in connection.notifies(stop_after=1):
                pass
            while claim(connection):
                pass


def claim(connection: psycopg.Connection[tuple[int]]) -> bool:
    """Does the oldest job that is due; False when there is none."""
    with connection.transaction():
        row = connection.execute(CLAIM).fetchone()
        if row is None:
            return False
        connection.execute("UPDATE bench_job SET due = false WHERE id = %s", row)
        connection.execute("SELECT pg_notify('bench_done', %s)", [str(row[0])])
        return True


if __name__ == "__main__":
    main(sys.argv[1])
