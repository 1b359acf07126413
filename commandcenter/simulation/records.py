"""Reads real records by a mapping file: which columns hold time, place and kind, and which of our types each kind is.
Pure but for reading the two files; every record that cannot be used carries the name of its reason."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from commandcenter.simulation.places import Point

MAPPINGS = Path(__file__).resolve().parent / "mappings"


class MappingError(Exception):
    """The mapping or the records' file cannot be used at all; the message says where and why."""


@dataclass(frozen=True)
class Kind:
    """One line of the table: records whose text matches are of this type, or are refused for this reason."""

    match: re.Pattern[str]
    type: str = ""
    discipline: str = ""
    priority: int | None = None
    refuse: str = ""


@dataclass(frozen=True)
class RecordMapping:
    name: str
    encoding: str
    time_column: str
    time_format: str
    lat_column: str
    lon_column: str
    place_column: str
    place_pattern: re.Pattern[str] | None
    kind_column: str
    address_columns: tuple[str, ...]
    narrative_columns: tuple[str, ...]
    one_per: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Record:
    """One record ready to be sent. `key` is the same at every reading of the file."""

    key: str
    at: datetime
    place: Point
    type: str
    discipline: str
    priority: int | None
    address: str
    narrative: str


@dataclass(frozen=True)
class Unusable:
    """One record that is not sent: reason no_time, no_location, no_type, or one the mapping names itself."""

    line: int
    reason: str
    detail: str
    at: datetime | None
    """None when the record does not say."""


@dataclass(frozen=True)
class Reading:
    rows: int
    folded: int
    """Rows that are a further unit of a record already read."""
    records: tuple[Record, ...]
    """In the order of their time."""
    unusable: tuple[Unusable, ...]


def mapping_file(name: str) -> Path:
    """A shipped mapping by its name, or a path to one. Raises MappingError."""
    shipped = MAPPINGS / f"{name}.toml"
    if shipped.is_file():
        return shipped
    path = Path(name)
    if path.is_file():
        return path
    known = ", ".join(sorted(found.stem for found in MAPPINGS.glob("*.toml")))
    raise MappingError(f"there is no mapping {name!r}; shipped: {known}; or give the path of a TOML file")


def read_mapping(path: Path) -> RecordMapping:
    """Reads a mapping whole. Raises MappingError with the key that is missing or wrong."""
    try:
        head: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        place = head["location"]
        pattern = place.get("pattern")
        return RecordMapping(
            name=str(head.get("name", path.stem)),
            encoding=str(head.get("encoding", "utf-8-sig")),
            time_column=head["time"]["column"],
            time_format=head["time"]["format"],
            lat_column=place.get("lat", ""),
            lon_column=place.get("lon", ""),
            place_column=place.get("column", ""),
            place_pattern=re.compile(pattern) if pattern else None,
            kind_column=head["kind"]["column"],
            address_columns=tuple(head.get("address", {}).get("columns", ())),
            narrative_columns=tuple(head.get("narrative", {}).get("columns", ())),
            one_per=str(head.get("one_per", "")),
            kinds=tuple(_kind(path, line) for line in head["kind"]["table"]),
        )
    except KeyError as error:
        raise MappingError(f"{path.name}: {error.args[0]} is missing") from None
    except (AttributeError, TypeError, ValueError, OSError, re.error) as error:
        raise MappingError(f"{path.name}: {error}") from None


def _kind(path: Path, line: Mapping[str, Any]) -> Kind:
    if not line.get("refuse") and not (line.get("type") and line.get("discipline")):
        raise MappingError(f"{path.name}: the line {line.get('match')!r} needs type and discipline, or refuse")
    priority = line.get("priority")
    return Kind(
        match=re.compile(line["match"], re.IGNORECASE),
        type=str(line.get("type", "")),
        discipline=str(line.get("discipline", "")),
        priority=int(priority) if priority is not None else None,
        refuse=str(line.get("refuse", "")),
    )


