"""Reading what happened: zones by point, incidents by number, id and window. Nothing here writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import islice

from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Upper

from incidents.models import Center, Incident, Zone
from incidents.models.incident import searched_text

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


WHOLE_NUMBER = re.compile(r"[0-9]{6}-[0-9]{4,}")


def newest_incidents(
    query: QuerySet[Incident], *, status: str | None, begin: datetime | None, words: str, skip: int, count: int
) -> list[int]:
    """Ids of the incidents of `query`, newest first: by the time of closing when only closed ones are asked for, else by
    the time of opening, not before `begin`. `words` stand in number, address or narrative, in any case of letters; a whole
    number is found whatever its age. Nothing is joined or counted before the page is cut, and each branch walks an index."""
    order = "closed_at" if status == Incident.Status.CLOSED else "opened_at"
    if WHOLE_NUMBER.fullmatch(words):
        query = query.filter(number=words)
    elif begin is not None:
        query = query.filter(**{f"{order}__gte": begin})
    if status is not None:
        query = query.filter(status=status)
    if not words or WHOLE_NUMBER.fullmatch(words):
        return list(query.order_by(f"-{order}", "-id").values_list("id", flat=True)[skip : skip + count])
    found = query.annotate(searched=searched_text()).filter(searched__contains=Upper(Value(words)))
    # Open and closed apart: the text index holds closed incidents alone, see the model.
    branches = [
        branch.order_by(f"-{order}", "-id").values_list(order, "id")[: skip + count]
        for branch in (
            found.exclude(status=Incident.Status.CLOSED),
            found.filter(status=Incident.Status.CLOSED),
        )
    ]
    return [row[1] for row in islice(merge(*branches, reverse=True), skip, skip + count)]
