"""The one schema of call, incident and alarm rows: board, push and API all use it. Times are ISO 8601 UTC with Z.
Only reading and shaping; who may see which row is decided by the audiences of the live feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Count, F, Min, Q, QuerySet

from incidents.models import Alarm, Call, Incident
from incidents.prepared import Listed
from incidents.words import words_of

Row = dict[str, Any]
Ids = Sequence[int] | None
Lister = Callable[[int, Ids], list[Row]]


def iso(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and Z; None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lat_lon(point: Point) -> dict[str, float]:
    return {"lat": round(point.y, 7), "lon": round(point.x, 7)}


CALLS_ON_BOARD = ~Q(status=Call.Status.ENDED) | Q(outcome=None)


def call_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return [
        {
            "id": row["id"],
            "version": row["version"],
            "status": row["status"],
            "on_board": row["status"] != Call.Status.ENDED or row["outcome"] is None,
            "external_id": row["external_id"],
            "line": row["line"],
            "caller_number": row["caller_number"],
            "rang_at": iso(row["rang_at"]),
            "answered_at": iso(row["answered_at"]),
            "held_at": iso(row["held_at"]),
            "ended_at": iso(row["ended_at"]),
            "outcome": row["outcome"],
            "answered_by": row["operator"],
            "incident": row["incident_id"],
        }
        for row in _CALLS.read(center_id, ids)
    ]


def _call_values(query: QuerySet[Call]) -> QuerySet[Call, Any]:
    return query.order_by("rang_at", "id").values(
        "id",
        "version",
        "status",
        "external_id",
        "line",
        "caller_number",
        "rang_at",
        "answered_at",
        "held_at",
        "ended_at",
        "outcome",
        "incident_id",
        operator=F("answered_by__username"),
    )


_CALLS = Listed(Call, CALLS_ON_BOARD, _call_values)


def incident_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return _incident_shapes(_INCIDENTS.read(center_id, ids))


def shape_incidents(query: QuerySet[Incident, Any]) -> list[Row]:
    """Rows of the incidents of `query`, in its order; one query."""
    return _incident_shapes(_incident_values(query))


def _incident_shapes(rows: Iterable[Row]) -> list[Row]:
    return [
        {
            "id": row["id"],
            "version": row["version"],
            "status": row["status"],
            "on_board": row["status"] != Incident.Status.CLOSED,
            "number": row["number"],
            "type": row["code"],
            "category": row["category"],
            "priority": row["priority"],
            "location": lat_lon(row["location"]),
            "zone": row["zone_name"],
            "zone_code": row["zone_code"],
            "address": row["address"],
            "narrative": row["narrative"],
            "opened_at": iso(row["opened_at"]),
            "opened_by": row["opener"],
            "activated_at": iso(row["activated_at"]),
            "first_dispatched_at": iso(row["first_dispatched_at"]),
            "first_on_scene_at": iso(row["first_on_scene_at"]),
            "closed_at": iso(row["closed_at"]),
            "disposition": row["disposition"] or None,
            "parent": row["parent_id"],
            "calls": row["call_count"],
            "notes": row["note_count"],
            "call": row["first_call"],
        }
        for row in rows
    ]


def _incident_values(query: QuerySet[Incident, Any]) -> QuerySet[Incident, Any]:
    return query.annotate(
        code=F("type__code"),
        category=F("type__category"),
        zone_name=F("zone__name"),
        zone_code=F("zone__code"),
        opener=F("opened_by__username"),
        call_count=Count("calls", distinct=True),
        note_count=Count("notes", distinct=True),
        first_call=Min("calls__id"),
    ).values(
        "id",
        "version",
        "status",
        "number",
        "code",
        "category",
        "priority",
        "location",
        "zone_name",
        "zone_code",
        "address",
        "narrative",
        "opened_at",
        "opener",
        "activated_at",
        "first_dispatched_at",
        "first_on_scene_at",
        "closed_at",
        "disposition",
        "parent_id",
        "call_count",
        "note_count",
        "first_call",
    )


_INCIDENTS = Listed(
    Incident,
    ~Q(status=Incident.Status.CLOSED),
    lambda query: _incident_values(query.order_by("opened_at", "id")),
)


def alarm_rows(center_id: int, ids: Ids = None) -> list[Row]:
    return [
        {
            "id": row["id"],
            "version": row["version"],
            "status": row["status"],
            "on_board": row["status"] != Alarm.Status.CLEARED,
            "kind": row["kind"],
            "priority": row["priority"],
            "words": words_of(row["kind"], row["data"]),
            "incident": row["incident_id"],
            "raised_at": iso(row["raised_at"]),
            "acknowledged_at": iso(row["acknowledged_at"]),
            "acknowledged_by": row["acknowledger"],
        }
        for row in _ALARMS.read(center_id, ids)
    ]


def _alarm_values(query: QuerySet[Alarm]) -> QuerySet[Alarm, Any]:
    return query.order_by("priority", "raised_at", "id").values(
        "id",
        "version",
        "status",
        "kind",
        "priority",
        "data",
        "incident_id",
        "raised_at",
        "acknowledged_at",
        acknowledger=F("acknowledged_by__username"),
    )


_ALARMS = Listed(Alarm, ~Q(status=Alarm.Status.CLEARED), _alarm_values)

LISTS: dict[str, Lister] = {"calls": call_rows, "incidents": incident_rows, "alarms": alarm_rows}
