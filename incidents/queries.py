"""Reading what happened: zones by point, incidents by number, id and window. Nothing here writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import Exists, Func, QuerySet, TextField, Value
from django.db.models.functions import Upper
from django.utils import timezone

from incidents.models import Center, ClosedWords, Incident, Zone

NEAR_ENOUGH_METRES = 500
"""Indicative zones have ragged borders: a point this close to a zone belongs to it."""


@dataclass(frozen=True)
class ZoneAt:
    zone: Zone
    distance_m: float
    """0 when the point is inside."""


def zone_at(center: Center, point: Point) -> ZoneAt | None:
    """The zone that holds `point` (lon, lat), else the nearest with its distance; None in a center without zones."""
    inside = Zone.objects.filter(center=center, outline__covers=point).defer("outline").order_by("code").first()
    if inside is not None:
        return ZoneAt(inside, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, ST_Distance(outline::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography) AS metres
               FROM incidents_zone WHERE center_id = %s ORDER BY metres LIMIT 1""",
            [point.x, point.y, center.pk],
        )
        found = cursor.fetchone()
    return ZoneAt(Zone.objects.defer("outline").get(pk=found[0]), found[1]) if found else None


WHOLE_NUMBER = re.compile(r"[0-9]{6}-[0-9]{4,}")
CLOCKS_APART = timedelta(minutes=5)
"""A web process whose clock is ahead may have closed an incident so far in the future."""


def newest_incidents(
    center_id: int,
    *,
    status: str | None,
    begin: datetime | None,
    words: str,
    skip: int,
    count: int,
    only: Sequence[Exists] = (),
) -> list[int]:
    """Ids of a center's incidents, newest first: by the time of closing when only closed ones are asked for, else by the
    time of opening, not before `begin`. `words` stand in number, address or narrative, in any case of letters; a whole
    number is found whatever its age. `only` narrows by the incident as outer `pk`. Nothing is joined or counted before the
    page is cut, and each branch walks an index: the cost is that of the window, not that of the history."""
    order = "closed_at" if status == Incident.Status.CLOSED else "opened_at"
    query = Incident.objects.filter(*only, center=center_id)
    if status is not None:
        query = query.filter(status=status)
    if WHOLE_NUMBER.fullmatch(words):
        return list(query.filter(number=words).values_list("id", flat=True)[skip : skip + count])
    since = {} if begin is None else {f"{order}__gte": begin}
    if not words:
        return list(
            query.filter(**since).order_by(f"-{order}", "-id").values_list("id", flat=True)[skip : skip + count]
        )
    # Open ones are few, are reached by the board's index, and change often. The closed ones' words stand apart, by month.
    branches: list[QuerySet[Any, Any]] = []
    if status != Incident.Status.CLOSED:
        open_ones = query.exclude(status=Incident.Status.CLOSED).filter(**since)
        said = open_ones.annotate(words=Upper(_words())).filter(words__contains=Upper(Value(words)))
        branches.append(said.order_by(f"-{order}", "-id").values_list(order, "id")[: skip + count])
    if status in (None, Incident.Status.CLOSED):
        # What was opened since then was closed since then: so the months before it are not even looked at.
        months = {} if begin is None else {"closed_at__gte": begin, "closed_at__lt": timezone.now() + CLOCKS_APART}
        closed = ClosedWords.objects.filter(*only, center=center_id, words__contains=Upper(Value(words)))
        closed = closed.filter(**{**since, **months})
        branches.append(closed.order_by(f"-{order}", "-incident").values_list(order, "incident")[: skip + count])
    return [row[1] for row in islice(merge(*branches, reverse=True), skip, skip + count)]


def _words() -> Func:
    """As the database writes them when an incident closes."""
    return Func(
        "number", "address", "narrative", template="%(expressions)s", arg_joiner=" || ' ' || ", output_field=TextField()
    )
