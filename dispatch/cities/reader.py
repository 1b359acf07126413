"""Reads a city folder into frozen dataclasses and refuses it with file, line and reason when a row is wrong.
Must not touch the database: what is read here is written by the command `seed_city`."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.cities.facts import (
    DISCIPLINES,
    HOURS,
    STATION_KINDS,
    AgencyFact,
    CapabilityFact,
    City,
    IncidentTypeFact,
    MixFact,
    PlanItemFact,
    Point,
    StationFact,
    UnitFact,
    UnitTypeFact,
    ZoneFact,
)

CITIES = Path(__file__).resolve().parent
# Lists that hold for the whole country; a city that differs lays a file of the same name in its own folder.
COMMON = CITIES / "_common"

Fact = TypeVar("Fact")


class CityError(Exception):
    """The folder cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True)
class Row:
    """One CSV row that knows where it stands, so that a refusal can say so."""

    file: Path
    line: int
    cells: dict[str, str]

    def refuse(self, reason: str) -> CityError:
        return CityError(f"{self.file.parent.name}/{self.file.name}, line {self.line}: {reason}")

    def text(self, column: str) -> str:
        value = self.cells.get(column, "").strip()
        if not value:
            raise self.refuse(f"{column} is empty")
        return value

    def text_or_empty(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def words(self, column: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.cells.get(column, "").split(";") if word.strip())

    def number(self, column: str, low: float, high: float) -> float:
        value = self.text(column)
        try:
            number = float(value)
        except ValueError:
            raise self.refuse(f"{column} is not a number: {value!r}") from None
        if not low <= number <= high:
            raise self.refuse(f"{column} is {value}, outside {low:g} to {high:g}")
        return number

    def whole(self, column: str, low: int, high: int) -> int:
        number = self.number(column, low, high)
        if number != int(number):
            raise self.refuse(f"{column} is not a whole number: {number}")
        return int(number)

    def one_of(self, column: str, known: Iterable[str], what: str) -> str:
        value = self.text(column)
        if value not in known:
            raise self.refuse(f"{column}: there is no {what} {value!r}")
        return value

    def point(self) -> Point:
        return self.number("lon", -180, 180), self.number("lat", -90, 90)


def names_of_cities() -> list[str]:
    """The folders that can be seeded, in alphabetical order."""
    return sorted(path.parent.name for path in CITIES.glob("*/city.toml"))


def read_city(name: str, root: Path = CITIES) -> City:
    """Reads the folder `name` whole. Raises CityError at the first thing that is wrong."""
    folder = root / name
    head = _read_head(folder / "city.toml", root)
    try:
        common = {
            "code": str(head["code"]),
            "name": str(head["name"]),
            "city": str(head["city"]),
            "timezone": str(head["timezone"]),
            "detour_factor": float(head["detour_factor"]),
            "hotline_lines": int(head["hotline_lines"]),
            "location": _pair(head["location"]),
            "outline": tuple(_pair(point) for point in head["outline"]),
        }
        hours = dict.fromkeys(head.get("night_hours", []), "speed_night")
        hours |= dict.fromkeys(head.get("peak_hours", []), "speed_peak")
    except KeyError as error:
        raise CityError(f"{name}/city.toml: {error.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise CityError(f"{name}/city.toml: {error}") from None
    try:
        ZoneInfo(str(common["timezone"]))
    except (ZoneInfoNotFoundError, ValueError):
        raise CityError(f"{name}/city.toml: there is no time zone {common['timezone']!r}") from None
    if len(common["outline"]) < 3:  # type: ignore[arg-type]
        raise CityError(f"{name}/city.toml: an outline needs three points or more")

    zones = _read(folder, "zones.csv", _zone)
    capabilities = _read(folder, "capabilities.csv", _capability)
    agencies = _read(folder, "agencies.csv", _agency)
    unit_types = _read(folder, "unit_types.csv", lambda row: _unit_type(row, hours))
    types = _read(folder, "incident_types.csv", _incident_type)
    agency_codes = {agency.code for agency in agencies}
    capability_codes = {capability.code for capability in capabilities}
    type_codes = {incident_type.code for incident_type in types}
    stations = _read(folder, "stations.csv", lambda row: _station(row, agency_codes))
    station_codes = {station.code for station in stations}
    unit_type_codes = {unit_type.code for unit_type in unit_types}
    units = _read(
        folder, "units.csv", lambda row: _unit(row, agency_codes, unit_type_codes, station_codes, capability_codes)
    )
    plans = _read(
        folder, "plans.csv", lambda row: _plan_item(row, type_codes, agency_codes, capability_codes), unique=False
    )
    mix = _read(folder, "call_mix.csv", lambda row: _mix(row, type_codes), unique=False, optional=True)
    return City(
        **common,  # type: ignore[arg-type]
        zones=zones,
        agencies=agencies,
        capabilities=capabilities,
        unit_types=unit_types,
        stations=stations,
        units=units,
        incident_types=types,
        plans=plans,
        call_mix=mix,
    )


def _read_head(path: Path, root: Path) -> dict[str, Any]:
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in root.glob("*/city.toml"))) or "none"
        raise CityError(f"there is no city {path.parent.name!r}; known cities: {known}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CityError(f"{path.parent.name}/city.toml: {error}") from None


def _pair(value: Any) -> Point:
    lon, lat = value
    return float(lon), float(lat)


def _read(
    folder: Path, name: str, make: Callable[[Row], Fact], unique: bool = True, optional: bool = False
) -> tuple[Fact, ...]:
    path = folder / name if (folder / name).is_file() else folder.parent / COMMON.name / name
    if not path.is_file():
        if optional:
            return ()
        raise CityError(f"{folder.name}/{name} is missing, and there is none in {COMMON.name}/")
    facts: list[Fact] = []
    seen: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for cells in reader:
                row = Row(path, reader.line_num, {key: value or "" for key, value in cells.items() if key})
                facts.append(make(row))
                first = next(iter(row.cells.values()), "")
                if unique and first in seen:
                    raise row.refuse(f"{first!r} stands already in line {seen[first]}")
                seen[first] = reader.line_num
    except (csv.Error, UnicodeDecodeError) as error:
        raise CityError(f"{folder.name}/{name}: {error}") from None
    if not facts and not optional:
        raise CityError(f"{folder.name}/{name} has no rows")
    return tuple(facts)


def _zone(row: Row) -> ZoneFact:
    return ZoneFact(row.text("code"), row.text("name"), row.point(), row.number("weight", 0, 1e9))


def _capability(row: Row) -> CapabilityFact:
    return CapabilityFact(row.text("code"), row.text("name_id"), row.text("name_en"))


def _agency(row: Row) -> AgencyFact:
    return AgencyFact(
        code=row.text("code"),
        name_id=row.text("name_id"),
        name_en=row.text("name_en"),
        discipline=row.one_of("discipline", DISCIPLINES, "discipline"),
        auto_dispatch_up_to=row.whole("auto_dispatch_up_to", 0, 5),
        acceptance_seconds=row.whole("acceptance_seconds", 1, 3600),
    )


def _unit_type(row: Row, hours: dict[int, str]) -> UnitTypeFact:
    speeds = tuple(row.whole(hours.get(hour, "speed_day"), 1, 200) for hour in range(HOURS))
    return UnitTypeFact(
        code=row.text("code"),
        name_id=row.text("name_id"),
        name_en=row.text("name_en"),
        discipline=row.one_of("discipline", DISCIPLINES, "discipline"),
        speeds_kmh=speeds,
        turnout_seconds=row.whole("turnout_seconds", 0, 3600),
    )


def _station(row: Row, agencies: set[str]) -> StationFact:
    agency = row.text_or_empty("agency")
    return StationFact(
        code=row.text("code"),
        agency=row.one_of("agency", agencies, "agency") if agency else None,
        name=row.text("name"),
        kind=row.one_of("kind", STATION_KINDS, "kind of station"),
        location=row.point(),
        address=row.text_or_empty("address"),
    )


def _unit(row: Row, agencies: set[str], unit_types: set[str], stations: set[str], capabilities: set[str]) -> UnitFact:
    for word in row.words("capabilities"):
        if word not in capabilities:
            raise row.refuse(f"there is no capability {word!r}")
    return UnitFact(
        call_sign=row.text("call_sign"),
        agency=row.one_of("agency", agencies, "agency"),
        unit_type=row.one_of("unit_type", unit_types, "unit type"),
        station=row.one_of("station", stations, "station"),
        capabilities=row.words("capabilities"),
    )


def _incident_type(row: Row) -> IncidentTypeFact:
    return IncidentTypeFact(
        code=row.text("code"),
        name_id=row.text("name_id"),
        name_en=row.text("name_en"),
        category=row.one_of("category", DISCIPLINES, "discipline"),
        default_priority=row.whole("default_priority", 1, 5),
        keywords=row.words("keywords"),
        apco_code=row.text_or_empty("apco_code"),
    )


def _plan_item(row: Row, types: set[str], agencies: set[str], capabilities: set[str]) -> PlanItemFact:
    return PlanItemFact(
        incident_type=row.one_of("incident_type", types, "incident type"),
        priority=row.whole("priority", 1, 5) if row.text_or_empty("priority") else None,
        agency=row.one_of("agency", agencies, "agency"),
        capability=row.one_of("capability", capabilities, "capability"),
        count=row.whole("count", 1, 20),
    )


def _mix(row: Row, types: set[str]) -> MixFact:
    kind = row.one_of("kind", ("incident", "nuisance"), "kind of call")
    code = row.one_of("code", types, "incident type") if kind == "incident" else row.text("code")
    return MixFact(kind, code, row.number("weight", 0, 1e9))
