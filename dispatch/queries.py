"""Reading who could go: the plan of an incident, the units that are free, the places one can name.
Nothing here writes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from dispatch.models import Agency, ResponsePlan, Unit
from dispatch.recommend import Candidate, Need
from dispatch.travel import Origin, StraightLine
from incidents.models import Center, Incident


def plan_of(incident: Incident) -> ResponsePlan | None:
    """The card of the incident's type and priority, else the type's card for any priority, else None."""
    return (
        ResponsePlan.objects.filter(incident_type=incident.type_id)
        .filter(Q(priority=incident.priority) | Q(priority=None))
        .order_by(F("priority").asc(nulls_last=True))
        .first()
    )


def needs_of(plan: ResponsePlan | None, incident: Incident) -> list[Need]:
    """The plan's lines for agencies that are active and serve the incident's zone."""
    if plan is None:
        return []
    served = {agency.pk for agency in agencies_for(incident)}
    return [
        Need(
            item.agency.code,
            item.capability.code,
            item.count,
            item.capability.name_id,
            item.capability.name_en,
        )
        for item in plan.items.select_related("agency", "capability").order_by("pk")
        if item.agency_id in served
    ]


def agencies_for(incident: Incident) -> list[Agency]:
    """Active agencies that serve the whole center or the incident's zone."""
    everywhere = Agency.objects.filter(center=incident.center_id, is_active=True, zones=None)
    here = Agency.objects.filter(center=incident.center_id, is_active=True, zones=incident.zone_id)
    return list((everywhere | here).distinct().order_by("code"))


def free_units(center: Center, now: datetime, agencies: list[str] | None = None) -> list[Candidate]:
    """Units that can be sent now, with where they are and how fast they go at this local hour. Three queries at most."""
    hour = now.astimezone(ZoneInfo(center.timezone)).hour
    query = Unit.objects.filter(center=center, status=Unit.Status.AVAILABLE, is_active=True, agency__is_active=True)
    if agencies is not None:
        query = query.filter(agency__code__in=agencies)
    units = list(query.select_related("agency", "unit_type", "station", "position").order_by("pk"))
    capabilities: dict[int, set[str]] = defaultdict(set)
    for unit_id, code in Unit.capabilities.through.objects.filter(unit_id__in=[unit.pk for unit in units]).values_list(
        "unit_id", "capability__code"
    ):
        capabilities[unit_id].add(code)
    candidates = []
    for unit in units:
        position = getattr(unit, "position", None)
        if position is not None:
            place, age = (position.lon, position.lat), (now - position.at).total_seconds()
        elif unit.station is not None:
            place, age = (unit.station.location.x, unit.station.location.y), None
        else:
            place, age = (center.location.x, center.location.y), None
        candidates.append(
            Candidate(
                unit.pk,
                unit.call_sign,
                unit.agency.code,
                unit.agency.discipline,
                unit.unit_type.code,
                unit.status,
                frozenset(capabilities[unit.pk]),
                Origin(place, float(unit.unit_type.speeds_kmh[hour]), float(unit.unit_type.turnout_seconds)),
                age,
            )
        )
    return candidates


def travel_times(center: Center) -> StraightLine:
    """The engine of this center."""
    return StraightLine(center.detour_factor)
