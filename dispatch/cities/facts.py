"""What a city folder says, as frozen dataclasses: places, agencies, units, types, plans and the mix of calls.
Only shapes; reading and checking is `reader.py`."""

from __future__ import annotations

from dataclasses import dataclass

DISCIPLINES = frozenset({"police", "fire", "social", "disaster", "medical", "traffic", "public_order"})
STATION_KINDS = frozenset({"station", "post", "hospital", "clinic"})
HOURS = 24

Point = tuple[float, float]
"""(lon, lat) in degrees, WGS84."""


@dataclass(frozen=True)
class ZoneFact:
    code: str
    name: str
    location: Point
    weight: float


@dataclass(frozen=True)
class AgencyFact:
    code: str
    name_id: str
    name_en: str
    discipline: str
    auto_dispatch_up_to: int
    acceptance_seconds: int


@dataclass(frozen=True)
class CapabilityFact:
    code: str
    name_id: str
    name_en: str


@dataclass(frozen=True)
class UnitTypeFact:
    code: str
    name_id: str
    name_en: str
    discipline: str
    speeds_kmh: tuple[int, ...]
    """24 speeds in km/h, by local hour."""
    turnout_seconds: int


@dataclass(frozen=True)
class StationFact:
    code: str
    agency: str | None
    name: str
    kind: str
    location: Point
    address: str


@dataclass(frozen=True)
class UnitFact:
    call_sign: str
    agency: str
    unit_type: str
    station: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True)
class IncidentTypeFact:
    code: str
    name_id: str
    name_en: str
    category: str
    default_priority: int
    keywords: tuple[str, ...]
    apco_code: str


@dataclass(frozen=True)
class PlanItemFact:
    incident_type: str
    priority: int | None
    """None: the plan for every priority that has none of its own."""
    agency: str
    capability: str
    count: int


@dataclass(frozen=True)
class MixFact:
    kind: str
    """incident or nuisance"""
    code: str
    weight: float


@dataclass(frozen=True)
class City:
    code: str
    name: str
    city: str
    timezone: str
    detour_factor: float
    hotline_lines: int
    location: Point
    outline: tuple[Point, ...]
    zones: tuple[ZoneFact, ...]
    agencies: tuple[AgencyFact, ...]
    capabilities: tuple[CapabilityFact, ...]
    unit_types: tuple[UnitTypeFact, ...]
    stations: tuple[StationFact, ...]
    units: tuple[UnitFact, ...]
    incident_types: tuple[IncidentTypeFact, ...]
    plans: tuple[PlanItemFact, ...]
    call_mix: tuple[MixFact, ...]
