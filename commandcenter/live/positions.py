"""The positions frame: binary, 16 bytes a unit, little-endian. The browser's reader is static/js/map/positions.js."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from dispatch.models import UnitPosition

HEADER = struct.Struct("<4sId")
UNIT = struct.Struct("<IiiBBH")
MAGIC = b"SGP1"
UNKNOWN = 255
AGE_SECONDS_MAX = 0xFFFF

Moved = tuple[int, str, float, float, float | None, float | None, datetime]
"""(unit id, agency code, lat, lon, heading, km/h, at)"""


def moved_since(center_id: int, since: datetime | None) -> list[Moved]:
    """The newest position of each active unit that was received after `since` (None: of all). One query."""
    query = UnitPosition.objects.filter(unit__center=center_id, unit__is_active=True)
    if since is not None:
        query = query.filter(received_at__gt=since)
    return list(
        query.order_by("unit_id").values_list(
            "unit_id", F("unit__agency__code"), "lat", "lon", "heading", "speed_kmh", "at"
        )
    )


def pack(moved: Iterable[Moved], agencies: frozenset[str] | None = None) -> bytes | None:
    """The frame of the units of `agencies` (None: all); None when there is nothing to say."""
    now = timezone.now()
    units = [
        UNIT.pack(
            unit_id,
            round(lat * 1e7),
            round(lon * 1e7),
            UNKNOWN if heading is None else int(heading % 360 / 2),
            UNKNOWN if speed is None else min(int(speed), UNKNOWN - 1),
            max(0, min(int((now - at).total_seconds()), AGE_SECONDS_MAX)),
        )
        for unit_id, agency, lat, lon, heading, speed, at in moved
        if agencies is None or agency in agencies
    ]
    if not units:
        return None
    return HEADER.pack(MAGIC, len(units), now.timestamp()) + b"".join(units)
