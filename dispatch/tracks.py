"""Deciding what a tracker's point is worth: taken, late, or refused and why. Pure: data in, a reason out; no ORM, no clock."""

from __future__ import annotations

from math import cos, hypot, radians
from typing import NamedTuple

FUTURE_SECONDS_MAX = 60.0
AGE_SECONDS_MAX = 24 * 3600.0
NOISE_M = 200.0
"""Two good receivers may differ by this much between streets of high houses."""
POINTS_TO_BELIEVE = 3
"""So many points that agree with each other outweigh the one before: the unit really is there."""
DOUBT_SECONDS_MAX = 600.0
M_PER_DEGREE = 111_320.0

TAKEN, DUPLICATE, OUT_OF_ORDER = "taken", "duplicate", "out_of_order"
WORDS = {
    "unknown_unit": {"id": "unit atau perangkat tidak dikenal", "en": "the unit or device is unknown"},
    "in_the_future": {"id": "waktu di masa depan", "en": "the time is in the future"},
    "too_old": {"id": "lebih dari 24 jam", "en": "more than 24 hours old"},
    "null_island": {"id": "0, 0 bukan lokasi", "en": "0, 0 is no place"},
    "outside_region": {"id": "jauh di luar wilayah", "en": "far outside the region"},
    "absurd_speed": {"id": "lebih cepat dari kemampuan unit", "en": "faster than the unit can be"},
    "impossible_jump": {"id": "terlalu jauh dari titik sebelumnya", "en": "too far from the point before"},
}
"""Of what is refused. A duplicate is taken without effect; a late point goes to the history alone."""


class Fix(NamedTuple):
    """One point: who, degrees WGS84, Unix time, km/h, degrees from north. `unit` is a call sign or a device identifier."""

    unit: str
    lat: float
    lon: float
    at: float
    speed_kmh: float | None = None
    heading: float | None = None


class Point(NamedTuple):
    """Where a unit was: Unix time, degrees."""

    at: float
    lat: float
    lon: float


class Doubt(NamedTuple):
    """The last refused jump of a unit, and how many in a row agree with each other."""

    point: Point
    agreeing: int


class Region(NamedTuple):
    """A box of degrees; west may not pass the date line."""

    west: float
    south: float
    east: float
    north: float

    def widened(self, metres: float) -> Region:
        high = metres / M_PER_DEGREE
        wide = high / max(0.01, cos(radians(max(abs(self.south), abs(self.north)))))
        return Region(self.west - wide, self.south - high, self.east + wide, self.north + high)


def metres_between(one: Point, other: Point) -> float:
    """Straight, on a plane: right to a thousandth over a city, and a jump across continents stays one."""
    east = abs(other.lon - one.lon)
    if east > 180:
        east = 360 - east
    return hypot(other.lat - one.lat, east * cos(radians((one.lat + other.lat) / 2))) * M_PER_DEGREE


def is_jump(one: Point, other: Point, top_speed_kmh: float) -> bool:
    """Whether no unit of this speed can have been at both."""
    return metres_between(one, other) > NOISE_M + abs(other.at - one.at) * top_speed_kmh / 3.6


def judge(
    fix: Fix, *, now: float, region: Region | None, top_speed_kmh: float, newest: Point | None, doubt: Doubt | None
) -> tuple[str, Doubt | None]:
    """(the reason: TAKEN, DUPLICATE, OUT_OF_ORDER or a key of WORDS; the doubt to remember). `newest` is the unit's newest
    point so far."""
    at, lat, lon = fix.at, fix.lat, fix.lon
    if at > now + FUTURE_SECONDS_MAX:
        return "in_the_future", doubt
    if at < now - AGE_SECONDS_MAX:
        return "too_old", doubt
    if abs(lat) < 1e-4 and abs(lon) < 1e-4:
        return "null_island", doubt
    if region is not None and not (region.west <= lon <= region.east and region.south <= lat <= region.north):
        return "outside_region", doubt
    if fix.speed_kmh is not None and fix.speed_kmh > top_speed_kmh:
        return "absurd_speed", doubt
    if newest is None:
        return TAKEN, None
    if at == newest.at:
        return DUPLICATE, doubt
    if at < newest.at:
        return OUT_OF_ORDER, doubt
    point = Point(at, lat, lon)
    if not is_jump(newest, point, top_speed_kmh):
        return TAKEN, None
    if doubt is None or at - doubt.point.at > DOUBT_SECONDS_MAX or is_jump(doubt.point, point, top_speed_kmh):
        return "impossible_jump", Doubt(point, 1)
    if at <= doubt.point.at:
        return "impossible_jump", doubt
    if doubt.agreeing + 1 >= POINTS_TO_BELIEVE:
        return TAKEN, None
    return "impossible_jump", Doubt(point, doubt.agreeing + 1)
