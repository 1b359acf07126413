"""Archiving whole months of a center: reading them out of the tables into files, and, once they are checked, taking them
out of the tables in small transactions. The files' form is in `files.py`, the timeline's one way out in migration 0005."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection, transaction
from django.utils import timezone

from commandcenter.history.files import Damaged, Stretch, check_month, new_month, write_lines, write_manifest
from commandcenter.history.sealed import FIELDS, MEDICAL, NUMBER, WORDS, Line, seal, write_personal
from incidents.models import Archive, Center, IncidentType
from incidents.rows import iso

QUIET_DAYS = 7
"""What ended so recently may still be looked at and added to: its month waits."""
PAGE_ROWS = 5000
BATCH_INCIDENTS, BATCH_ROWS = 500, 5000
"""Taken out in one transaction: some tens of milliseconds, and nobody else writes these rows."""

_SETTLED_CALL = "c.status = 'ended' AND c.outcome IS NOT NULL"
_INCIDENTS = (
    "incidents_incident i WHERE i.center_id = %(center)s AND i.closed_at >= %(begin)s AND i.closed_at < %(end)s"
)
_BY_INCIDENT = "FROM {table} t JOIN incidents_incident i ON i.id = t.incident_id WHERE i.center_id = %(center)s \
AND i.status = 'closed' AND i.closed_at >= %(begin)s AND i.closed_at < %(end)s"
ROWS = {
    "calls": f"FROM incidents_call c WHERE c.center_id = %(center)s AND c.rang_at >= %(begin)s AND c.rang_at < %(end)s AND {_SETTLED_CALL}",
    "incidents": f"FROM {_INCIDENTS} AND i.status = 'closed'",
    "referrals": _BY_INCIDENT.format(table="dispatch_referral"),
    "assignments": _BY_INCIDENT.format(table="dispatch_assignment"),
    # A note may be added long after its incident closed: it goes with the entry that tells of it.
    "notes": """FROM incidents_note n WHERE n.id IN (
                    SELECT (data->>'note')::bigint FROM incidents_timelineentry WHERE center_id = %(center)s
                    AND seq BETWEEN %(first_seq)s AND %(last_seq)s AND kind = 'note_added')""",
    "alarms": """FROM incidents_alarm a WHERE a.center_id = %(center)s AND a.status = 'cleared' AND a.cleared_at >= %(begin)s
                 AND a.cleared_at < %(end)s""",
}
# A note is as medical as its case.
ROW_OF = {
    "notes": """(to_jsonb(n) || jsonb_build_object('of_medical_case', (SELECT t.category = 'medical' FROM incidents_incident i
        JOIN incidents_incidenttype t ON t.id = i.type_id WHERE i.id = n.incident_id)))::text"""
}
ALIAS = {"calls": "c", "incidents": "i", "referrals": "t", "assignments": "t", "notes": "n", "alarms": "a"}


class CannotArchive(Exception):
    """The words say what stands in the way."""


def months_before(center: Center, day: date) -> list[date]:
    """The center's whole months before `day` (local) that are not archived yet and hold anything, oldest first."""
    zone = ZoneInfo(center.timezone)
    newest = Archive.objects.filter(center=center).order_by("-month").values_list("month", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT least((SELECT min(rang_at) FROM incidents_call WHERE center_id = %(c)s),
                            (SELECT min(opened_at) FROM incidents_incident WHERE center_id = %(c)s),
                            (SELECT at FROM incidents_timelineentry WHERE center_id = %(c)s ORDER BY seq LIMIT 1))""",
            {"c": center.pk},
        )
        oldest: datetime | None = cursor.fetchone()[0]
    if newest is not None:
        month = _next(newest)
    elif oldest is not None:
        month = oldest.astimezone(zone).date().replace(day=1)
    else:
        return []
    found = []
    while _next(month) <= day:
        found.append(month)
        month = _next(month)
    return found


def refuse_what_is_not_over(center: Center, day: date) -> None:
    """Raises CannotArchive while anything from before `day` is open, or the day is too near."""
    end = _midnight(center, day)
    if end > timezone.now() - timedelta(days=QUIET_DAYS):
        raise CannotArchive(f"{day} is less than {QUIET_DAYS} days ago")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT number FROM incidents_incident WHERE center_id = %(c)s AND NOT status = 'closed' AND opened_at < %(end)s
               UNION ALL SELECT 'call ' || id FROM incidents_call WHERE center_id = %(c)s
               AND (NOT status = 'ended' OR outcome IS NULL) AND rang_at < %(end)s LIMIT 5""",
            {"c": center.pk, "end": end},
        )
        open_ones = [row[0] for row in cursor.fetchall()]
    if open_ones:
        raise CannotArchive(f"{center.code}: still open from before {day}: {', '.join(open_ones)}")


