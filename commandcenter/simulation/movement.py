"""Moves points over the ground: distance, heading, one step towards a goal with a little sway.
Pure arithmetic on (lon, lat) in degrees; no clock, no HTTP, no randomness of its own."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians

Point = tuple[float, float]
"""(lon, lat) in degrees, WGS84."""

METRES_PER_DEGREE = 111_195.0
# Closer than this counts as there: a parked car and its antenna are not one point.
ARRIVED_METRES = 15.0


def distance_m(a: Point, b: Point) -> float:
    """Metres between two points of one city (flat-earth approximation, good to 0.1 % within 50 km)."""
    return hypot(*_metres(a, b))


def heading_degrees(a: Point, b: Point) -> int:
    """Compass heading from a to b: 0 north, 90 east, 0..359."""
    east, north = _metres(a, b)
    return round(degrees(atan2(east, north))) % 360


def step_towards(position: Point, goal: Point, metres: float) -> tuple[Point, bool]:
    """The place `metres` nearer to the goal, and whether the goal is reached. Never overshoots."""
    left = distance_m(position, goal)
    if left <= max(metres, ARRIVED_METRES):
        return goal, True
    share = metres / left
    return (position[0] + (goal[0] - position[0]) * share, position[1] + (goal[1] - position[1]) * share), False


def shifted(point: Point, east_m: float, north_m: float) -> Point:
    """The point moved by metres east and north."""
    lon = point[0] + east_m / (METRES_PER_DEGREE * cos(radians(point[1])))
    return lon, point[1] + north_m / METRES_PER_DEGREE


def _metres(a: Point, b: Point) -> tuple[float, float]:
    east = (b[0] - a[0]) * METRES_PER_DEGREE * cos(radians((a[1] + b[1]) / 2))
    return east, (b[1] - a[1]) * METRES_PER_DEGREE
