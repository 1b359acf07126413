"""The positions frame: binary, 16 bytes a unit, little-endian. The browser's reader is static/js/map/positions.js.
What moved is read from Redis, from the table when Redis cannot say."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from dispatch import newest
from dispatch.fleet import fleet_of
from dispatch.models import UnitPosition
from dispatch.tracks import Fix

HEADER = struct.Struct("<4sId")
UNIT = struct.Struct("<IiiBBH")
MAGIC = b"SGP1"
AGE_SECONDS_MAX = 0xFFFF
OVERLAP = timedelta(seconds=2)
"""The table is read this far back: a batch may commit after its `received_at`."""

Moved = tuple[int, float, int, int, int, int, str]
"""(unit id, Unix time, lat and lon in 1e-7 degrees, heading / 2, km/h, agency code)"""


def moved_since(center_id: int, since: datetime | None) -> list[Moved]:
    """The newest position of each active unit that was received after `since` (None: of all), from the table. One query."""
    query = UnitPosition.objects.filter(unit__center=center_id, unit__is_active=True)
    if since is not None:
        query = query.filter(received_at__gt=since)
    rows = query.order_by("unit_id").values_list(
        "unit_id", F("unit__agency__code"), "lat", "lon", "heading", "speed_kmh", "at"
    )
    return [
        (*newest.RECORD.unpack(newest.record_of(unit, Fix("", lat, lon, at.timestamp(), speed, heading))), agency)
        for unit, agency, lat, lon, heading, speed, at in rows
    ]


class MovedUnits:
    """What moved since the last look, each position once. One Redis command a look, whatever the number of units."""

    def __init__(self, center_id: int) -> None:
        self._center_id = center_id
        self._second = 0
        self._looked_at = timezone.now()
        self._told: dict[int, float] = {}

    def read(self) -> list[Moved]:
        """Raises DatabaseError when the table had to be asked and is away too; then the next look tells it."""
        looked_at = timezone.now()
        moves = newest.moves_since(self._center_id, self._second)
        if moves is None:
            moved = moved_since(self._center_id, self._looked_at - OVERLAP)
            self._looked_at = looked_at
        else:
            # After a time on the table, Redis is asked from a little before: its clock may not be ours.
            self._second, self._looked_at = moves.next_second, looked_at
            units = fleet_of(self._center_id).by_id
            moved = [
                (*record, unit.agency)
                for record in newest.unpack(moves.records)
                if (unit := units.get(record[0])) is not None and unit.is_active
            ]
        told = self._told
        fresh = [unit for unit in moved if told.get(unit[0]) != unit[1]]
        told.update([(unit[0], unit[1]) for unit in fresh])
        return fresh


def pack(moved: Iterable[Moved], agencies: frozenset[str] | None = None) -> bytes | None:
    """The frame of the units of `agencies` (None: all); None when there is nothing to say."""
    now = time.time()
    pack_unit = UNIT.pack
    units = [
        pack_unit(unit_id, lat, lon, heading, speed, max(0, min(int(now - at), AGE_SECONDS_MAX)))
        for unit_id, at, lat, lon, heading, speed, agency in moved
        if agencies is None or agency in agencies
    ]
    if not units:
        return None
    return HEADER.pack(MAGIC, len(units), now) + b"".join(units)
