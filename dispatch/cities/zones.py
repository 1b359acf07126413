"""Computes indicative zones: every place of the city belongs to the nearest centre point, cut to the city's outline.
Pure geometry on GEOS; writing zones is the work of the commands `seed_city` and `import_zones`."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, radians

from django.contrib.gis.geos import GeometryCollection, GEOSGeometry, MultiPolygon, Polygon

from dispatch.cities.facts import City, Point

SRID = 4326
# A half-plane is drawn as a square this many degrees wide: larger than any city, small enough for exact sums.
REACH_DEGREES = 5.0


def outline_of(city: City) -> Polygon:
    """The city's outline as a closed polygon, SRID 4326."""
    points = list(city.outline)
    if points[0] != points[-1]:
        points.append(points[0])
    return Polygon(points, srid=SRID)


def compute_zones(city: City) -> dict[str, MultiPolygon]:
    """Zone code → multipolygon (SRID 4326). Together they cover the outline and overlap only along their borders.

    Raises ValueError when a centre point lies outside the outline or two share one place.
    """
    outline = outline_of(city)
    if not outline.valid:
        raise ValueError(f"the outline of {city.code} crosses itself: {outline.valid_reason}")
    centres = [zone.location for zone in city.zones]
    if len(set(centres)) != len(centres):
        raise ValueError("two zones have the same centre point")
    zones: dict[str, MultiPolygon] = {}
    for zone in city.zones:
        cell = _cell(zone.location, centres, outline)
        if not cell.covers(GEOSGeometry(f"POINT({zone.location[0]} {zone.location[1]})", srid=SRID)):
            raise ValueError(f"the centre point of {zone.name} lies outside the outline")
        zones[zone.code] = as_multipolygon(cell)
    return zones


def as_multipolygon(geometry: GEOSGeometry) -> MultiPolygon:
    """Keeps the areas of any geometry: points and lines left over from a cut are dropped.

    Raises ValueError when no area is left.
    """
    if isinstance(geometry, MultiPolygon):
        return geometry
    if isinstance(geometry, Polygon):
        return MultiPolygon(geometry, srid=geometry.srid)
    pieces = list(geometry) if isinstance(geometry, GeometryCollection) else []
    parts = [piece for piece in pieces if isinstance(piece, Polygon)]
    if not parts:
        raise ValueError(f"{geometry.geom_type} has no area")
    return MultiPolygon(parts, srid=geometry.srid)


def _cell(centre: Point, centres: Sequence[Point], outline: Polygon) -> GEOSGeometry:
    # Nearest first: near neighbours cut the cell small, and the later cuts are cheap.
    shrink = cos(radians(centre[1]))
    others = sorted(
        (other for other in centres if other != centre),
        key=lambda other: hypot((other[0] - centre[0]) * shrink, other[1] - centre[1]),
    )
    cell: GEOSGeometry = outline
    for other in others:
        cell = cell.intersection(_nearer_side(centre, other, shrink))
    return cell


def _nearer_side(centre: Point, other: Point, shrink: float) -> Polygon:
    """The square of places nearer to `centre` than to `other`, on the local plane where a degree of longitude is
    `shrink` times a degree of latitude."""
    middle = ((centre[0] + other[0]) / 2 * shrink, (centre[1] + other[1]) / 2)
    toward = ((centre[0] - other[0]) * shrink, centre[1] - other[1])
    length = hypot(*toward)
    ahead = (toward[0] / length * REACH_DEGREES, toward[1] / length * REACH_DEGREES)
    along = (-ahead[1], ahead[0])
    corners = [
        (middle[0] + along[0], middle[1] + along[1]),
        (middle[0] - along[0], middle[1] - along[1]),
        (middle[0] - along[0] + ahead[0], middle[1] - along[1] + ahead[1]),
        (middle[0] + along[0] + ahead[0], middle[1] + along[1] + ahead[1]),
    ]
    ring = [(x / shrink, y) for x, y in corners]
    return Polygon([*ring, ring[0]], srid=SRID)
