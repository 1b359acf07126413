"""What a process remembers of a center's units to judge their points: who they are, how fast, where last. Looked after
every few seconds, read anew when the settings changed; other processes take points too, so it is never the truth."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.db import connection
from django.db.models import F

from dispatch.models import Device, Unit
from dispatch.tracks import Doubt, Point, Region
from incidents.models import Center, Zone

FRESH_SECONDS = 15.0
AGAIN_SECONDS = 1.0
"""An unknown name is looked up anew at most this often."""


@dataclass(slots=True)
class Tracked:
    """A unit as trackers know it."""

    unit_id: int
    call_sign: str
    agency: str
    is_active: bool
    top_speed_kmh: float
    newest: Point | None = None
    doubt: Doubt | None = None


# Reading thousands of units takes the interpreter from everybody else; the database sees for itself whether one changed.
FINGERPRINT = """
SELECT
    (SELECT (count(*), sum(hashtextextended(concat_ws('|', unit.id, unit.call_sign, unit.is_active, unit.unit_type_id,
        unit.agency_id), 0)))::text FROM dispatch_unit unit WHERE unit.center_id = %(center)s),
    (SELECT (count(*), sum(hashtextextended(concat_ws('|', id, top_speed_kmh), 0)))::text
        FROM dispatch_unittype WHERE center_id = %(center)s),
    (SELECT (count(*), sum(hashtextextended(concat_ws('|', id, code), 0)))::text
        FROM dispatch_agency WHERE center_id = %(center)s),
    (SELECT (count(*), sum(hashtextextended(concat_ws('|', device_id, unit_id), 0)))::text
        FROM dispatch_device WHERE center_id = %(center)s),
    (SELECT (count(*), ST_Extent(outline))::text FROM incidents_zone WHERE center_id = %(center)s)
"""


@dataclass
class Fleet:
    """A center's units by call sign, by device identifier and by id."""

    center_id: int
    fingerprint: tuple[str, ...]
    region: Region | None
    read_at: float
    by_name: dict[str, Tracked] = field(default_factory=dict)
    by_id: dict[int, Tracked] = field(default_factory=dict)


_fleets: dict[int, Fleet] = {}
_reading = threading.Lock()


def fleet_of(center_id: int, seconds: float = FRESH_SECONDS) -> Fleet:
    """As it was at most `seconds` ago. No query when that is known, one to see whether it changed, four more when it did."""
    fleet = _fleets.get(center_id)
    if fleet is not None and time.monotonic() - fleet.read_at < seconds:
        return fleet
    with _reading:
        fleet = _fleets.get(center_id)
        if fleet is None or time.monotonic() - fleet.read_at >= seconds:
            fingerprint = _fingerprint(center_id)
            if fleet is not None and fleet.fingerprint == fingerprint:
                fleet.read_at = time.monotonic()
            else:
                fleet = _fleets[center_id] = _read(center_id, fingerprint, fleet)
        return fleet


def forget(center_id: int) -> None:
    """The next reader reads anew."""
    _fleets.pop(center_id, None)


def _fingerprint(center_id: int) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, {"center": center_id})
        found: tuple[str, ...] = cursor.fetchone()
        return found


def _read(center_id: int, fingerprint: tuple[str, ...], before: Fleet | None) -> Fleet:
    fleet = Fleet(center_id, fingerprint, _region(center_id), time.monotonic())
    rows = Unit.objects.filter(center=center_id).values_list(
        "pk",
        "call_sign",
        "is_active",
        F("agency__code"),
        F("unit_type__top_speed_kmh"),
        F("position__at"),
        F("position__lat"),
        F("position__lon"),
    )
    for pk, call_sign, is_active, agency, top_speed, at, lat, lon in rows:
        unit = Tracked(pk, call_sign, agency, is_active, top_speed * settings.POSITION_SPEEDUP)
        if at is not None:
            unit.newest = Point(at.timestamp(), lat, lon)
        known = before.by_id.get(pk) if before is not None else None
        if known is not None:
            unit.doubt = known.doubt
            if known.newest is not None and (unit.newest is None or known.newest.at > unit.newest.at):
                unit.newest = known.newest
        fleet.by_id[pk] = unit
    devices = Device.objects.filter(center=center_id).values_list("device_id", "unit")
    fleet.by_name = {name: fleet.by_id[unit] for name, unit in devices if unit in fleet.by_id}
    # A call sign is the room's own word: no device may take it away.
    fleet.by_name |= {unit.call_sign: unit for unit in fleet.by_id.values()}
    return fleet


def _region(center_id: int) -> Region | None:
    """The box around the center's zones, else its outline, widened; None when it has neither."""
    box = Zone.objects.filter(center=center_id).aggregate(box=Extent("outline"))["box"]
    if box is None:
        box = Center.objects.filter(pk=center_id).aggregate(box=Extent("outline"))["box"]
    return Region(*box).widened(settings.POSITION_REGION_KM * 1000) if box is not None else None
