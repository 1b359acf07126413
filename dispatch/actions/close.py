"""Closing an incident: its units are cleared and its referrals closed in the same transaction."""

from __future__ import annotations

from django.utils import timezone

from dispatch.actions.assign import Status, step
from dispatch.models import Assignment, Referral, Unit
from dispatch.rows import ASSIGNMENTS_ON_BOARD, REFERRALS_ON_BOARD
from incidents import timeline
from incidents.actions.alarms import clear_alarms
from incidents.actions.incidents import lock_open_incident
from incidents.actions.steps import move
from incidents.models import Center, Incident, User


def close_incident(center: Center, by: User | None, incident_id: int, *, disposition: str) -> Incident:
    """The case is done. Raises NotFound, IncidentClosed."""
    with timeline.action(center, by) as log:
        incident = lock_open_incident(center, incident_id)
        open_here = Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, incident=incident)
        units = {
            unit.pk: unit
            for unit in Unit.objects.select_for_update(no_key=True)
            .filter(pk__in=list(open_here.values_list("unit", flat=True)))
            .order_by("pk")
        }
        for assignment in open_here.select_for_update(no_key=True).order_by("pk"):
            step(incident, units[assignment.unit_id], assignment, status=Status.CLEARED, by=by)
        referrals = Referral.objects.select_for_update(no_key=True, of=("self",)).select_related("agency")
        for referral in referrals.filter(REFERRALS_ON_BOARD, incident=incident).order_by("pk"):
            move(referral, Referral.Status.CLOSED, closed_at=timezone.now())
            log.add("referral_closed", touch=[referral], incident=incident.pk, agency=referral.agency.code)
        clear_alarms(center, by, incident=incident.pk)
        move(incident, Incident.Status.CLOSED, closed_at=timezone.now(), disposition=disposition)
        log.add("incident_closed", touch=[incident], incident=incident.pk, disposition=disposition)
    return incident
