"""An assignment's verbs: assign, each step to clear, cancel. Incident, then unit, then assignment are locked, always in
this order. That a unit has one open assignment is the database's rule; here the loser learns who has it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dispatch.actions.refer import BY_HAND, accept, activate, add_referral, open_referral
from dispatch.models import Assignment, Referral, Unit
from dispatch.rows import ASSIGNMENTS_ON_BOARD
from incidents import metrics, timeline
from incidents.actions.incidents import lock_open_incident
from incidents.actions.steps import change, lock, move
from incidents.models import Center, Incident, User
from incidents.refusals import Invalid, NotFound, Refusal
from incidents.rows import iso

Status = Assignment.Status
UNIT_STATUS = {
    Status.DISPATCHED: Unit.Status.DISPATCHED,
    Status.ACKNOWLEDGED: Unit.Status.DISPATCHED,
    Status.EN_ROUTE: Unit.Status.EN_ROUTE,
    Status.ON_SCENE: Unit.Status.ON_SCENE,
    Status.TRANSPORTING: Unit.Status.TRANSPORTING,
    Status.AT_HOSPITAL: Unit.Status.AT_HOSPITAL,
    Status.CLEARED: Unit.Status.AVAILABLE,
    Status.CANCELED: Unit.Status.AVAILABLE,
}


class UnitAlreadyAssigned(Refusal):
    code = "unit_already_assigned"
    words = {
        "id": "{unit} sedang menangani {incident_number} sejak {since}, dikirim oleh {by}.",
        "en": "{unit} has been on {incident_number} since {since}, sent by {by}.",
    }


class UnitNotAvailable(Refusal):
    code = "unit_not_available"
    words = {"id": "{unit} tidak siap ({status}).", "en": "{unit} is not available ({status})."}


def assign_unit(
    center: Center,
    by: User | None,
    incident_id: int,
    *,
    call_sign: str,
    travel_seconds: int | None = None,
    reason: dict[str, str] | None = None,
) -> Assignment:
    """Sends a unit. Its agency is referred and has accepted by that. Raises NotFound, IncidentClosed,
    UnitAlreadyAssigned (which incident, since when, by whom), UnitNotAvailable."""
    with timeline.action(center, by):
        incident = lock_open_incident(center, incident_id)
        unit = lock(Unit, center, call_sign=call_sign)
        held = (
            Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, unit=unit).select_related("incident", "assigned_by").first()
        )
        if held is not None:
            raise UnitAlreadyAssigned(
                unit=unit.call_sign,
                incident=held.incident_id,
                incident_number=held.incident.number,
                since=iso(held.dispatched_at),
                by=held.assigned_by.name if held.assigned_by else "Siaga",
            )
        if not unit.is_active or unit.status != Unit.Status.AVAILABLE:
            raise UnitNotAvailable(unit=unit.call_sign, status=unit.status if unit.is_active else "inactive")
        reason = reason or BY_HAND
        referral = open_referral(incident, unit.agency)
        is_new = referral is None
        if referral is None:
            referral = add_referral(incident, unit.agency, by=by, reason=reason)
        return send(
            incident, unit, referral, by=by, travel_seconds=travel_seconds, reason=reason, is_referral_new=is_new
        )


def send(
    incident: Incident,
    unit: Unit,
    referral: Referral,
    *,
    by: User | None,
    travel_seconds: int | None,
    reason: dict[str, str],
    is_referral_new: bool = False,
) -> Assignment:
    """Part of other verbs: all three rows are locked, the unit is available, the referral is open and its agency's."""
    with timeline.action(incident.center, by) as log:
        now = timezone.now()
        first = {"first_dispatched_at": now} if incident.first_dispatched_at is None else {}
        if referral.status == Referral.Status.ROUTED:
            metrics.observe_since(metrics.DISPATCHED_SECONDS, incident.center.code, referral.routed_at)
            accept(incident, referral, by=by, is_new=is_referral_new, **first)
        else:
            activate(incident, **first)
        assignment = Assignment.objects.create(
            center=incident.center,
            incident=incident,
            unit=unit,
            referral=referral,
            assigned_by=by,
            dispatched_at=now,
            travel_seconds=travel_seconds,
            reason=reason,
        )
        move(unit, Unit.Status.DISPATCHED)
        log.add(
            "unit_dispatched",
            touch=[assignment, unit, incident, referral],
            incident=incident.pk,
            unit=unit.call_sign,
            assignment=assignment.pk,
            reason=reason,
        )
    return assignment


def step_assignment(
    center: Center, by: User | None, assignment_id: int, *, status: str, reason: str = ""
) -> Assignment:
    """The unit's next step: acknowledged, en_route, on_scene, transporting, at_hospital, cleared; or canceled.
    Raises NotFound, Invalid, StepOffGraph."""
    if status not in Status.values:
        raise Invalid(field="status", why=", ".join(Status.values))
    with timeline.action(center, by):
        incident, unit, assignment = _locked(center, assignment_id)
        step(incident, unit, assignment, status=status, by=by, reason=reason)
    return assignment


def cancel_assignment(center: Center, by: User | None, assignment_id: int, *, reason: str = "") -> Assignment:
    """Calls the unit back before it is on scene. Raises NotFound, StepOffGraph."""
    return step_assignment(center, by, assignment_id, status=Status.CANCELED, reason=reason)


def step(
    incident: Incident, unit: Unit, assignment: Assignment, *, status: str, by: User | None, reason: str = ""
) -> None:
    """Part of other verbs: all three rows are locked."""
    with timeline.action(incident.center, by) as log:
        now = timezone.now()
        move(assignment, status, **{f"{status}_at": now})
        touch: list[Any] = [assignment, unit]
        unit_status = UNIT_STATUS[Status(status)]
        if unit.status != unit_status:
            move(unit, unit_status)
        if status == Status.ON_SCENE and incident.first_on_scene_at is None:
            change(incident, first_on_scene_at=now)
            touch.append(incident)
        log.add(
            f"unit_{status}",
            touch=touch,
            incident=incident.pk,
            unit=unit.call_sign,
            assignment=assignment.pk,
            reason=reason or "–",
        )


def _locked(center: Center, assignment_id: int) -> tuple[Incident, Unit, Assignment]:
    found = Assignment.objects.filter(center=center, pk=assignment_id).values_list("incident", "unit").first()
    if found is None:
        raise NotFound(what="Penugasan / assignment")
    incident_id, unit_id = found
    return (
        lock(Incident, center, pk=incident_id),
        lock(Unit, center, pk=unit_id),
        lock(Assignment, center, pk=assignment_id),
    )
