"""What of its center a user reaches: a crew steps its own units and reads its own agencies' incidents."""

from dispatch.models import Assignment, Referral, Unit
from incidents.access import NotAllowed
from incidents.actions.privacy import is_behind_broken_glass
from incidents.models import Call, User
from incidents.refusals import NotFound


def require_own_unit(user: User, call_sign: str) -> None:
    """Raises NotAllowed when a crew reaches for a unit that is not its own."""
    if user.role == User.Role.CREW and not Unit.objects.filter(call_sign=call_sign, crew=user).exists():
        raise NotAllowed


def require_own_assignment(user: User, assignment_id: int) -> None:
    """Raises NotAllowed when a crew reaches for another unit's assignment, NotFound when there is none."""
    if user.role == User.Role.CREW:
        found = (
            Assignment.objects.filter(center=user.center_id, pk=assignment_id).values_list("unit", flat=True).first()
        )
        if found is None:
            raise NotFound(what="Penugasan / assignment")
        if not Unit.objects.filter(pk=found, crew=user).exists():
            raise NotAllowed


def require_own_incident(user: User, incident_id: int) -> None:
    """Raises NotAllowed when a crew asks for an incident that its agencies have no part in."""
    if user.role != User.Role.CREW:
        return
    agencies = Unit.objects.filter(crew=user).values("agency")
    mine = Referral.objects.filter(center=user.center_id, incident=incident_id, agency__in=agencies)
    sent = Assignment.objects.filter(center=user.center_id, incident=incident_id, unit__agency__in=agencies)
    if not (mine.exists() or sent.exists() or is_behind_broken_glass(user, incident_id)):
        raise NotAllowed


def require_own_call(user: User, call_id: int) -> None:
    """Raises NotAllowed when a crew asks for a call that is not about an incident of its agencies."""
    if user.role != User.Role.CREW:
        return
    incident = Call.objects.filter(center=user.center_id, pk=call_id).values_list("incident", flat=True).first()
    if incident is None:
        raise NotAllowed
    require_own_incident(user, incident)
