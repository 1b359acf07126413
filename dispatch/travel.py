"""How long a unit needs to a place: the TravelTimes protocol and the straight-line engine.
Pure: no ORM, no clock, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

EARTH_RADIUS_M = 6_371_008.8
SECONDS_PER_HOUR, METRES_PER_KM = 3600, 1000

LonLat = tuple[float, float]


@dataclass(frozen=True)
class Origin:
    """Where a unit starts: (lon, lat) in degrees, its speed now in km/h, its turnout in seconds (0 when under way)."""

    place: LonLat
    speed_kmh: float
    turnout_seconds: float = 0.0


@dataclass(frozen=True)
class Travel:
    seconds: float
    metres: float
    """Length of the way."""


class TravelTimes(Protocol):
    """Interchangeable engines return one Travel per origin, in their order."""

    def travel(self, origins: Sequence[Origin], destination: LonLat) -> list[Travel]: ...


def metres_between(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres (haversine, mean Earth radius of IUGG)."""
    (lon1, lat1), (lon2, lat2) = a, b
    half_lat, half_lon = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    h = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


@dataclass(frozen=True)
class StraightLine:
    """Straight line × detour factor at the unit's speed of the hour, after its turnout."""

    detour_factor: float

    def travel(self, origins: Sequence[Origin], destination: LonLat) -> list[Travel]:
        ways = [metres_between(origin.place, destination) * self.detour_factor for origin in origins]
        return [
            Travel(origin.turnout_seconds + metres / METRES_PER_KM / origin.speed_kmh * SECONDS_PER_HOUR, metres)
            for origin, metres in zip(origins, ways, strict=True)
        ]
