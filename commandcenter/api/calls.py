"""Endpoints of the hotline's calls."""

from django.http import HttpRequest
from ninja import Router

from commandcenter.api.accounts import center_of, user_of
from commandcenter.api.changes import Answer, changes, reads, reveals
from commandcenter.api.scope import require_call
from commandcenter.api.shapes import CallOut, NumberOut, OutcomeIn, PathId, RevealIn, RingIn
from incidents.actions import calls as actions
from incidents.actions import privacy
from incidents.models import Call
from incidents.refusals import NotFound
from incidents.rows import Row, call_rows

router = Router(tags=["calls"])


def _row(call: Call) -> Row:
    return call_rows(call.center_id, [call.pk])[0]


@router.post("", response={200: CallOut, 201: CallOut}, summary="The hotline rings")
@changes("ring_call")
def ring(request: HttpRequest, payload: RingIn) -> Answer:
    call, is_new = actions.ring_call(
        center_of(request),
        user_of(request),
        external_id=payload.external_id,
        line=payload.line,
        caller_number=payload.caller_number,
        rang_at=payload.rang_at,
    )
    return 201 if is_new else 200, _row(call)


@router.get("/{call_id}", response=CallOut, summary="One call")
@reads("see_calls")
def read(request: HttpRequest, call_id: PathId) -> Row:
    rows = call_rows(center_of(request).pk, [call_id])
    if not rows:
        raise NotFound(what="Panggilan / call")
    return rows[0]


@router.post("/{call_id}/answer", response=CallOut, summary="Answer a ringing call")
@changes("handle_call")
def answer(request: HttpRequest, call_id: PathId) -> Answer:
    return 200, _row(actions.answer_call(center_of(request), user_of(request), call_id))


@router.post("/{call_id}/hold", response=CallOut, summary="Hold an answered call")
@changes("handle_call")
def hold(request: HttpRequest, call_id: PathId) -> Answer:
    return 200, _row(actions.hold_call(center_of(request), user_of(request), call_id))


@router.post("/{call_id}/resume", response=CallOut, summary="Resume a held call")
@changes("handle_call")
def resume(request: HttpRequest, call_id: PathId) -> Answer:
    return 200, _row(actions.resume_call(center_of(request), user_of(request), call_id))


@router.post("/{call_id}/end", response=CallOut, summary="End a call")
@changes("end_call")
def end(request: HttpRequest, call_id: PathId) -> Answer:
    return 200, _row(actions.end_call(center_of(request), user_of(request), call_id))


@router.post("/{call_id}/outcome", response=CallOut, summary="Say what the call was")
@changes("handle_call")
def outcome(request: HttpRequest, call_id: PathId, payload: OutcomeIn) -> Answer:
    call = actions.give_outcome(
        center_of(request), user_of(request), call_id, outcome=payload.outcome, incident_id=payload.incident
    )
    return 200, _row(call)


@router.post("/{call_id}/reveal", response=NumberOut, summary="The caller's number, for a reason that is logged")
@reveals("reveal")
def reveal(request: HttpRequest, call_id: PathId, payload: RevealIn) -> Row:
    user = user_of(request)
    require_call(user, "reveal", call_id)
    number = privacy.reveal_number(center_of(request), user, call_id, reason=payload.reason)
    return {"call": call_id, "caller_number": number}
