"""Owed work: claiming a job with a lease, doing it exactly once, trying again, parking it. What a kind of job does is
registered by its app; nothing here knows any kind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from incidents import logs, metrics, timeline
from incidents.actions.alarms import clear_alarms, raise_alarm
from incidents.models import Center, Job, User
from incidents.models.center import CENTER_FIELDS
from incidents.refusals import NotFound, Refusal

logger = logs.get(__name__)

LEASE_SECONDS = 2.0
RETRY_SECONDS = (0.5, 1, 2, 5)
HAND_OUT_MAX = 200
Handler = Callable[[Center, dict[str, Any]], None]
HANDLERS: dict[str, Handler] = {}


class JobNotParked(Refusal):
    code = "job_not_parked"
    words = {"id": "Pekerjaan {key} tidak terhenti.", "en": "Job {key} is not parked."}


def run_job(job_id: int, worker: str) -> str:
    """Does a job that is due and claimed by nobody. Returns `done`, `not_due`, `retry` or `parked`.
    The claim (attempt and lease) is committed first; the work and its mark are one transaction under the row's lock, so a
    job that was handed out twice, or whose worker hung, is done once."""
    job = _claim(job_id, worker)
    if job is None:
        return "not_due"
    begun = time.perf_counter()
    origin = {name: job.data.get(name) for name in ("request", "case")}
    with logs.about(job=job_id, worker=worker, attempt=job.attempts, **origin):
        result = _do(job)
        seconds = time.perf_counter() - begun
        metrics.JOB_SECONDS.labels(job.kind, result).observe(seconds)
        logger.info("job", kind=job.kind, result=result, seconds=round(seconds, 4), incident=job.data.get("incident"))
    return result


def _do(job: Job) -> str:
    """A claimed job."""
    try:
        with timeline.action(job.center, None):
            held = Job.objects.select_for_update(no_key=True).filter(
                pk=job.pk, status=Job.Status.DUE, attempts=job.attempts
            )
            if not held.exists():
                return "not_due"
            HANDLERS[job.kind](job.center, job.data)
            Job.objects.filter(pk=job.pk).update(
                status=Job.Status.DONE, done_at=timezone.now(), lease_until=None, error=""
            )
        return "done"
    except Exception as error:  # whatever it is, the job stays owed
        logger.error("job failed", kind=job.kind, exc_info=error)
        return _failed(job, job.attempts, f"{type(error).__name__}: {error}"[:2000])


def _claim(job_id: int, worker: str) -> Job | None:
    """The job with its center, as claimed; None when it is not due, done, or somebody else's."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [worker[:80], LEASE_SECONDS, job_id])
        row = cursor.fetchone()
    if row is None:
        return None
    fields = dict(zip(_JOB_FIELDS, row, strict=False))
    fields["data"] = json.loads(fields["data"])
    job = Job.from_db(connection.alias, _JOB_FIELDS, list(fields.values()))
    job.center = Center.from_db(connection.alias, CENTER_FIELDS, row[len(_JOB_FIELDS) :])
    return job


_JOB_FIELDS = ["id", "center_id", "key", "kind", "queue", "data", "status", "attempts", "error"]
"""In the order of the model, as `from_db` takes them."""
_CLAIM = f"""
    UPDATE incidents_job job SET attempts = attempts + 1, worker = %s,
        lease_until = clock_timestamp() + make_interval(secs => %s)
    FROM incidents_center center
    WHERE center.id = job.center_id
        AND job.id = (SELECT id FROM incidents_job WHERE id = %s AND status = 'due' AND due_at <= clock_timestamp()
                      AND (lease_until IS NULL OR lease_until < clock_timestamp()) FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING {", ".join(f"job.{name}" for name in _JOB_FIELDS)},
        {", ".join(f"center.{name}" for name in CENTER_FIELDS)}
"""


def _failed(job: Job, attempt: int, error: str) -> str:
    """Due again after a pause, or parked with an alarm after the last attempt."""
    mine = Job.objects.filter(pk=job.pk, status=Job.Status.DUE, attempts=attempt)
    if attempt < Job.ATTEMPTS_MAX:
        pause = timedelta(seconds=RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1])
        mine.update(due_at=timezone.now() + pause, lease_until=None, error=error)
        return "retry"
    park(job, attempt, error)
    return "parked"


def park(job: Job, attempts: int, error: str) -> None:
    """Nobody tries it any more until a supervisor says so."""
    with timeline.action(job.center, None) as log:
        parked = Job.objects.filter(pk=job.pk, status=Job.Status.DUE).update(
            status=Job.Status.PARKED, lease_until=None, error=error
        )
        if parked:
            log.add("job_parked", touch=[], incident=job.data.get("incident"), key=job.key, attempts=attempts)
            raise_alarm(
                job.center,
                None,
                key=f"job:{job.key}",
                kind="job_parked_alarm",
                priority=1,
                incident=job.data.get("incident"),
                attempts=attempts,
                job=job.key,
            )


def retry_job(center: Center, by: User, job_id: int) -> Job:
    """A parked job is owed again, with all its attempts. Raises NotFound, JobNotParked."""
    with timeline.action(center, by) as log:
        job = Job.objects.select_for_update(no_key=True).filter(center=center, pk=job_id).first()
        if job is None:
            raise NotFound(what="Pekerjaan / job")
        if job.status != Job.Status.PARKED:
            raise JobNotParked(key=job.key)
        job.status, job.attempts, job.due_at, job.error = Job.Status.DUE, 0, timezone.now(), ""
        job.save(update_fields=["status", "attempts", "due_at", "error"])
        log.add("job_retried", touch=[], incident=job.data.get("incident"), key=job.key)
        clear_alarms(center, by, key=f"job:{job.key}")
    return job


def jobs_to_hand_out() -> list[tuple[int, str]]:
    """(id, queue) of what is due, unclaimed or with a lease that ran out, and was not handed out just now. Marks them as
    handed out. A job whose worker died on its last attempt is parked here."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE incidents_job SET handed_at = clock_timestamp() WHERE id IN (
                   SELECT id FROM incidents_job WHERE status = 'due' AND due_at <= clock_timestamp()
                   AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND attempts < %s
                   AND handed_at < clock_timestamp() - interval '1 second'
                   ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
               RETURNING id, queue""",
            [Job.ATTEMPTS_MAX, HAND_OUT_MAX],
        )
        handed: list[tuple[int, str]] = cursor.fetchall()
    with transaction.atomic():
        dead = Job.objects.select_for_update(skip_locked=True).filter(
            status=Job.Status.DUE, attempts__gte=Job.ATTEMPTS_MAX, lease_until__lt=timezone.now()
        )
        stuck = list(dead.order_by("pk")[:HAND_OUT_MAX])
    for job in stuck:
        park(job, job.attempts, job.error or "the worker died")
    return handed
