"""Reading who could go: the plan of an incident, the units that are free, the places one can name.
Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, FloatField, Func, OuterRef, Q, QuerySet

from dispatch.models import Agency, Capability, PlanItem, Unit
from dispatch.recommend import Candidate, Need
from dispatch.travel import LonLat, Origin, StraightLine
from incidents.models import Center, Incident
from incidents.prepared import CENTER, CODES, PRIORITY, TYPE, ZONE, Prepared


@dataclass(frozen=True)
class Card:
    """The response plan that holds for an incident, as far as its agencies are active and serve its zone."""

    name: dict[str, str]
    needs: list[Need]
    agencies: dict[str, Agency]
    """By code, in the order of the lines."""


def card_of(incident: Incident) -> Card | None:
    """The card of the incident's type and priority, else the type's card for any priority. None when there is none, or none
    of its agencies serves. One query."""
    items = _ITEMS.rows(incident.type_id, incident.priority, incident.zone_id or 0)
    own = [item for item in items if item["plan_id"] == items[0]["plan_id"] and item["is_served"]]
    if not own:
        return None
    suffix = f" P{own[0]['plan__priority']}" if own[0]["plan__priority"] else ""
    agencies: dict[str, Agency] = {}
    for item in own:
        values = [item[f"agency__{name}"] for name in _AGENCY_FIELDS]
        agencies.setdefault(item["agency__code"], Agency.from_db("default", _AGENCY_FIELDS, values))
    return Card(
        {"id": own[0]["type_id"] + suffix, "en": own[0]["type_en"] + suffix},
        [
            Need(
                item["agency__code"],
                item["capability__code"],
                item["count"],
                item["capability__name_id"],
                item["capability__name_en"],
            )
            for item in own
        ],
        agencies,
    )


_AGENCY_FIELDS = [field.attname for field in Agency._meta.concrete_fields]


def _items(type_id: int, priority: int, zone_id: int) -> QuerySet[PlanItem, Any]:
    """The lines of the cards that could hold, those of the card that does first."""
    zones = Agency.zones.through.objects.filter(agency=OuterRef("agency"))
    is_served = Q(agency__is_active=True) & (Q(~Exists(zones)) | Q(Exists(zones.filter(zone=zone_id))))
    query = PlanItem.objects.filter(
        Q(plan__priority=priority) | Q(plan__priority=None), plan__incident_type=type_id
    ).order_by(F("plan__priority").asc(nulls_last=True), "pk")
    values: QuerySet[PlanItem, Any] = query.values(
        "plan_id",
        "plan__priority",
        "count",
        "capability__code",
        "capability__name_id",
        "capability__name_en",
        *(f"agency__{name}" for name in _AGENCY_FIELDS),
        type_id=F("plan__incident_type__name_id"),
        type_en=F("plan__incident_type__name_en"),
        is_served=ExpressionWrapper(is_served, BooleanField()),
    )
    return values


_ITEMS = Prepared(_items, TYPE, PRIORITY, ZONE)


def free_units(center: Center, now: datetime, agencies: Sequence[str] | None = None) -> list[Candidate]:
    """Units that can be sent now, with where they are and how fast they go at this local hour. One query."""
    hour = now.astimezone(ZoneInfo(center.timezone)).hour
    if agencies is None:
        units = _free(hour, are_agencies_named=False).rows(center.pk)
    else:
        units = _free(hour, are_agencies_named=True).rows(center.pk, agencies)
    return [
        Candidate(
            unit["pk"],
            unit["call_sign"],
            unit["agency_code"],
            unit["discipline"],
            unit["type_code"],
            unit["status"],
            frozenset(unit["capability_codes"]),
            Origin(_place(unit, center), float(unit["speed_kmh"]), float(unit["turnout_seconds"])),
            None if unit["at"] is None else (now - unit["at"]).total_seconds(),
        )
        for unit in units
    ]


def _place(unit: dict[str, Any], center: Center) -> LonLat:
    """The unit's position, else its station, else the middle of the city."""
    if unit["at"] is not None:
        return unit["lon"], unit["lat"]
    if unit["station_lon"] is not None:
        return unit["station_lon"], unit["station_lat"]
    return center.location.x, center.location.y


@cache
def _free(hour: int, *, are_agencies_named: bool) -> Prepared:
    """The statement of `free_units` for an hour of the day."""

    def build(center_id: int, codes: Sequence[str] = ()) -> QuerySet[Any, Any]:
        query = Unit.objects.filter(
            center=center_id, status=Unit.Status.AVAILABLE, is_active=True, agency__is_active=True
        )
        if are_agencies_named:
            query = query.filter(agency__code__any=codes)
        capabilities = Capability.objects.filter(units=OuterRef("pk")).values("code")
        values: QuerySet[Any, Any] = query.order_by("pk").values(
            "pk",
            "call_sign",
            "status",
            agency_code=F("agency__code"),
            discipline=F("agency__discipline"),
            type_code=F("unit_type__code"),
            turnout_seconds=F("unit_type__turnout_seconds"),
            speed_kmh=F(f"unit_type__speeds_kmh__{hour}"),
            station_lon=Func("station__location", function="ST_X", output_field=FloatField()),
            station_lat=Func("station__location", function="ST_Y", output_field=FloatField()),
            lon=F("position__lon"),
            lat=F("position__lat"),
            at=F("position__at"),
            capability_codes=ArraySubquery(capabilities),
        )
        return values

    return Prepared(build, CENTER, CODES) if are_agencies_named else Prepared(build, CENTER)


def travel_times(center: Center) -> StraightLine:
    """The engine of this center."""
    return StraightLine(center.detour_factor)
