"""The one schema of referral, assignment and unit rows: board, push and API all use it.
Only reading and shaping."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from dispatch.models import Assignment, Capability, Referral, Unit
from incidents.prepared import Listed
from incidents.rows import Ids, Lister, Row, iso

REFERRALS_ON_BOARD = Q(status__in=[Referral.Status.ROUTED, Referral.Status.ACCEPTED])
ASSIGNMENTS_ON_BOARD = ~Q(status__in=Assignment.ENDED)


def referral_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return [
        {
            "id": row["id"],
            "version": row["version"],
            "status": row["status"],
            "on_board": row["status"] in (Referral.Status.ROUTED, Referral.Status.ACCEPTED),
            "incident": row["incident_id"],
            "incident_number": row["number"],
            "agency": row["code"],
            "discipline": row["discipline"],
            "routed_at": iso(row["routed_at"]),
            "accepted_at": iso(row["accepted_at"]),
            "declined_at": iso(row["declined_at"]),
            "closed_at": iso(row["closed_at"]),
            "reason": row["reason"],
            "proposed": row["proposed"],
            "shortfall": row["shortfall"],
            "decline_reason": row["decline_reason"] or None,
        }
        for row in _REFERRALS.read(center_id, ids)
    ]


def _referral_values(query: QuerySet[Referral]) -> QuerySet[Referral, Any]:
    return query.order_by("routed_at", "id").values(
        "id",
        "version",
        "status",
        "incident_id",
        "routed_at",
        "accepted_at",
        "declined_at",
        "closed_at",
        "reason",
        "proposed",
        "shortfall",
        "decline_reason",
        number=F("incident__number"),
        code=F("agency__code"),
        discipline=F("agency__discipline"),
    )


_REFERRALS = Listed(Referral, REFERRALS_ON_BOARD, _referral_values)


STEP_TIMES = (
    "dispatched_at",
    "acknowledged_at",
    "en_route_at",
    "on_scene_at",
    "transporting_at",
    "at_hospital_at",
    "cleared_at",
    "canceled_at",
)


def assignment_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return [
        {
            "id": row["id"],
            "version": row["version"],
            "status": row["status"],
            "on_board": row["status"] not in Assignment.ENDED,
            "incident": row["incident_id"],
            "incident_number": row["number"],
            "unit": row["call_sign"],
            "unit_id": row["unit_id"],
            "agency": row["code"],
            "discipline": row["discipline"],
            **{name: iso(row[name]) for name in STEP_TIMES},
            "travel_seconds": row["travel_seconds"],
            "reason": row["reason"],
            "assigned_by": row["assigner"],
        }
        for row in _ASSIGNMENTS.read(center_id, ids)
    ]


def _assignment_values(query: QuerySet[Assignment]) -> QuerySet[Assignment, Any]:
    values: QuerySet[Assignment, Any] = query.order_by("dispatched_at", "id").values(
        "id",
        "version",
        "status",
        "incident_id",
        "unit_id",
        "travel_seconds",
        "reason",
        *STEP_TIMES,
        number=F("incident__number"),
        call_sign=F("unit__call_sign"),
        code=F("unit__agency__code"),
        discipline=F("unit__agency__discipline"),
        assigner=F("assigned_by__username"),
    )
    return values


_ASSIGNMENTS = Listed(Assignment, ASSIGNMENTS_ON_BOARD, _assignment_values)


def unit_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return [_unit_row(unit) for unit in _UNITS.read(center_id, ids)]


def _unit_values(query: QuerySet[Unit]) -> QuerySet[Unit, Any]:
    """One query: a unit has at most one open assignment, and its capabilities come as an array."""
    own = Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, unit=OuterRef("pk"))
    codes = Capability.objects.filter(units=OuterRef("pk")).order_by("code").values("code")
    return query.order_by("call_sign").values(
        "id",
        "version",
        "status",
        "is_active",
        "call_sign",
        agency_code=F("agency__code"),
        discipline=F("agency__discipline"),
        type_code=F("unit_type__code"),
        type_id=F("unit_type__name_id"),
        type_en=F("unit_type__name_en"),
        station_name=F("station__name"),
        station_location=F("station__location"),
        lat=F("position__lat"),
        lon=F("position__lon"),
        at=F("position__at"),
        heading=F("position__heading"),
        speed=F("position__speed_kmh"),
        capability_codes=ArraySubquery(codes),
        assignment=Subquery(own.values("pk")[:1]),
        incident=Subquery(own.values("incident")[:1]),
    )


_UNITS = Listed(Unit, Q(is_active=True), _unit_values)


def _unit_row(unit: Row) -> Row:
    location, station = None, unit["station_location"]
    if unit["lat"] is not None:
        location = {"lat": unit["lat"], "lon": unit["lon"]}
    elif station is not None:
        location = {"lat": station.y, "lon": station.x}
    return {
        "id": unit["id"],
        "version": unit["version"],
        "status": unit["status"],
        "on_board": unit["is_active"],
        "is_active": unit["is_active"],
        "call_sign": unit["call_sign"],
        "agency": unit["agency_code"],
        "discipline": unit["discipline"],
        "unit_type": unit["type_code"],
        "unit_type_name": {"id": unit["type_id"], "en": unit["type_en"]},
        "station": unit["station_name"],
        "capabilities": unit["capability_codes"],
        "location": location,
        "location_at": iso(unit["at"]),
        "heading": unit["heading"],
        "speed_kmh": unit["speed"],
        "assignment": unit["assignment"],
        "incident": unit["incident"],
    }


LISTS: dict[str, Lister] = {"referrals": referral_rows, "assignments": assignment_rows, "units": unit_rows}