def archive_month(center: Center, month: date, root: Path) -> Archive:
    """Writes one month, reads it back, and records it. Raises Damaged, CannotArchive; then nothing is recorded."""
    folder = month_folder(center, month, root)
    if folder.exists():
        raise CannotArchive(f"{folder} is there already")
    begin, end = _midnight(center, month), _midnight(center, _next(month))
    stretch = _stretch(center, end)
    given = {"center": center.pk, "begin": begin, "end": end}
    given |= {"first_seq": stretch.first_seq, "last_seq": stretch.last_seq}
    with new_month(folder) as part:
        personal: list[Line] = []
        files = {name: write_lines(part, name, _sealed(name, _lines(name, given), personal)) for name in ROWS}
        write_personal(part, personal)
        files["timeline"] = write_lines(part, "timeline", _entries(given))
        about = {
            "center": center.code,
            "center_id": center.pk,
            "month": f"{month:%Y-%m}",
            "timezone": center.timezone,
            "written_at": iso(timezone.now()),
        }
        write_manifest(part, about, stretch, files)
        _, digest = check_month(part)
    return Archive.objects.create(
        center=center,
        month=month,
        ends_at=end,
        first_seq=stretch.first_seq,
        last_seq=stretch.last_seq,
        prior_hash=stretch.prior_hash,
        last_hash=stretch.last_hash,
        manifest_sha256=digest,
        written_at=timezone.now(),
        gone_seq=stretch.first_seq - 1,
        gone_hash=stretch.prior_hash,
    )


def month_folder(center: Center, month: date, root: Path) -> Path:
    return root / f"{center.code}-{month:%Y-%m}"


def take_out(center: Center, root: Path) -> dict[str, int]:
    """Takes out of the tables what stands in the archives under `root`, each of which is checked first; batch by batch, so
    it may be stopped and begun again at any time. A row that something younger still points to stays until that goes.
    Raises Damaged when a month's files are not those that were recorded."""
    archives = list(Archive.objects.filter(center=center).order_by("month"))
    for archive in archives:
        _, digest = check_month(month_folder(center, archive.month, root))
        if digest != bytes(archive.manifest_sha256):
            raise Damaged(f"{month_folder(center, archive.month, root)}: not the archive that was recorded")
    gone = dict.fromkeys(("timeline", "incidents", "calls", "alarms"), 0)
    if not archives:
        return gone
    for archive in archives:
        while taken := _one("SELECT siaga_forget(%s, %s)", [archive.pk, BATCH_ROWS]):
            gone["timeline"] += taken
    given = {"center": center.pk, "end": archives[-1].ends_at, "incidents": BATCH_INCIDENTS, "rows": BATCH_ROWS}
    while taken := _take_incidents(given):
        gone["incidents"] += taken
    for name, statement in _ALONE.items():
        while taken := _count(statement, given):
            gone[name] += taken
    return gone


# Closed before the end of the archives, and nothing younger belongs to it or tells of it.
_INCIDENTS_TO_GO = f"""
    SELECT i.id FROM incidents_incident i
    WHERE i.center_id = %(center)s AND i.status = 'closed' AND i.closed_at < %(end)s
      AND NOT EXISTS (SELECT 1 FROM incidents_timelineentry e WHERE e.incident_id = i.id)
      AND NOT EXISTS (SELECT 1 FROM incidents_note n WHERE n.incident_id = i.id AND n.at >= %(end)s)
      AND NOT EXISTS (SELECT 1 FROM incidents_alarm a WHERE a.incident_id = i.id
                      AND (NOT a.status = 'cleared' OR a.cleared_at >= %(end)s))
      AND NOT EXISTS (SELECT 1 FROM incidents_call c WHERE c.incident_id = i.id
                      AND NOT ({_SETTLED_CALL} AND c.rang_at < %(end)s))
      AND NOT EXISTS (SELECT 1 FROM incidents_incident d WHERE d.parent_id = i.id)
    ORDER BY i.closed_at LIMIT %(incidents)s FOR UPDATE OF i SKIP LOCKED
"""
_BELONGING = (
    "dispatch_assignment",
    "dispatch_referral",
    "incidents_note",
    "incidents_alarm",
    "incidents_brokenglass",
    "incidents_call",
    "incidents_closedwords",
)
_ALONE = {
    "calls": f"""DELETE FROM incidents_call WHERE id IN (
        SELECT c.id FROM incidents_call c WHERE c.center_id = %(center)s AND c.rang_at < %(end)s AND c.incident_id IS NULL
        AND {_SETTLED_CALL} ORDER BY c.rang_at LIMIT %(rows)s FOR UPDATE SKIP LOCKED)""",
    "alarms": """DELETE FROM incidents_alarm WHERE id IN (
        SELECT a.id FROM incidents_alarm a WHERE a.center_id = %(center)s AND a.cleared_at < %(end)s AND a.incident_id IS NULL
        AND a.status = 'cleared' LIMIT %(rows)s FOR UPDATE SKIP LOCKED)""",
}


