"""Inventing a closed past for a center: who may be asked, what is said, and batch after batch into the database.
The statements are in `statements.py`; nothing here is used while a room works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import pgtrigger
from django.db import connection, transaction

from commandcenter.history import statements
from commandcenter.simulation.words import LANDMARKS, NOTES, REPORTS, STREETS
from dispatch.models import Agency, Unit
from incidents.models import Call, Center, Feed, Incident, IncidentType, User
from incidents.rows import CALLS_ON_BOARD

BATCH_INCIDENTS = 20_000
QUIET = timedelta(hours=2)
"""No incident opens so shortly before the end of a batch: its last step still lies before the next batch's first."""
SLOTS_OF_PRIORITY = {1: 1, 2: 3, 3: 5, 4: 3, 5: 1}
SPOTS_PER_ZONE = 60
SPOTS_WITHOUT_ZONES = 400
NUISANCE_CALLS = 4
NUISANCE_SHARE = 0.4
"""Four calls that were none for four incidents of ten: 58 % of all calls, about what Indonesian rooms report."""
POSITION_EVERY = timedelta(seconds=30)
REASON = {"id": "kartu respons", "en": "response plan"}
BEGIN_OPEN = [
    f"{model}:status_start"
    for model in ("incidents.Incident", "incidents.Call", "dispatch.Referral", "dispatch.Assignment")
]


class NotEmpty(Exception):
    """The center is in use; the words say by what."""


@dataclass(frozen=True)
class Written:
    incidents: int
    seq: int
    positions: int


def refuse_a_room_in_use(center: Center, *, is_sure: bool) -> None:
    """Raises NotEmpty while a call or an incident is open, always; and, unless `is_sure`, when the center has a timeline."""
    live = Incident.objects.filter(center=center).exclude(status=Incident.Status.CLOSED).count()
    ringing = Call.objects.filter(CALLS_ON_BOARD, center=center).count()
    if live or ringing:
        raise NotEmpty(
            f"{center.code} has {live} open incidents and {ringing} open calls: not a room to invent a past for"
        )
    if not is_sure and Feed.objects.filter(center=center, seq__gt=0).exists():
        raise NotEmpty(f"{center.code} has a timeline already; with --yes the invented past is added behind it")


def make_past(
    center: Center, *, incidents: int, begin: datetime, end: datetime, position_days: int
) -> Iterator[Written]:
    """Fills [begin, end) with closed incidents and all that belongs to them, one transaction a batch; yields after each.
    The positions cover the last `position_days` before `end` only: retention drops older ones anyway."""
    batches = max(1, -(-incidents // BATCH_INCIDENTS))
    length, done = (end - begin) / batches, 0
    for number in range(batches):
        start = begin + number * length
        count = incidents * (number + 1) // batches - done
        with transaction.atomic():
            seq = _write_batch(center, count, start, start + max(length - QUIET, length / 2))
        done += count
        yield Written(done, seq, 0)
    for day in range(position_days, 0, -1):
        with transaction.atomic():
            points = _write_positions(center, end - timedelta(days=day))
        yield Written(done, seq, points)
    with connection.cursor() as cursor:
        for table in (
            "incidents_call",
            "incidents_incident",
            "incidents_timelineentry",
            "dispatch_referral",
            "dispatch_assignment",
        ):
            cursor.execute(f"ANALYZE {table}")


@contextmanager
def _rows_may_begin_closed(cursor: Any) -> Iterator[None]:
    """A superuser also saves the look at each foreign key, whose row was just read. Ends with the batch, not with whatever
    transaction is around it."""
    begins = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered(*BEGIN_OPEN)]
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SET LOCAL session_replication_role = replica")
    else:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(begins) + "}"])
    yield
    cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")
    cursor.execute(
        """SELECT set_config('session_replication_role', 'origin', true)
           WHERE current_setting('session_replication_role') <> 'origin'"""
    )