def read_records(path: Path, mapping: RecordMapping) -> Reading:
    """Reads the file whole. Raises MappingError when it is no such file or lacks a column the mapping names."""
    try:
        with path.open(encoding=mapping.encoding, newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(path, mapping, reader.fieldnames or ())
            return _sort(mapping, ((reader.line_num, row) for row in reader))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MappingError(f"{path.name}: {error}") from None


def choose(reading: Reading, since: datetime | None, until: datetime | None, limit: int) -> Reading:
    """The records from `since` on and before `until`, at most `limit` of them (0: all), usable and unusable in one
    order of time. Records without a time are kept: nobody can say that they lie outside."""

    def is_within(at: datetime | None) -> bool:
        return at is None or ((since is None or at >= since) and (until is None or at < until))

    both: list[Record | Unusable] = [*reading.unusable, *reading.records]
    items = [item for item in both if is_within(item.at)]
    items.sort(key=lambda item: item.at or datetime.min)
    items = items[:limit] if limit else items
    return Reading(
        reading.rows,
        reading.folded,
        tuple(item for item in items if isinstance(item, Record)),
        tuple(item for item in items if isinstance(item, Unusable)),
    )


def _check_columns(path: Path, mapping: RecordMapping, columns: Iterable[str]) -> None:
    named = [mapping.time_column, mapping.kind_column, mapping.one_per, *mapping.address_columns]
    named += [mapping.lat_column, mapping.lon_column, mapping.place_column, *mapping.narrative_columns]
    missing = [column for column in named if column and column not in columns]
    if missing:
        raise MappingError(
            f"{path.name} has no column {', '.join(map(repr, missing))}; is {mapping.name!r} its mapping?"
        )


def _sort(mapping: RecordMapping, rows: Iterator[tuple[int, dict[str, Any]]]) -> Reading:
    seen: set[str] = set()
    records: list[Record] = []
    unusable: list[Unusable] = []
    count = folded = 0
    for line, cells in rows:
        count += 1
        row = {column: (value or "").strip() for column, value in cells.items() if isinstance(value, str)}
        key = row.get(mapping.one_per, "") if mapping.one_per else ""
        if key and key in seen:
            folded += 1
            continue
        if key:
            seen.add(key)
        made = _record(mapping, line, key or f"line-{line}", row)
        if isinstance(made, Record):
            records.append(made)
        else:
            unusable.append(made)
    records.sort(key=lambda record: record.at)
    return Reading(count, folded, tuple(records), tuple(unusable))


def _record(mapping: RecordMapping, line: int, key: str, row: Mapping[str, str]) -> Record | Unusable:
    text = row.get(mapping.kind_column, "")
    said = row.get(mapping.time_column, "")
    try:
        at = datetime.strptime(said, mapping.time_format)
    except ValueError:
        return Unusable(line, "no_time", said, None)
    kind = next((kind for kind in mapping.kinds if kind.match.search(text)), None)
    if kind is None:
        return Unusable(line, "no_type", text, at)
    if kind.refuse:
        return Unusable(line, kind.refuse, text, at)
    place = _place(mapping, row)
    if place is None:
        return Unusable(line, "no_location", row.get(mapping.place_column or mapping.lat_column, ""), at)
    return Record(
        key=f"{mapping.name}:{key}",
        at=at,
        place=place,
        type=kind.type,
        discipline=kind.discipline,
        priority=kind.priority,
        address=", ".join(row[column] for column in mapping.address_columns if row.get(column)),
        narrative=" · ".join(row[column] for column in mapping.narrative_columns if row.get(column)),
    )


def _place(mapping: RecordMapping, row: Mapping[str, str]) -> Point | None:
    lat, lon = row.get(mapping.lat_column, ""), row.get(mapping.lon_column, "")
    if mapping.place_pattern is not None:
        found = mapping.place_pattern.search(row.get(mapping.place_column, ""))
        lat, lon = (found["lat"], found["lon"]) if found else ("", "")
    try:
        place = float(lon), float(lat)
    except ValueError:
        return None
    # 0, 0 is what a geocoder writes when it found nothing.
    if not all(map(isfinite, place)) or place == (0.0, 0.0) or not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        return None
    return place
