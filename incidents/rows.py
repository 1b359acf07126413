"""The one schema of call, incident and alarm rows: board, push and API all use it. Times are ISO 8601 UTC with Z.
Only reading and shaping; who may see which row is decided by the audiences of the live feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Count, F, Min, Q, QuerySet

from incidents.models import Alarm, Call, Incident
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


def picked(query: QuerySet[Any, Any], ids: Ids, on_board: Q) -> QuerySet[Any, Any]:
    """The rows named by `ids`, or those that are on the board when ids is None."""
    return query.filter(on_board) if ids is None else query.filter(pk__in=ids)


CALLS_ON_BOARD = ~Q(status=Call.Status.ENDED) | Q(outcome=None)


def call_rows(center_id: int, ids: Ids = None) -> list[Row]:
    query = picked(Call.objects.filter(center=center_id), ids, CALLS_ON_BOARD)
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
        for row in query.order_by("rang_at", "id").values(
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
    ]


def incident_rows(center_id: int, ids: Ids = None) -> list[Row]:
    query = picked(Incident.objects.filter(center=center_id), ids, ~Q(status=Incident.Status.CLOSED))
    return shape_incidents(query.order_by("opened_at", "id"))


def shape_incidents(query: QuerySet[Incident, Any]) -> list[Row]:
    """Rows of the incidents of `query`, in its order; one query."""
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
        for row in query.annotate(
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
    ]


def alarm_rows(center_id: int, ids: Ids = None) -> list[Row]:
    query = picked(Alarm.objects.filter(center=center_id), ids, ~Q(status=Alarm.Status.CLEARED))
    return [
        {
            "id": alarm.pk,
            "version": alarm.version,
            "status": alarm.status,
            "on_board": alarm.status != Alarm.Status.CLEARED,
            "kind": alarm.kind,
            "priority": alarm.priority,
            "words": words_of(alarm.kind, alarm.data),
            "incident": alarm.incident_id,
            "raised_at": iso(alarm.raised_at),
            "acknowledged_at": iso(alarm.acknowledged_at),
            "acknowledged_by": alarm.acknowledged_by.username if alarm.acknowledged_by else None,
        }
        for alarm in query.select_related("acknowledged_by").order_by("priority", "raised_at", "id")
    ]


LISTS: dict[str, Lister] = {"calls": call_rows, "incidents": incident_rows, "alarms": alarm_rows}
