"""Lays the geography of foreign records over a city so that relative places stay true: north stays north.
Pure: takes places and a Ground, gives places; reading records is `records.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commandcenter.simulation.places import Ground, Point

# The box that counts of a cloud of places: a typing error in one record must not squeeze all others into a corner.
LOW_SHARE = 0.02
HIGH_SHARE = 0.98
# Grid by which the city's own box is found, cells a side.
GRID = 60


@dataclass(frozen=True)
class Box:
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Fit:
    """source box → city box, each axis stretched by itself, then pulled inside where the city is not a box."""

    source: Box
    city: Box
    ground: Ground

    def stretch(self, place: Point) -> Point:
        """The place by the stretch alone; may lie outside the city. Order along each axis is kept."""
        lon = _map(place[0], self.source.west, self.source.east, self.city.west, self.city.east)
        lat = _map(place[1], self.source.south, self.source.north, self.city.south, self.city.north)
        return lon, lat

    def lay(self, place: Point) -> tuple[Point, bool]:
        """(the place in the city, whether it had to be pulled inside). Always inside a zone."""
        stretched = self.stretch(place)
        if self.ground.holds(stretched):
            return stretched, False
        return self.ground.nearest_inside(stretched), True


def fit_to(ground: Ground, places: Sequence[Point]) -> Fit:
    """The fit of a cloud of places to a city. Raises ValueError when there is no place."""
    if not places:
        raise ValueError("there is no place to fit")
    return Fit(robust_box(places), robust_box(_grid(ground)), ground)


def robust_box(places: Sequence[Point]) -> Box:
    """The box from the 2nd to the 98th percentile on each axis."""
    lons = sorted(place[0] for place in places)
    lats = sorted(place[1] for place in places)
    return Box(_at(lons, LOW_SHARE), _at(lats, LOW_SHARE), _at(lons, HIGH_SHARE), _at(lats, HIGH_SHARE))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[round((len(ordered) - 1) * share)]


def _map(value: float, low: float, high: float, to_low: float, to_high: float) -> float:
    if high <= low:  # every record at one longitude or latitude: the middle is as true as any other place
        return (to_low + to_high) / 2
    return to_low + (value - low) / (high - low) * (to_high - to_low)


def _grid(ground: Ground) -> list[Point]:
    west, south, east, north = ground.whole.extent
    cells = [(column + 0.5) / GRID for column in range(GRID)]
    grid = [(west + (east - west) * x, south + (north - south) * y) for x in cells for y in cells]
    inside = [place for place in grid if ground.holds(place)]
    centre = ground.whole.point_on_surface
    return inside or [(centre.x, centre.y)]
