"""Reads a CSV of vehicles' positions and deals them out as points of a room's units, in time order. Pure; sending is
`manage.py replay_positions`. Columns by their usual names: longitude/lon/lng, latitude/lat, timestamp/time/at, name_id/vehicle/id."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

COLUMNS = {
    "lon": ("longitude", "lon", "lng", "x"),
    "lat": ("latitude", "lat", "y"),
    "at": ("timestamp", "time", "at", "datetime"),
    "vehicle": ("name_id", "vehicle", "vehicle_id", "unit", "id"),
}


class NoTrack(ValueError):
    """The file is none of positions: what is missing, in words."""


@dataclass(frozen=True)
class Sighting:
    """A vehicle at a place (degrees) and time (Unix seconds)."""

    at: float
    vehicle: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Track:
    """Sightings in time order, and how many lines could not be read."""

    sightings: list[Sighting]
    unreadable: int


def read_track(lines: Iterable[str]) -> Track:
    """Times without a zone count as UTC. Raises NoTrack when a column is missing or no line can be read."""
    reader = csv.DictReader(lines)
    names = {name.strip().lower(): name for name in reader.fieldnames or [] if name}
    chosen: dict[str, str] = {}
    for what, usual in COLUMNS.items():
        found = next((names[name] for name in usual if name in names), None)
        if found is None:
            raise NoTrack(f"no column for {what}: one of {', '.join(usual)}")
        chosen[what] = found
    sightings, unreadable = [], 0
    for row in reader:
        try:
            at = datetime.fromisoformat(row[chosen["at"]].strip())
            sightings.append(
                Sighting(
                    (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(),
                    row[chosen["vehicle"]].strip(),
                    float(row[chosen["lat"]]),
                    float(row[chosen["lon"]]),
                )
            )
        except (ValueError, AttributeError, TypeError):
            unreadable += 1
    if not sightings:
        raise NoTrack("no line could be read")
    sightings.sort(key=lambda sighting: sighting.at)
    return Track(sightings, unreadable)


def laid_over(sightings: Sequence[Sighting], lat: float, lon: float) -> list[Sighting]:
    """Moved so that their middle (median) lies at the given place: another city's tracks for this city's map."""
    lats, lons = sorted(one.lat for one in sightings), sorted(one.lon for one in sightings)
    north, east = lat - lats[len(lats) // 2], lon - lons[len(lons) // 2]
    return [Sighting(one.at, one.vehicle, one.lat + north, one.lon + east) for one in sightings]


def dealt(sightings: Iterable[Sighting], units: Sequence[str]) -> tuple[dict[str, str], list[Sighting]]:
    """(vehicle → unit in order of appearance, the sightings of vehicles that got one). One unit never plays two vehicles."""
    free, roles, kept = iter(units), {}, []
    for one in sightings:
        if one.vehicle not in roles:
            unit = next(free, None)
            if unit is None:
                continue
            roles[one.vehicle] = unit
        kept.append(one)
    return roles, kept


def batches(sightings: Iterable[Sighting], seconds: float, size_max: int) -> Iterator[list[Sighting]]:
    """In time order, each within `seconds` of its first and of at most `size_max`."""
    batch: list[Sighting] = []
    for one in sightings:
        if batch and (one.at - batch[0].at >= seconds or len(batch) >= size_max):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch
