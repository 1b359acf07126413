"""The days of the position history: made ahead, dropped whole when their time is over. The sweeper calls both."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from incidents import logs

logger = logs.get(__name__)
HISTORY = "dispatch_position_history"
LOCK_TIMEOUT = "2s"
"""Dropping a day waits for readers of the history, and everybody behind it waits too: better an hour later."""


def make_position_days() -> None:
    """Makes the history's partitions of today and tomorrow (UTC), when they are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT siaga_position_days((now() AT TIME ZONE 'UTC')::date)")


def drop_position_days(today: date | None = None) -> list[str]:
    """Drops the days that are older than SIAGA_POSITION_DAYS (0: none ever), and the stray points as old as they.
    Returns the names of the partitions dropped. Raises OperationalError when somebody reads the history for long."""
    if settings.POSITION_DAYS <= 0:
        return []
    first_kept = (today or timezone.now().date()) - timedelta(days=settings.POSITION_DAYS)
    dropped: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
               WHERE inhparent = %s::regclass AND child.relname ~ '_[0-9]{8}$' AND right(child.relname, 8) < %s
               ORDER BY child.relname""",
            [HISTORY, f"{first_kept:%Y%m%d}"],
        )
        for (name,) in cursor.fetchall():
            with transaction.atomic():
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                cursor.execute(f'DROP TABLE "{name}"')
            logger.info("positions dropped that are older than the setting", day=name[-8:], days=settings.POSITION_DAYS)
            dropped.append(name)
        cursor.execute(f"DELETE FROM {HISTORY}_other WHERE at < %s", [first_kept])
    return dropped
