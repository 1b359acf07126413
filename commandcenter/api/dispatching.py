"""Endpoints of referrals, assignments, units, positions, alarms and jobs."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field

from commandcenter.api.accounts import center_of, user_of
from commandcenter.api.changes import Answer, allows, answer, changes, reads
from commandcenter.api.scope import require_assignment, require_unit
from commandcenter.api.shapes import (
    AlarmOut,
    AssignmentOut,
    MaybeReasonIn,
    PathId,
    PositionCountOut,
    PositionsIn,
    PositionsOut,
    ReasonIn,
    ReferralOut,
    StepIn,
    UnitOut,
)
from commandcenter.tracking.intake import take_now
from dispatch.actions import assign, refer, units
from dispatch.actions.positions import counts_of
from dispatch.rows import assignment_rows, referral_rows, unit_rows
from incidents.actions.alarms import acknowledge_alarm
from incidents.jobs import retry_job
from incidents.models import Job
from incidents.rows import Row, alarm_rows, iso

router = Router(tags=["dispatch"])
JOBS_MAX = 200


@router.post("/referrals/{referral_id}/accept", response=ReferralOut, summary="The agency takes the case")
@changes("refer")
def accept(request: HttpRequest, referral_id: PathId) -> Answer:
    center = center_of(request)
    refer.accept_referral(center, user_of(request), referral_id)
    return 200, referral_rows(center.pk, [referral_id])[0]


@router.post("/referrals/{referral_id}/decline", response=ReferralOut, summary="The agency declines, with a reason")
@changes("refer")
def decline(request: HttpRequest, referral_id: PathId, payload: ReasonIn) -> Answer:
    center = center_of(request)
    refer.decline_referral(center, user_of(request), referral_id, reason=payload.reason)
    return 200, referral_rows(center.pk, [referral_id])[0]


@router.post("/referrals/{referral_id}/close", response=ReferralOut, summary="The agency's part is done")
@changes("refer")
def close(request: HttpRequest, referral_id: PathId) -> Answer:
    center = center_of(request)
    refer.close_referral(center, user_of(request), referral_id)
    return 200, referral_rows(center.pk, [referral_id])[0]


@router.post("/assignments/{assignment_id}/status", response=AssignmentOut, summary="The unit's next step")
@changes("step_assignment")
def step(request: HttpRequest, assignment_id: PathId, payload: StepIn) -> Answer:
    center, user = center_of(request), user_of(request)
    require_assignment(user, "step_assignment", assignment_id)
    assign.step_assignment(center, user, assignment_id, status=payload.status, reason=payload.reason)
    return 200, assignment_rows(center.pk, [assignment_id])[0]


@router.post("/assignments/{assignment_id}/cancel", response=AssignmentOut, summary="Call a unit back")
@changes("assign")
def cancel(request: HttpRequest, assignment_id: PathId, payload: MaybeReasonIn | None = None) -> Answer:
    center = center_of(request)
    reason = payload.reason if payload else ""
    assign.cancel_assignment(center, user_of(request), assignment_id, reason=reason)
    return 200, assignment_rows(center.pk, [assignment_id])[0]


@router.post("/units/{call_sign}/out-of-service", response=UnitOut, summary="The unit cannot be sent")
@changes("serve_unit")
def out_of_service(request: HttpRequest, call_sign: str, payload: ReasonIn) -> Answer:
    require_unit(user_of(request), "serve_unit", call_sign)
    unit = units.put_out_of_service(center_of(request), user_of(request), call_sign, reason=payload.reason)
    return 200, unit_rows(unit.center_id, [unit.pk])[0]


@router.post("/units/{call_sign}/in-service", response=UnitOut, summary="The unit can be sent again")
@changes("serve_unit")
def in_service(request: HttpRequest, call_sign: str) -> Answer:
    require_unit(user_of(request), "serve_unit", call_sign)
    unit = units.put_into_service(center_of(request), user_of(request), call_sign)
    return 200, unit_rows(unit.center_id, [unit.pk])[0]


@router.post("/units/{call_sign}/off-duty", response=UnitOut, summary="The crew goes home")
@changes("serve_unit")
def off_duty(request: HttpRequest, call_sign: str) -> Answer:
    require_unit(user_of(request), "serve_unit", call_sign)
    unit = units.put_off_duty(center_of(request), user_of(request), call_sign)
    return 200, unit_rows(unit.center_id, [unit.pk])[0]


@router.post("/positions", response={202: PositionsOut}, summary="Positions from trackers, in batches")
@allows("report_position")
def positions(request: HttpRequest, payload: PositionsIn) -> HttpResponse:
    """With a bearer token the trackers' own way answers before Django does (`commandcenter/tracking/http.py`)."""
    return answer(202, take_now(center_of(request).pk, payload.positions))


@router.get("/positions/counts", response=list[PositionCountOut], summary="Points taken and refused, by day and reason")
@reads("see_tracking")
def position_counts(request: HttpRequest, days: Annotated[int, Field(ge=1, le=366)] = 7) -> list[Row]:
    return counts_of(center_of(request).pk, timezone.now().date() - timedelta(days=days - 1))


@router.post("/alarms/{alarm_id}/acknowledge", response=AlarmOut, summary="Somebody has seen it and acts")
@changes("acknowledge_alarm")
def acknowledge(request: HttpRequest, alarm_id: PathId) -> Answer:
    center = center_of(request)
    acknowledge_alarm(center, user_of(request), alarm_id)
    return 200, alarm_rows(center.pk, [alarm_id])[0]


def _job(job: Job) -> Row:
    return {
        "id": job.pk,
        "key": job.key,
        "kind": job.kind,
        "status": job.status,
        "attempts": job.attempts,
        "error": job.error,
        "due_at": iso(job.due_at),
        "done_at": iso(job.done_at),
    }


@router.get("/jobs", response=list[dict[str, Any]], summary="Owed work")
@reads("see_jobs")
def jobs(request: HttpRequest, status: Literal["due", "done", "parked"] = "parked") -> list[Row]:
    found = Job.objects.filter(center=center_of(request), status=status).order_by("-pk")[:JOBS_MAX]
    return [_job(job) for job in found]


@router.post("/jobs/{job_id}/retry", response=dict[str, Any], summary="Owe a parked job again")
@changes("retry_job")
def retry(request: HttpRequest, job_id: PathId) -> Answer:
    return 200, _job(retry_job(center_of(request), user_of(request), job_id))
