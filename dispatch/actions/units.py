"""A unit's verbs outside an assignment: out of service, off duty, into service."""

from __future__ import annotations

from dispatch.actions.assign import UnitAlreadyAssigned
from dispatch.models import Assignment, Unit
from dispatch.rows import ASSIGNMENTS_ON_BOARD
from incidents import timeline
from incidents.actions.steps import lock, move
from incidents.models import Center, User
from incidents.refusals import Refusal
from incidents.rows import iso

Status = Unit.Status
KINDS = {
    Status.OUT_OF_SERVICE: "unit_put_out_of_service",
    Status.OFF_DUTY: "unit_put_off_duty",
    Status.AVAILABLE: "unit_put_into_service",
}


class UnitInThatState(Refusal):
    code = "unit_in_that_state"
    words = {"id": "{unit} sudah {status}.", "en": "{unit} is {status} already."}


def put_out_of_service(center: Center, by: User, call_sign: str, *, reason: str) -> Unit:
    """The unit cannot be sent. Raises NotFound, UnitAlreadyAssigned, UnitInThatState."""
    return _put(center, by, call_sign, Status.OUT_OF_SERVICE, reason)


def put_off_duty(center: Center, by: User, call_sign: str) -> Unit:
    """The crew goes home. Raises NotFound, UnitAlreadyAssigned, UnitInThatState."""
    return _put(center, by, call_sign, Status.OFF_DUTY, "")


def put_into_service(center: Center, by: User, call_sign: str) -> Unit:
    """The unit can be sent again. Raises NotFound, UnitAlreadyAssigned, UnitInThatState."""
    return _put(center, by, call_sign, Status.AVAILABLE, "")


def _put(center: Center, by: User, call_sign: str, status: Status, reason: str) -> Unit:
    with timeline.action(center, by) as log:
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
        if unit.status == status:
            raise UnitInThatState(unit=unit.call_sign, status=status)
        move(unit, status)
        log.add(KINDS[status], touch=[unit], unit=unit.call_sign, reason=reason or "–")
    return unit
