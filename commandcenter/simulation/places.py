"""The ground a city covers: its zones as the room gives them, places where people are, the nearest place inside.
Geometry on GEOS only; what happens at a place is the plan's matter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from django.contrib.gis.geos import GeometryCollection, GEOSGeometry, LineString, Polygon
from django.contrib.gis.geos import Point as GeosPoint

Point = tuple[float, float]
"""(lon, lat) in degrees, WGS84."""

SRID = 4326
# A place pulled back into the city lands this far inside its border (degrees, about 170 m), where no rounding
# can put it outside again; a city too narrow for that gets a smaller margin.
MARGINS_DEGREES = (0.0015, 0.0003, 0.00005, 0.0)
TRIES = 200


class Ground:
    """The zones of one center. Raises ValueError when there is no zone with an area."""

    def __init__(self, zones: Mapping[str, GEOSGeometry], weights: Mapping[str, float] | None = None) -> None:
        if not zones:
            raise ValueError("the center has no zones")
        self.codes = sorted(zones)
        self.zones = {code: zones[code] for code in self.codes}
        known = weights or {}
        self.weights = [float(known.get(code, 1.0)) for code in self.codes]
        if not any(self.weights):
            self.weights = [1.0 for _ in self.codes]
        whole: GEOSGeometry | None = None
        for zone in self.zones.values():
            whole = zone if whole is None else whole.union(zone)
        if whole is None or not whole.area:
            raise ValueError("the zones have no area")
        self.whole = whole
        self._prepared = whole.prepared
        self.inner = next(shrunk for margin in MARGINS_DEGREES if (shrunk := whole.buffer(-margin)).area)
        self._borders = [LineString(ring.coords, srid=SRID) for part in _polygons(self.inner) for ring in part]

    def holds(self, place: Point) -> bool:
        """Whether the place lies in a zone."""
        return bool(self._prepared.contains(GeosPoint(*place, srid=SRID)))

    def zone_of(self, place: Point) -> str | None:
        """The code of the zone that holds the place."""
        point = GeosPoint(*place, srid=SRID)
        return next((code for code, zone in self.zones.items() if zone.contains(point)), None)

    def place_where_people_are(self, random: Random) -> tuple[str, Point]:
        """(zone code, place): a zone by its weight, then any place in it."""
        [code] = random.choices(self.codes, self.weights)
        zone = self.zones[code]
        west, south, east, north = zone.extent
        for _ in range(TRIES):
            place = (round(random.uniform(west, east), 6), round(random.uniform(south, north), 6))
            if zone.contains(GeosPoint(*place, srid=SRID)) and self.holds(place):
                return code, place
        middle = zone.point_on_surface
        return code, (middle.x, middle.y)

    def nearest_inside(self, place: Point) -> Point:
        """The place itself when the city holds it, else the nearest place just inside the city's border."""
        if self.holds(place):
            return place
        point = GeosPoint(*place, srid=SRID)
        border = min(self._borders, key=lambda line: line.distance(point))
        found = border.interpolate(border.project(point))
        return found.x, found.y


def ground_from_geojson(collection: Mapping[str, Any], weights: Mapping[str, float] | None = None) -> Ground:
    """Reads the answer of `GET /zones` (features with `properties.code`)."""
    zones: dict[str, GEOSGeometry] = {}
    for feature in collection.get("features", []):
        code = str(feature.get("properties", {}).get("code") or feature.get("id"))
        zones[code] = GEOSGeometry(json.dumps(feature["geometry"]), srid=SRID)
    return Ground(zones, weights)


def _polygons(geometry: GEOSGeometry) -> Iterable[Polygon]:
    if isinstance(geometry, Polygon):
        yield geometry
    elif isinstance(geometry, GeometryCollection):
        for part in geometry:
            yield from _polygons(part)
