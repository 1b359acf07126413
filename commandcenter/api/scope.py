"""Which objects of its center a user reaches, as the row of `incidents/access.py` says. Who is refused is refused alike whether
the object exists or not: a number that answers differently would tell that somebody else has it."""

from django.db.models import Exists, OuterRef, QuerySet

from dispatch.models import Agency, Assignment, Referral, Unit
from incidents.access import NotAllowed, Reach, reach_of
from incidents.actions.privacy import is_behind_broken_glass
from incidents.models import Call, User

BEHIND_GLASS = ("see_incident", "reveal")
"""What broken glass opens: looking, never acting."""


def own_units(user: User) -> QuerySet[Unit]:
    """Whose crew the user is, in the center where the user is now."""
    return Unit.objects.filter(center=user.center_id, crew=user)


def require_unit(user: User, what: str, call_sign: str) -> None:
    """Raises NotAllowed when the row reaches the own units alone and this is none of them."""
    if reach_of(user, what) is Reach.UNIT and not own_units(user).filter(call_sign=call_sign).exists():
        raise NotAllowed


def require_assignment(user: User, what: str, assignment_id: int) -> None:
    """Raises NotAllowed when the row reaches the own units alone and the assignment is not theirs."""
    if reach_of(user, what) is not Reach.UNIT:
        return
    mine = Assignment.objects.filter(center=user.center_id, pk=assignment_id, unit__in=own_units(user))
    if not mine.exists():
        raise NotAllowed


def parts_in_incident(user: User) -> list[Exists]:
    """What narrows incidents, by the outer `pk`, to those that the agencies of the user's units have a part in."""
    agencies = list(Agency.objects.filter(units__in=own_units(user)).values_list("pk", flat=True).distinct())
    referred = Referral.objects.filter(incident=OuterRef("pk"), agency__in=agencies)
    sent = Assignment.objects.filter(incident=OuterRef("pk"), unit__agency__in=agencies)
    return [Exists(referred) | Exists(sent)]  # type: ignore[list-item]


def require_incident(user: User, what: str, incident_id: int) -> None:
    """Raises NotAllowed when the row reaches the own agencies' part alone and they have none in the incident."""
    if reach_of(user, what) is not Reach.AGENCY:
        return
    agencies = own_units(user).values("agency")
    mine = Referral.objects.filter(center=user.center_id, incident=incident_id, agency__in=agencies)
    sent = Assignment.objects.filter(center=user.center_id, incident=incident_id, unit__agency__in=agencies)
    if not (mine.exists() or sent.exists() or (what in BEHIND_GLASS and is_behind_broken_glass(user, incident_id))):
        raise NotAllowed


def require_call(user: User, what: str, call_id: int) -> None:
    """Raises NotAllowed when the row reaches the own agencies' part alone and the call is about no incident of theirs."""
    if reach_of(user, what) is not Reach.AGENCY:
        return
    incident = Call.objects.filter(center=user.center_id, pk=call_id).values_list("incident", flat=True).first()
    if incident is None:
        raise NotAllowed
    require_incident(user, what, incident)
