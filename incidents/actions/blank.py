"""Taking personal data away: what is older than the settings say, batch by batch. Rows, times and outcomes stay, so that every
count stays the same; the timeline holds no personal data and is not touched. One person's erasure is in `erase.py`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from incidents import timeline
from incidents.models import Blanked, Center

BATCH_ROWS = 500
"""Blanked in one transaction: some milliseconds, and nobody else writes these rows."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# A place is kept to about 200 m: its zone stays right, a house is not found by it.
PLACE_DEGREES = 0.002
_BLANK_NUMBERS = """
    WITH due AS (
        SELECT id, rang_at FROM incidents_call
        WHERE center_id = %(center)s AND rang_at >= %(upto)s AND rang_at < %(before)s AND caller_number IS NOT NULL
        ORDER BY rang_at LIMIT %(rows)s FOR UPDATE),
    blanked AS (UPDATE incidents_call SET caller_number = NULL, blanked_at = now() WHERE id IN (SELECT id FROM due))
    SELECT count(*), max(rang_at) FROM due
"""
_DUE_INCIDENTS = """
    SELECT i.id, i.closed_at, t.category = 'medical' FROM incidents_incident i
    JOIN incidents_incidenttype t ON t.id = i.type_id
    WHERE i.center_id = %(center)s AND i.status = 'closed' AND i.closed_at >= %(upto)s AND i.closed_at < %(before)s
      AND ({which})
    ORDER BY i.closed_at LIMIT %(rows)s FOR UPDATE OF i
"""
_HOLDS_WORDS = """i.blanked_at IS NULL
    OR EXISTS (SELECT 1 FROM incidents_note n WHERE n.incident_id = i.id AND n.blanked_at IS NULL)"""
_HOLDS_MEDICAL_WORDS = f"""t.category = 'medical' AND ({_HOLDS_WORDS})
    OR EXISTS (SELECT 1 FROM incidents_note n WHERE n.incident_id = i.id AND n.is_medical AND n.blanked_at IS NULL)"""
_BLANK_INCIDENTS = """
    UPDATE incidents_incident SET narrative = '', address = '', blanked_at = now(),
        location = ST_SnapToGrid(location, %(degrees)s) WHERE id = ANY(%(ids)s) AND blanked_at IS NULL
"""
_BLANK_NOTES = """
    UPDATE incidents_note SET text = '', blanked_at = now()
    WHERE incident_id = ANY(%(ids)s) AND blanked_at IS NULL AND (%(every)s OR is_medical)
"""
_OLD_ACCESSES = """
    DELETE FROM incidents_access WHERE id IN (SELECT id FROM incidents_access WHERE center_id = %(center)s AND at < %(before)s
        ORDER BY center_id, at LIMIT %(rows)s)
"""


def blank_a_batch(center: Center) -> dict[str, int]:
    """What was blanked: {"numbers", "incidents", "notes", "accesses"}; at most BATCH_ROWS of each kind, one transaction, one entry."""
    now = timezone.now()
    with timeline.action(center, None) as log:
        numbers = _blank_numbers(center, _before(now, settings.NUMBER_DAYS))
        medical = _blank_words(center, "medical", _before(now, settings.MEDICAL_DAYS), _HOLDS_MEDICAL_WORDS)
        others = _blank_words(center, "words", _before(now, settings.NARRATIVE_DAYS), _HOLDS_WORDS)
        done = {"numbers": numbers, "incidents": medical[0] + others[0], "notes": medical[1] + others[1]}
        if any(done.values()):
            log.add(
                "personal_data_blanked",
                touch=[],
                numbers=done["numbers"],
                incidents=done["incidents"],
                notes=done["notes"],
            )
        done["accesses"] = _drop_accesses(center, _before(now, settings.ACCESS_LOG_DAYS))
    return done


def is_more_left(done: dict[str, int]) -> bool:
    """Whether a batch may have been full."""
    return any(done[kind] >= BATCH_ROWS for kind in ("numbers", "incidents", "accesses"))


def _before(now: datetime, days: int) -> datetime | None:
    return now - timedelta(days=days) if days else None


def _blank_numbers(center: Center, before: datetime | None) -> int:
    if before is None:
        return 0
    given: dict[str, Any] = {"center": center.pk, "upto": _upto(center, "number"), "before": before, "rows": BATCH_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(_BLANK_NUMBERS, given)
        count, newest = cursor.fetchone()
    _reached(center, "number", newest if count == BATCH_ROWS else before)
    return int(count)


def _blank_words(center: Center, kind: str, before: datetime | None, which: str) -> tuple[int, int]:
    """(incidents, notes)"""
    if before is None:
        return 0, 0
    given: dict[str, Any] = {"center": center.pk, "upto": _upto(center, kind), "before": before, "rows": BATCH_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(_DUE_INCIDENTS.format(which=which), given)
        due = cursor.fetchall()
    whole = [row[0] for row in due if kind == "words" or row[2]]
    incidents, notes = blank_incidents(whole)
    if kind == "medical":
        notes += _execute(_BLANK_NOTES, {"ids": [row[0] for row in due], "every": False})
    _reached(center, kind, due[-1][1] if len(due) == BATCH_ROWS else before)
    return incidents, notes


def blank_incidents(ids: list[int]) -> tuple[int, int]:
    """Takes the words of closed incidents away, and coarsens their place; (incidents, notes)."""
    if not ids:
        return 0, 0
    incidents = _execute(_BLANK_INCIDENTS, {"ids": ids, "degrees": PLACE_DEGREES})
    return incidents, _execute(_BLANK_NOTES, {"ids": ids, "every": True})


def _drop_accesses(center: Center, before: datetime | None) -> int:
    if before is None:
        return 0
    with transaction.atomic():
        _execute("SELECT set_config('siaga.blanking', 'on', true)", {})
        before = min(before, timezone.now() - timedelta(days=31))
        gone = _execute(_OLD_ACCESSES, {"center": center.pk, "before": before, "rows": BATCH_ROWS})
        _execute("SELECT set_config('siaga.blanking', '', true)", {})
    return gone


def _upto(center: Center, kind: str) -> datetime:
    return Blanked.objects.filter(center=center, kind=kind).values_list("upto", flat=True).first() or LONG_AGO


def _reached(center: Center, kind: str, upto: datetime) -> None:
    Blanked.objects.update_or_create(center=center, kind=kind, defaults={"upto": upto})


def _execute(statement: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)
