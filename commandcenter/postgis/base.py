"""Django's PostGIS engine, whose pool renews itself whole when the database has been away.
Nothing of Siaga's data is here; `DATABASES["…"]["ENGINE"]` names this package."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.backends.postgis import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


def check_and_renew(connection: Connection[Any]) -> None:
    """psycopg's check, but one broken connection is taken for a sign that all are.

    The pool itself waits 1, 2, 4 … seconds after each broken one it hands out: with a dozen left over from before a restart
    of the database, a request runs into its time-out without having met a good one."""
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        pool = connection._pool  # set by getconn(); there is no public way from a connection to its pool
        if isinstance(pool, ConnectionPool):
            pool.drain()
        raise


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> Any:
        """Django names the check of its pool itself and has no setting for another."""
        pool = super().pool
        if pool is not None and pool._check is ConnectionPool.check_connection:
            pool._check = check_and_renew
        return pool
