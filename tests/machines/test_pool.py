"""The pool of database connections, when the database ends what it holds."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def _end(pids: list[int]) -> None:
    """Ends backends, and comes back when they are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 10000) FROM unnest(%s::int[]) AS pid", [pids])


def test_it_renews_itself_at_the_first_broken_connection(open_city: Cast) -> None:
    pool = connection.pool  # type: ignore[attr-defined]
    held = [pool.getconn() for _ in range(max(5, pool.get_stats()["pool_available"]))]
    for one in held:
        pool.putconn(one)
    lost = pool.get_stats().get("connections_lost", 0)
    _end([one.info.backend_pid for one in held])
    fresh = [pool.getconn() for _ in held]
    try:
        assert not set(held) & set(fresh)
        assert all(one.execute("SELECT 1").fetchone() == (1,) for one in fresh)
        assert pool.get_stats().get("connections_lost", 0) - lost == 1
    finally:
        for one in fresh:
            pool.putconn(one)
