"""A call's verbs: ring, answer, hold, resume, end, outcome. The caller's number never enters the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from incidents import logs, metrics, timeline
from incidents.actions.steps import change, lock, move
from incidents.models import Call, Center, Incident, User
from incidents.refusals import Invalid, NotFound, Refusal

Status, Outcome = Call.Status, Call.Outcome
WITH_INCIDENT = (Outcome.INCIDENT, Outcome.ATTACHED)


class CallStillRinging(Refusal):
    code = "call_still_ringing"
    words = {
        "id": "Panggilan masih berdering; jawab dulu.",
        "en": "The call is still ringing; answer it first.",
    }


class CallAlreadyAnswered(Refusal):
    code = "call_already_answered"
    words = {"id": "Panggilan sudah dijawab {by}.", "en": "The call was answered by {by}."}


def ring_call(
    center: Center, by: User | None, *, external_id: str, line: str, caller_number: str | None, rang_at: datetime
) -> tuple[Call, bool]:
    """The hotline rings. The same external_id again is the same call: (call, False)."""
    with timeline.action(center, by) as log:
        call, is_new = Call.objects.get_or_create(
            center=center,
            external_id=external_id,
            defaults={
                "line": line,
                "caller_number": caller_number or None,
                "rang_at": rang_at,
                "trace": logs.request_id(),
            },
        )
        logs.follow(call.trace)
        if is_new:
            log.add("call_rang", touch=[call], call=call.pk, line=line)
    return call, is_new


def answer_call(center: Center, by: User, call_id: int) -> Call:
    """The operator takes the call. Raises CallAlreadyAnswered (by whom), StepOffGraph when it has ended."""
    return _step(center, by, call_id, "call_answered", Status.ANSWERED, only_from=Status.RINGING, answered_by=by)


def hold_call(center: Center, by: User, call_id: int) -> Call:
    """The caller waits on the line. Raises StepOffGraph."""
    return _step(center, by, call_id, "call_held", Status.HELD)


def resume_call(center: Center, by: User, call_id: int) -> Call:
    """The operator takes up a held call again. Raises StepOffGraph."""
    return _step(center, by, call_id, "call_resumed", Status.ANSWERED, only_from=Status.HELD)


def end_call(center: Center, by: User | None, call_id: int) -> Call:
    """The line is free. A call that was never answered was abandoned. Raises StepOffGraph."""
    return _step(center, by, call_id, "call_ended", Status.ENDED)


def _step(
    center: Center,
    by: User | None,
    call_id: int,
    kind: str,
    status: str,
    *,
    only_from: str | None = None,
    **fields: Any,
) -> Call:
    with timeline.action(center, by) as log:
        call = lock(Call, center, pk=call_id)
        if only_from == Status.RINGING and call.status in (Status.ANSWERED, Status.HELD):
            raise CallAlreadyAnswered(by=call.answered_by.name if call.answered_by else "–")
        if only_from is not None and call.status != only_from:
            move(call, call.status)  # raises: no status leads to itself
        clock = {Status.ANSWERED: "answered_at", Status.HELD: "held_at", Status.ENDED: "ended_at"}[Status(status)]
        if kind != "call_resumed":
            fields[clock] = timezone.now()
        move(call, status, **fields)
        if kind == "call_answered":
            metrics.observe_since(metrics.ANSWER_SECONDS, center.code, call.rang_at)
        log.add(kind, touch=[call], incident=call.incident_id, call=call.pk)
    return call


def give_outcome(center: Center, by: User, call_id: int, *, outcome: str, incident_id: int | None = None) -> Call:
    """Says what the call was. `incident` and `attached` need an incident. Raises CallStillRinging, NotFound, Invalid."""
    if outcome not in Outcome.values:
        raise Invalid(field="outcome", why=", ".join(Outcome.values))
    with timeline.action(center, by) as log:
        call = lock(Call, center, pk=call_id)
        if call.status == Status.RINGING:
            if outcome != Outcome.ABANDONED:
                raise CallStillRinging
            move(call, Status.ENDED, ended_at=timezone.now())
        incident = None
        if outcome in WITH_INCIDENT:
            chosen = incident_id if incident_id is not None else call.incident_id
            if chosen is None:
                raise Invalid(field="incident", why="wajib / required")
            incident = Incident.objects.filter(center=center, pk=chosen).first()
            if incident is None:
                raise NotFound(what="Kejadian / incident")
        change(call, outcome=outcome, incident=incident)
        touch: list[Any] = [call, incident] if incident else [call]
        log.add("call_given_outcome", touch=touch, incident=call.incident_id, call=call.pk, outcome=outcome)
        if incident is not None and outcome == Outcome.ATTACHED:
            log.add("call_attached", touch=[incident], incident=incident.pk, call=call.pk)
    return call
