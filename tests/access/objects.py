"""Two cities with one object of every kind that an address can name, of the crew's own agency and of another; and for each
operation of the API what is asked with which object. Nothing here asserts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone

from dispatch.models import Agency, Station, Unit
from incidents.models import Alarm, IncidentType, Job, Zone
from tests.cast import MIDDLE, Cast

NOBODYS = 2**40
"""A number that no row has."""


@dataclass(frozen=True)
class Objects:
    """What an address or a body can name."""

    incident: Any
    parent: Any
    referral: Any
    accepted: Any
    assignment: Any
    ringing: Any
    answered: Any
    held: Any
    ended: Any
    attached: Any
    alarm: Any
    job: Any
    free_unit: str
    resting_unit: str
    agency: str


def nothing() -> Objects:
    """Of the same shape, and none of it exists."""
    return Objects(*[NOBODYS] * 12, "TIADA-1", "TIADA-2", "tiada")


def make_objects(city: Cast, sign: str, kind: str, agencies: tuple[str, str], words: str) -> Objects:
    """In this city, for the agency whose call signs begin so: units 01 (sent), 02 (free), 03 (out of service). The second of
    `agencies` is its own, and accepts; the first has not answered."""
    incident, parent = (city.open(kind, narrative=words)["id"] for _ in range(2))
    referral, accepted = (
        city.ok("POST", f"incidents/{incident}/referrals", {"agency": agency})["id"] for agency in agencies
    )
    city.ok("POST", f"referrals/{accepted}/accept")
    assignment = city.ok("POST", f"incidents/{incident}/assignments", {"unit": f"{sign}-01"})["id"]
    city.ok("POST", f"units/{sign}-03/out-of-service", {"reason": words})
    calls = {
        step: city.ring(f"{words}-{sign}-{step}")["id"] for step in ("ringing", "answered", "held", "ended", "attached")
    }
    for step in ("answered", "held", "ended", "attached"):
        city.ok("POST", f"calls/{calls[step]}/answer")
    city.ok("POST", f"calls/{calls['held']}/hold")
    city.ok("POST", f"calls/{calls['ended']}/end")
    city.ok("POST", f"calls/{calls['attached']}/end")
    city.ok("POST", f"calls/{calls['attached']}/outcome", {"outcome": "attached", "incident": incident})
    alarm = Alarm.objects.create(
        center=city.center, kind="no_plan", priority=1, data={}, key=f"{words}-{sign}", raised_at=timezone.now()
    )
    job = Job.objects.create(
        center=city.center, key=f"{words}-{sign}", kind="route_incident", status="parked", due_at=timezone.now()
    )
    return Objects(
        incident, parent, referral, accepted, assignment, *calls.values(), alarm.pk, job.pk,
        f"{sign}-02", f"{sign}-03", agencies[0],
    )  # fmt: skip


def mark(city: Cast, words: str) -> None:
    """Puts `words` into every name of the city, so that a row of it is known wherever it turns up."""
    for model in (Agency, IncidentType):
        model.objects.filter(center=city.center).update(name_id=words, name_en=words)
    for model in (Zone, Station):
        model.objects.filter(center=city.center).update(name=words)
    for rows, name in ((Unit.objects, "call_sign"), (Agency.objects, "code")):
        rows.filter(center=city.center).update(**{name: Concat(Value(f"{words}-"), F(name))})


Ask = Callable[[Objects], tuple[str, Any]]
"""(path below the API, body)."""

CELLS: dict[str, Ask] = {
    "GET calls/{call_id}": lambda of: (f"calls/{of.answered}", None),
    "POST calls/{call_id}/answer": lambda of: (f"calls/{of.ringing}/answer", {}),
    "POST calls/{call_id}/hold": lambda of: (f"calls/{of.answered}/hold", {}),
    "POST calls/{call_id}/resume": lambda of: (f"calls/{of.held}/resume", {}),
    "POST calls/{call_id}/end": lambda of: (f"calls/{of.answered}/end", {}),
    "POST calls/{call_id}/outcome": lambda of: (f"calls/{of.ended}/outcome", {"outcome": "prank"}),
    "POST calls/{call_id}/reveal": lambda of: (f"calls/{of.attached}/reveal", {"reason": "panggil kembali"}),
    "POST incidents/{incident_id}/reveal": lambda of: (
        f"incidents/{of.incident}/reveal",
        {"what": "caller_number", "reason": "panggil kembali"},
    ),
    "GET incidents/{incident_id}": lambda of: (f"incidents/{of.incident}", None),
    "PATCH incidents/{incident_id}": lambda of: (f"incidents/{of.incident}", {"address": "Jalan Contoh 1"}),
    "POST incidents/{incident_id}/notes": lambda of: (f"incidents/{of.incident}/notes", {"text": "catatan"}),
    "POST incidents/{incident_id}/duplicate": lambda of: (f"incidents/{of.incident}/duplicate", {"parent": of.parent}),
    "POST incidents/{incident_id}/close": lambda of: (f"incidents/{of.incident}/close", {"disposition": "selesai"}),
    "GET incidents/{incident_id}/recommendations": lambda of: (f"incidents/{of.incident}/recommendations", None),
    "POST incidents/{incident_id}/assignments": lambda of: (
        f"incidents/{of.incident}/assignments",
        {"unit": of.free_unit},
    ),
    "POST incidents/{incident_id}/referrals": lambda of: (f"incidents/{of.parent}/referrals", {"agency": of.agency}),
    "POST referrals/{referral_id}/accept": lambda of: (f"referrals/{of.referral}/accept", {}),
    "POST referrals/{referral_id}/decline": lambda of: (f"referrals/{of.referral}/decline", {"reason": "penuh"}),
    "POST referrals/{referral_id}/close": lambda of: (f"referrals/{of.accepted}/close", {}),
    "POST assignments/{assignment_id}/status": lambda of: (
        f"assignments/{of.assignment}/status",
        {"status": "en_route"},
    ),
    "POST assignments/{assignment_id}/cancel": lambda of: (f"assignments/{of.assignment}/cancel", {"reason": "salah"}),
    "POST units/{call_sign}/out-of-service": lambda of: (f"units/{of.free_unit}/out-of-service", {"reason": "ban"}),
    "POST units/{call_sign}/in-service": lambda of: (f"units/{of.resting_unit}/in-service", {}),
    "POST units/{call_sign}/off-duty": lambda of: (f"units/{of.free_unit}/off-duty", {}),
    "POST alarms/{alarm_id}/acknowledge": lambda of: (f"alarms/{of.alarm}/acknowledge", {}),
    "POST jobs/{job_id}/retry": lambda of: (f"jobs/{of.job}/retry", {}),
}
"""Operations whose address names an object."""


def _ring() -> dict[str, Any]:
    return {"external_id": "baru", "line": "1", "caller_number": None, "rang_at": timezone.now().isoformat()}


PLAIN: dict[str, Callable[[], tuple[str, Any]]] = {
    "GET board": lambda: ("board", None),
    "GET me": lambda: ("me", None),
    "GET incident-types": lambda: ("incident-types", None),
    "GET agencies": lambda: ("agencies", None),
    "GET zones": lambda: ("zones", None),
    "GET stations": lambda: ("stations", None),
    "GET places": lambda: ("places?q=as", None),
    "GET incidents": lambda: ("incidents", None),
    "GET positions/counts": lambda: ("positions/counts", None),
    "GET jobs": lambda: ("jobs", None),
    "POST calls": lambda: ("calls", _ring()),
    "POST incidents": lambda: ("incidents", {"type": "burglary", "location": MIDDLE}),
    "POST positions": lambda: ("positions", {"positions": []}),
}
"""Operations that name none: they answer with the own center's, whatever else there is."""

BODIES: dict[str, Callable[[Objects, Objects], tuple[str, Any]]] = {
    "POST calls/{call_id}/outcome": lambda own, theirs: (
        f"calls/{own.ended}/outcome",
        {"outcome": "attached", "incident": theirs.incident},
    ),
    "POST incidents": lambda own, theirs: (
        "incidents",
        {"type": "burglary", "location": MIDDLE, "call": theirs.answered},
    ),
    "POST incidents/{incident_id}/duplicate": lambda own, theirs: (
        f"incidents/{own.incident}/duplicate",
        {"parent": theirs.parent},
    ),
    "POST incidents/{incident_id}/assignments": lambda own, theirs: (
        f"incidents/{own.incident}/assignments",
        {"unit": theirs.free_unit},
    ),
    "POST incidents/{incident_id}/referrals": lambda own, theirs: (
        f"incidents/{own.parent}/referrals",
        {"agency": theirs.agency},
    ),
}
"""Operations whose body names an object: an own address with somebody else's object in it."""