def _take_incidents(given: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INCIDENTS_TO_GO, given)
        ids = [row[0] for row in cursor.fetchall()]
        for table in _BELONGING:
            cursor.execute(f"DELETE FROM {table} WHERE incident_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM incidents_incident WHERE id = ANY(%s)", [ids])
    return len(ids)


def _stretch(center: Center, end: datetime) -> Stretch:
    """The entries after the last archive's and before the first one that is not older than `end`."""
    last = Archive.objects.filter(center=center).order_by("-month").first()
    first_seq, prior = (last.last_seq + 1, bytes(last.last_hash)) if last else (1, b"")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT seq FROM incidents_timelineentry WHERE center_id = %s AND seq >= %s AND at >= %s ORDER BY seq LIMIT 1""",
            [center.pk, first_seq, end],
        )
        found = cursor.fetchone()
        cursor.execute("SELECT seq FROM incidents_feed WHERE center_id = %s", [center.pk])
        head = cursor.fetchone()
        last_seq = found[0] - 1 if found else head[0] if head else 0
        if last_seq < first_seq:
            return Stretch(first_seq, first_seq - 1, prior, prior)
        cursor.execute(
            "SELECT hash FROM incidents_timelineentry WHERE center_id = %s AND seq = %s", [center.pk, last_seq]
        )
        return Stretch(first_seq, last_seq, prior, bytes(cursor.fetchone()[0]))


def _entries(given: dict[str, Any]) -> Iterator[str]:
    """Each entry exactly as `siaga_hash` reads it."""
    for first in range(given["first_seq"], given["last_seq"] + 1, PAGE_ROWS):
        last = min(first + PAGE_ROWS - 1, given["last_seq"])
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT jsonb_build_array(center_id, seq, extract(epoch FROM at), kind, actor_id, incident_id, data, touched)::text
                   FROM incidents_timelineentry WHERE center_id = %s AND seq BETWEEN %s AND %s ORDER BY seq""",
                [given["center"], first, last],
            )
            yield from (row[0] for row in cursor.fetchall())


def _lines(name: str, given: dict[str, Any]) -> Iterator[str]:
    """Rows as JSON, by id, a page in memory at a time."""
    alias, after = ALIAS[name], 0
    row = ROW_OF.get(name, f"to_jsonb({alias})::text")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {alias}.id, {row} {ROWS[name]} AND {alias}.id > %(after)s ORDER BY {alias}.id LIMIT %(page)s",
                given | {"after": after, "page": PAGE_ROWS},
            )
            rows = cursor.fetchall()
        yield from (text for _, text in rows)
        if len(rows) < PAGE_ROWS:
            return
        after = rows[-1][0]


def _sealed(name: str, lines: Iterator[str], personal: list[Line]) -> Iterator[str]:
    """The rows of one table with what they say of people put aside."""
    if name not in FIELDS:
        yield from lines
        return
    medical_types = set(IncidentType.objects.filter(category=MEDICAL).values_list("pk", flat=True))
    for line in lines:
        row = orjson.loads(line)
        is_medical = row.get("type_id") in medical_types or row.pop("of_medical_case", False) or row.get("is_medical")
        kind = NUMBER if name == "calls" else MEDICAL if is_medical else WORDS
        yield orjson.dumps(seal(name, row, kind, personal)).decode()


def _one(statement: str, given: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.fetchone()[0])


def _count(statement: str, given: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)


def _next(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(center: Center, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(center.timezone))
