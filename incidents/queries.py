"""Reading what happened: zones by point, incidents by number, id and window. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import Point
from django.db import connection

from incidents.models import Center, Zone

NEAR_ENOUGH_METRES = 500
"""Indicative zones have ragged borders: a point this close to a zone belongs to it."""


@dataclass(frozen=True)
class ZoneAt:
    zone: Zone
    distance_m: float
    """0 when the point is inside."""


def zone_at(center: Center, point: Point) -> ZoneAt | None:
    """The zone that holds `point` (lon, lat), else the nearest with its distance; None in a center without zones."""
    inside = Zone.objects.filter(center=center, outline__covers=point).order_by("code").first()
    if inside is not None:
        return ZoneAt(inside, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, ST_Distance(outline::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography) AS metres
               FROM incidents_zone WHERE center_id = %s ORDER BY metres LIMIT 1""",
            [point.x, point.y, center.pk],
        )
        found = cursor.fetchone()
    return ZoneAt(Zone.objects.get(pk=found[0]), found[1]) if found else None


def next_number(center: Center, day: date) -> str:
    """The next incident number of a local day, `YYMMDD-NNNN`; its row stays locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO incidents_daycount (center_id, day, count) VALUES (%s, %s, 1)
               ON CONFLICT (center_id, day) DO UPDATE SET count = incidents_daycount.count + 1 RETURNING count""",
            [center.pk, day],
        )
        return f"{day:%y%m%d}-{cursor.fetchone()[0]:04d}"
