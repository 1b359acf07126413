"""What the room's data needs now and then: months of the search made ahead, and the deletion of what no longer serves.
Called by the sweeper and by `manage.py retain`; archives are another matter."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

BATCH_ROWS = 500
"""Deleted in one transaction: short enough that nobody waits for it, the sweeper's next round neither."""

FAILED_SIGN_IN_DAYS = 90

# ARRAY is worked out once; IN may be worked out for each row, and then takes more than the limit. Rows that another holds are
# left for the next time: a key in use, a job that is being looked at.
_DELETE = """
    DELETE FROM {table} WHERE {key} = ANY(ARRAY(
        SELECT {key} FROM {table} WHERE {old} ORDER BY {oldest} LIMIT %(rows)s FOR UPDATE SKIP LOCKED))
"""
_OLD = {
    "jobs": ("incidents_job", "id", "status = 'done' AND done_at < %(before)s", "done_at"),
    "idempotency_keys": ("incidents_idempotencykey", "id", "created_at < %(before)s", "created_at"),
    "sessions": ("incidents_session", "session_key", "expire_date < %(before)s", "expire_date"),
    "failed_sign_ins": ("axes_accessfailurelog", "id", "attempt_time < %(before)s", "attempt_time"),
    "locks": ("axes_accessattempt", "id", "attempt_time < %(before)s", "attempt_time"),
    "tokens": ("incidents_token", "id", "coalesce(revoked_at, expires_at) < %(before)s", "expires_at"),
}


def make_months_of_words() -> None:
    """Makes the partitions of the words of closed incidents for this month and the next (UTC), when they are missing."""
    today = timezone.now().date()
    make_word_months(today, today + timedelta(days=31))


def make_word_months(first: date, last: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT siaga_words_months(%s, %s)", [first, last])


def delete_a_batch() -> dict[str, int]:
    """How many of each were deleted, BATCH_ROWS at most: jobs done long ago, idempotency keys nobody repeats any more,
    expired sessions, tokens revoked or expired long ago. Each kind is a transaction of its own."""
    now = timezone.now()
    before = {
        "jobs": now - timedelta(days=settings.JOB_DAYS),
        "idempotency_keys": now - timedelta(hours=settings.IDEMPOTENCY_HOURS),
        "sessions": now,
        "failed_sign_ins": now - timedelta(days=FAILED_SIGN_IN_DAYS),
        "locks": now - timedelta(minutes=settings.LOCK_MINUTES),
        "tokens": now - timedelta(days=settings.OLD_TOKEN_DAYS),
    }
    deleted = {}
    for name, (table, key, old, oldest) in _OLD.items():
        with connection.cursor() as cursor:
            cursor.execute(
                _DELETE.format(table=table, key=key, old=old, oldest=oldest),
                {"before": before[name], "rows": BATCH_ROWS},
            )
            deleted[name] = cursor.rowcount
    return deleted


def is_more_left(deleted: dict[str, int]) -> bool:
    """Whether a batch was full."""
    return max(deleted.values()) == BATCH_ROWS