def _write_batch(center: Center, incidents: int, start: datetime, end: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_feed (center_id, seq, head) VALUES (%s, 0, '') ON CONFLICT DO NOTHING", [center.pk]
        )
        cursor.execute("SELECT 1 FROM incidents_feed WHERE center_id = %s FOR UPDATE", [center.pk])
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(statements.CHAIN)
        _write_kinds(cursor, center)
        _write_spots(cursor, center)
        given: dict[str, Any] = {
            "center": center.pk,
            "incidents": incidents,
            "start": start,
            "end": end,
            "timezone": center.timezone,
            "streets": list(STREETS),
            "landmarks": list(LANDMARKS),
            "notes": list(NOTES),
            "operators": list(User.objects.filter(center=center, role=User.Role.OPERATOR).values_list("pk", flat=True)),
            "lines": center.lines,
            "nuisance": NUISANCE_CALLS,
            "nuisance_share": NUISANCE_SHARE,
            "reason": orjson.dumps(REASON).decode(),
        }
        with _rows_may_begin_closed(cursor):
            for script in (statements.PAST_INCIDENTS, statements.PAST_CALLS, statements.PAST_DISPATCHES):
                cursor.execute(script, given)
            cursor.execute(statements.PAST_TIMELINE, given)
            seq: int = cursor.fetchone()[0]
    return seq


def _write_kinds(cursor: Any, center: Center) -> None:
    """One slot for each chance of a type: a frequent type has more of them."""
    units_of: dict[int, list[int]] = {}
    for agency_id, unit_id in Unit.objects.filter(center=center).order_by("pk").values_list("agency", "pk"):
        units_of.setdefault(agency_id, []).append(unit_id)
    lead = {
        agency.discipline: agency for agency in Agency.objects.filter(center=center, is_active=True).order_by("-code")
    }
    cursor.execute(
        """CREATE TEMP TABLE past_kind (slot serial, type_id bigint, code text, name_id text, name_en text, priority int,
               reports text[], agency_id bigint, agency_code text, units bigint[]) ON COMMIT DROP"""
    )
    rows = []
    for kind in IncidentType.objects.filter(center=center, is_active=True).order_by("pk"):
        agency = lead.get(kind.category)
        reports = list(REPORTS.get(kind.code, (f"{kind.name_id}.",)))
        row = (
            kind.pk, kind.code, kind.name_id, kind.name_en, kind.default_priority, reports,
            agency.pk if agency else None, agency.code if agency else None, units_of.get(agency.pk, []) if agency else [],
        )  # fmt: skip
        rows += [row] * SLOTS_OF_PRIORITY[kind.default_priority]
    if not rows:
        raise NotEmpty(f"{center.code} has no incident types: seed a city first")
    cursor.executemany(
        """INSERT INTO past_kind (type_id, code, name_id, name_en, priority, reports, agency_id, agency_code, units)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        rows,
    )
    cursor.execute("UPDATE past_kind SET slot = slot - 1")


def _write_spots(cursor: Any, center: Center) -> None:
    """Points inside the center's zones; around its middle when it has none."""
    cursor.execute(
        """CREATE TEMP TABLE past_spot ON COMMIT DROP AS
           SELECT row_number() OVER () - 1 AS slot, id AS zone_id, name AS zone_name, (dump).geom AS location
           FROM (SELECT id, name, ST_Dump(ST_GeneratePoints(outline, %s)) AS dump FROM incidents_zone WHERE center_id = %s) z""",
        [SPOTS_PER_ZONE, center.pk],
    )
    if not cursor.rowcount:
        cursor.execute(
            """INSERT INTO past_spot SELECT n, NULL, NULL, ST_SetSRID(ST_MakePoint(%s + (random() - 0.5) / 20,
                   %s + (random() - 0.5) / 20), 4326) FROM generate_series(0, %s) AS n""",
            [center.location.x, center.location.y, SPOTS_WITHOUT_ZONES - 1],
        )


def _write_positions(center: Center, start: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT siaga_position_days((%s AT TIME ZONE 'UTC')::date)", [start])
        cursor.execute(
            statements.PAST_POSITIONS,
            {
                "center": center.pk,
                "start": start,
                "end": start + timedelta(days=1) - POSITION_EVERY,
                "every": f"{POSITION_EVERY.total_seconds()} seconds",
                "middle": center.location.hexewkb.decode(),
            },
        )
        return int(cursor.rowcount)
