"""Taking positions from trackers: the newest per unit, and every one into the history. Not timeline, no action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from dispatch.models import Unit
from incidents.models import Center

FUTURE_SECONDS_MAX = 60
AGE_HOURS_MAX = 24


@dataclass(frozen=True)
class Fix:
    """One position: lat and lon in degrees WGS84, its time, speed in km/h, heading in degrees from north."""

    unit: str
    lat: float
    lon: float
    at: datetime
    speed_kmh: float | None = None
    heading: float | None = None


@dataclass(frozen=True)
class RefusedFix:
    index: int
    unit: str
    code: str
    message: str


def take_positions(center: Center, fixes: Sequence[Fix]) -> tuple[int, list[RefusedFix]]:
    """(how many were taken, each refusal by name). A point older than the one known goes to the history alone."""
    now = timezone.now()
    ids = dict(
        Unit.objects.filter(center=center, call_sign__in={fix.unit for fix in fixes}).values_list("call_sign", "pk")
    )
    refused: list[RefusedFix] = []
    rows: list[tuple[int, datetime, Fix]] = []
    for index, fix in enumerate(fixes):
        unit_id = ids.get(fix.unit)
        if unit_id is None:
            refused.append(RefusedFix(index, fix.unit, "unknown_unit", f"unit {fix.unit!r} tidak dikenal / is unknown"))
        elif fix.at > now + timedelta(seconds=FUTURE_SECONDS_MAX):
            refused.append(RefusedFix(index, fix.unit, "in_the_future", "waktu di masa depan / time is in the future"))
        elif fix.at < now - timedelta(hours=AGE_HOURS_MAX):
            refused.append(RefusedFix(index, fix.unit, "too_old", f"lebih dari / more than {AGE_HOURS_MAX} h"))
        else:
            rows.append((unit_id, fix.at, fix))
    if rows:
        _write(now, rows)
    return len(rows), refused


def _write(now: datetime, rows: list[tuple[int, datetime, Fix]]) -> None:
    """Two statements whatever the number of rows; in unit order, so that two batches never lock crosswise."""
    columns = list(
        zip(
            *(
                (unit_id, at, fix.lon, fix.lat, fix.speed_kmh, fix.heading)
                for unit_id, at, fix in sorted(rows, key=lambda row: row[:2])
            ),
            strict=True,
        )
    )
    arrays = [list(column) for column in columns]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO dispatch_unitposition (unit_id, at, lon, lat, speed_kmh, heading, received_at)
               SELECT DISTINCT ON (unit_id) *, %s::timestamptz FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[],
                   %s::float8[], %s::float8[], %s::float8[]) AS fix(unit_id, at, lon, lat, speed_kmh, heading)
               ORDER BY unit_id, at DESC
               ON CONFLICT (unit_id) DO UPDATE SET at = EXCLUDED.at, lon = EXCLUDED.lon, lat = EXCLUDED.lat,
                   speed_kmh = EXCLUDED.speed_kmh, heading = EXCLUDED.heading, received_at = EXCLUDED.received_at
               WHERE dispatch_unitposition.at < EXCLUDED.at""",
            [now, *arrays],
        )
        cursor.execute(
            """INSERT INTO dispatch_position_history (unit_id, at, lon, lat, speed_kmh, heading)
               SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])""",
            arrays,
        )


def make_position_days() -> None:
    """Makes the history's partitions of today and tomorrow (UTC), when they are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT siaga_position_days((now() AT TIME ZONE 'UTC')::date)")
