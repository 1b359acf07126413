"""/healthz: the process answers. /readyz: all parts do; which does not is named."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from commandcenter.live.drain import drain
from commandcenter.parts import read_redis
from incidents import replica
from incidents.models import Job


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL, Redis and at least one worker are there and all migrations are applied, else 503;
    503 too from the moment this process is told to stop."""
    postgres, oldest = _postgres()
    is_redis_up, workers, sweepers = read_redis()
    is_ready = not drain.is_begun and postgres == "up" and is_redis_up and bool(workers)
    body: dict[str, Any] = {
        "status": "draining" if drain.is_begun else "ready" if is_ready else "not ready",
        "postgres": postgres,
        "redis": "up" if is_redis_up else "down",
        "workers": len(workers),
        "worker_names": workers,
        "sweeper_names": sweepers,
        "oldest_due_job_seconds": oldest,
    }
    if settings.REPLICA_URL:
        replica.watch.is_fit()
        body["replica_lag_seconds"] = replica.watch.lag_seconds
    return JsonResponse(body, status=200 if is_ready else 503)


_is_migrated = False


def _postgres() -> tuple[str, float | None]:
    global _is_migrated
    try:
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations missing", None
            _is_migrated = True
        now = timezone.now()
        due = Job.objects.filter(status=Job.Status.DUE, due_at__lte=now).order_by("due_at")
        oldest = due.values_list("due_at", flat=True).first()
        return "up", round((now - oldest).total_seconds(), 1) if oldest else 0.0
    except (DatabaseError, InterfaceError, OSError):
        return "down", None
