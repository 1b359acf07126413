"""An incident's verbs before anybody is sent: open, change, note, link a duplicate.
Closing is in `dispatch/actions/close.py`, since it clears units."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone

from incidents import logs, timeline
from incidents.actions.steps import change, lock
from incidents.models import Call, Center, Incident, IncidentType, Note, User, Zone
from incidents.prepared import CENTER, CODES, Prepared
from incidents.privacy import MEDICAL
from incidents.queries import NEAR_ENOUGH_METRES, zone_at
from incidents.refusals import Invalid, OutsideArea, Refusal, VersionConflict
from incidents.rows import iso


class IncidentClosed(Refusal):
    code = "incident_closed"
    words = {"id": "Kejadian {number} sudah ditutup.", "en": "Incident {number} is closed."}


class UnknownType(Refusal):
    code = "unknown_type"
    status_code = 422
    words = {"id": "Jenis kejadian “{type}” tidak dikenal.", "en": "There is no incident type “{type}”."}


def open_incident(
    center: Center,
    by: User | None,
    *,
    type_code: str,
    location: Point,
    address: str = "",
    narrative: str = "",
    priority: int | None = None,
    call_id: int | None = None,
) -> Incident:
    """A case begins with a type and a place; routing it is owed at once. Raises UnknownType, OutsideArea, NotFound."""
    with timeline.action(center, by) as log:
        kind = _type(center, type_code)
        zone = _zone(center, location)
        call = lock(Call, center, pk=call_id) if call_id is not None else None
        now = timezone.now()
        incident = Incident(
            center=center,
            type=kind,
            priority=priority or kind.default_priority,
            location=location,
            zone=zone,
            address=address,
            narrative=narrative,
            opened_at=now,
            opened_by=by,
            trace=logs.case(),
        )
        _insert(incident, now.astimezone(ZoneInfo(center.timezone)).date())
        touch: list[Any] = [incident]
        if call is not None:
            change(call, incident=incident, outcome=Call.Outcome.INCIDENT)
            touch.append(call)
        log.add(
            "incident_opened",
            touch=touch,
            incident=incident.pk,
            number=incident.number,
            type={"code": kind.code, "id": kind.name_id, "en": kind.name_en},
            priority=incident.priority,
            zone=zone.name if zone else "–",
            call=call_id,
        )
        since: dict[str, Any] = {"called_at": iso(call.rang_at)} if call is not None else {}
        log.owe("route_incident", f"route:incident:{incident.pk}", incident=incident.pk, **since)
    return incident


def _insert(incident: Incident, day: date) -> None:
    """Inserts a new incident with the next number of the local day, `YYMMDD-NNNN`, and sets its `pk` and `number`.
    One statement, since the day's count stays locked until the transaction ends and everybody who opens an incident in
    this center waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH day AS (
                   INSERT INTO incidents_daycount (center_id, day, count) VALUES (%(center)s, %(day)s, 1)
                   ON CONFLICT (center_id, day) DO UPDATE SET count = incidents_daycount.count + 1 RETURNING count)
               INSERT INTO incidents_incident (center_id, number, type_id, priority, location, zone_id, address, narrative,
                   status, version, opened_at, opened_by_id, disposition, trace)
               SELECT %(center)s, %(prefix)s || lpad(count::text, greatest(4, length(count::text)), '0'), %(type)s,
                   %(priority)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(zone)s, %(address)s, %(narrative)s,
                   %(status)s, 1, %(opened_at)s, %(opened_by)s, '', %(trace)s
               FROM day RETURNING id, number""",
            {
                "center": incident.center_id,
                "day": day,
                "prefix": f"{day:%y%m%d}-",
                "type": incident.type_id,
                "priority": incident.priority,
                "lon": incident.location.x,
                "lat": incident.location.y,
                "zone": incident.zone_id,
                "address": incident.address,
                "narrative": incident.narrative,
                "status": incident.status,
                "opened_at": incident.opened_at,
                "opened_by": incident.opened_by_id,
                "trace": incident.trace,
            },
        )
        incident.pk, incident.number = cursor.fetchone()
        incident._state.adding = False


def change_incident(
    center: Center,
    by: User,
    incident_id: int,
    *,
    expected_version: int | None = None,
    type_code: str | None = None,
    address: str | None = None,
    narrative: str | None = None,
    priority: int | None = None,
    location: Point | None = None,
) -> Incident:
    """Adds to or mends an open incident. Raises NotFound, IncidentClosed, VersionConflict, UnknownType, OutsideArea."""
    with timeline.action(center, by) as log:
        incident = lock_open_incident(center, incident_id)
        if expected_version is not None and expected_version != incident.version:
            raise VersionConflict(current=incident.version)
        old_priority, old_category = incident.priority, None
        fields: dict[str, Any] = {}
        if type_code is not None and type_code != incident.type.code:
            old_category = incident.type.category
            fields["type"] = _type(center, type_code)
        if address is not None and address != incident.address:
            fields["address"] = address
        if narrative is not None and narrative != incident.narrative:
            fields["narrative"] = narrative
        if location is not None and location.tuple != incident.location.tuple:
            fields |= {"location": location, "zone": _zone(center, location)}
        if priority is not None and priority != old_priority:
            fields["priority"] = priority
        if not fields:
            return incident
        change(incident, **fields)
        if "priority" in fields:
            log.add("priority_changed", touch=[incident], incident=incident.pk, old=old_priority, new=priority)
        named = sorted(set(fields) - {"priority", "zone"})
        if named:
            log.add("incident_changed", touch=[incident], incident=incident.pk, fields=", ".join(named))
        if "type" in fields:
            if old_category == MEDICAL != fields["type"].category:
                incident.notes.update(is_medical=True)  # what was written while it was a medical case stays so
            # Another kind of case may need other agencies: those that have it already are not asked twice.
            log.owe("route_incident", f"route:incident:{incident.pk}:v{incident.version}", incident=incident.pk)
    return incident


def add_note(center: Center, by: User, incident_id: int, *, text: str, is_medical: bool = False) -> Note:
    """Words added to an incident, also after it was closed. `is_medical`: about somebody's health, also in a
    case that is not a medical one. Raises NotFound, Invalid."""
    if not text.strip():
        raise Invalid(field="text", why="kosong / empty")
    with timeline.action(center, by) as log:
        incident = lock(Incident, center, pk=incident_id)
        note = Note.objects.create(incident=incident, author=by, at=timezone.now(), text=text, is_medical=is_medical)
        change(incident)
        log.add("note_added", touch=[incident], incident=incident.pk, note=note.pk)
    return note


def link_duplicate(center: Center, by: User, incident_id: int, *, parent_id: int) -> Incident:
    """Says that this is the same case as an earlier one. Raises NotFound, IncidentClosed, Invalid."""
    with timeline.action(center, by) as log:
        first, second = sorted((incident_id, parent_id))
        locked = {pk: lock(Incident, center, pk=pk) for pk in (first, second)}
        incident, parent = locked[incident_id], locked[parent_id]
        if incident.status == Incident.Status.CLOSED:
            raise IncidentClosed(number=incident.number)
        while parent.parent is not None and parent.pk != incident.pk:
            parent = parent.parent
        if parent.pk == incident.pk:
            raise Invalid(field="parent", why="kejadian itu sendiri / the incident itself")
        change(incident, parent=parent)
        log.add("duplicate_linked", touch=[incident, parent], incident=incident.pk, parent=parent.number)
    return incident


def lock_open_incident(center: Center, incident_id: int) -> Incident:
    """The incident, locked; raises NotFound, IncidentClosed."""
    incident = lock(Incident, center, pk=incident_id)
    if incident.status == Incident.Status.CLOSED:
        raise IncidentClosed(number=incident.number)
    return incident


def _type(center: Center, code: str) -> IncidentType:
    found = _TYPES.rows(center.pk, [code])
    if not found:
        raise UnknownType(type=code)
    return IncidentType.from_db("default", list(found[0]), list(found[0].values()))


_TYPES = Prepared(
    lambda center_id, codes: IncidentType.objects.filter(center=center_id, code__any=codes, is_active=True).values(
        *(field.attname for field in IncidentType._meta.concrete_fields)
    ),
    CENTER,
    CODES,
)


def _zone(center: Center, point: Point) -> Zone | None:
    found = zone_at(center, point)
    if found is None:
        return None
    if found.distance_m > NEAR_ENOUGH_METRES:
        raise OutsideArea(nearest=found.zone.name, distance_km=round(found.distance_m / 1000, 1))
    return found.zone
