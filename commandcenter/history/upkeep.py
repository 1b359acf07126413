"""What the room's data needs now and then: months of the search made ahead, and the deletion of what no longer serves.
Called by the sweeper and by `manage.py retain`; archives are another matter."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from commandcenter.history.person import blank_archives
from commandcenter.history.sealed import MEDICAL, NUMBER, WORDS
from incidents.actions import blank
from incidents.models import Center

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


def blank_a_batch(total: Counter[str] | None = None) -> bool:
    """Blanks a batch of each center's personal data that is older than the settings say; adds what went to `total`. Whether
    more may be left."""
    is_more = False
    for center in Center.objects.defer("outline").order_by("pk"):
        done = blank.blank_a_batch(center)
        is_more |= blank.is_more_left(done)
        if total is not None:
            total.update(done)
    return is_more


def blank_old_archives() -> int:
    """Values taken out of archives whose month is over for longer than their kind is kept; nothing without SIAGA_ARCHIVE."""
    root, gone = Path(settings.ARCHIVE_FOLDER), 0
    if not settings.ARCHIVE_FOLDER or not root.is_dir():
        return 0
    of_kind = {NUMBER: settings.NUMBER_DAYS, MEDICAL: settings.MEDICAL_DAYS, WORDS: settings.NARRATIVE_DAYS}
    for kind, days in of_kind.items():
        if days:
            last = (timezone.now() - timedelta(days=days)).date().replace(day=1) - timedelta(days=1)
            gone += blank_archives(root, [kind], f"{last:%Y-%m}")
    return gone


def is_more_left(deleted: dict[str, int]) -> bool:
    """Whether a batch was full."""
    return max(deleted.values()) == BATCH_ROWS
