"""A referral's verbs: refer, accept, decline, close."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dispatch.models import Agency, Referral
from incidents import timeline
from incidents.actions.alarms import clear_alarms, raise_alarm
from incidents.actions.incidents import lock_open_incident
from incidents.actions.steps import change, lock, move
from incidents.models import Center, Incident, User
from incidents.refusals import NotFound, Refusal

Status = Referral.Status
BY_HAND = {"id": "dirujuk operator", "en": "referred by the operator"}


class AlreadyReferred(Refusal):
    code = "already_referred"
    words = {
        "id": "{agency} sudah memegang kejadian ini.",
        "en": "{agency} has this incident already.",
    }


def refer_incident(
    center: Center, by: User | None, incident_id: int, *, agency_code: str, reason: dict[str, str] | None = None
) -> Referral:
    """Asks an agency to act. Raises NotFound, IncidentClosed, AlreadyReferred."""
    with timeline.action(center, by):
        incident = lock_open_incident(center, incident_id)
        agency = Agency.objects.filter(center=center, code=agency_code, is_active=True).first()
        if agency is None:
            raise NotFound(what=f"Instansi / agency {agency_code}")
        if open_referral(incident, agency) is not None:
            raise AlreadyReferred(agency=agency.name_id)
        return add_referral(incident, agency, by=by, reason=reason or BY_HAND)


def open_referral(incident: Incident, agency: Agency) -> Referral | None:
    return (
        Referral.objects.select_for_update(no_key=True)
        .filter(incident=incident, agency=agency, status__in=[Status.ROUTED, Status.ACCEPTED])
        .first()
    )


def add_referral(
    incident: Incident, agency: Agency, *, by: User | None, reason: dict[str, str], **fields: Any
) -> Referral:
    """Part of other verbs: the incident is locked and open, and the agency has no open referral of it."""
    with timeline.action(incident.center, by) as log:
        referral = Referral.objects.create(
            center=incident.center,
            incident=incident,
            agency=agency,
            routed_at=timezone.now(),
            reason=reason,
            **fields,
        )
        log.add("referral_routed", touch=[referral], incident=incident.pk, agency=agency.code, reason=reason)
    return referral


def accept_referral(center: Center, by: User, referral_id: int) -> Referral:
    """The agency takes the case; from now on it is active. Raises NotFound, StepOffGraph."""
    with timeline.action(center, by):
        incident, referral = _locked(center, referral_id)
        accept(incident, referral, by=by)
    return referral


def accept(incident: Incident, referral: Referral, *, by: User | None, is_new: bool = False, **dispatched: Any) -> None:
    """Part of other verbs: incident and referral are locked. A referral made just now can have no alarm to clear.
    `dispatched`: what its first unit sets on the incident with it."""
    with timeline.action(incident.center, by) as log:
        move(referral, Status.ACCEPTED, accepted_at=timezone.now())
        activate(incident, **dispatched)
        log.add("referral_accepted", touch=[referral, incident], incident=incident.pk, agency=referral.agency.code)
        if not is_new:
            clear_alarms(incident.center, by, key=f"acceptance:{referral.pk}")


def activate(incident: Incident, **fields: Any) -> None:
    """A pending incident becomes active, and `fields` are set with it; the caller logs it and has it locked."""
    if incident.status == Incident.Status.PENDING:
        move(incident, Incident.Status.ACTIVE, activated_at=timezone.now(), **fields)
    elif fields:
        change(incident, **fields)


def decline_referral(center: Center, by: User, referral_id: int, *, reason: str) -> Referral:
    """The agency will not act: the supervisor is alarmed. Raises NotFound, StepOffGraph."""
    with timeline.action(center, by) as log:
        incident, referral = _locked(center, referral_id)
        move(referral, Status.DECLINED, declined_at=timezone.now(), decline_reason=reason)
        change(incident)
        code = referral.agency.code
        log.add("referral_declined", touch=[referral, incident], incident=incident.pk, agency=code, reason=reason)
        clear_alarms(center, by, key=f"acceptance:{referral.pk}")
        raise_alarm(
            center,
            by,
            key=f"declined:{referral.pk}",
            kind="referral_declined_alarm",
            incident=incident.pk,
            agency=code,
            number=incident.number,
            reason=reason,
        )
    return referral


def close_referral(center: Center, by: User, referral_id: int) -> Referral:
    """The agency's part is done. Raises NotFound, StepOffGraph."""
    with timeline.action(center, by) as log:
        incident, referral = _locked(center, referral_id)
        move(referral, Status.CLOSED, closed_at=timezone.now())
        log.add("referral_closed", touch=[referral], incident=incident.pk, agency=referral.agency.code)
        clear_alarms(center, by, key=f"acceptance:{referral.pk}")
    return referral


def _locked(center: Center, referral_id: int) -> tuple[Incident, Referral]:
    """Incident first, then the referral: every verb locks in this order."""
    incident_id = Referral.objects.filter(center=center, pk=referral_id).values_list("incident", flat=True).first()
    if incident_id is None:
        raise NotFound(what="Rujukan / referral")
    incident = lock(Incident, center, pk=incident_id)
    return incident, lock(Referral, center, pk=referral_id)
