"""/healthz: the process answers. /readyz: all parts do; which does not is named."""

from __future__ import annotations

from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from commandcenter.live.drain import drain
from commandcenter.tasks import WORKER_KEY
from incidents import replica
from incidents.models import Job


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL, Redis and at least one worker are there and all migrations are applied, else 503;
    503 too from the moment this process is told to stop."""
    postgres, oldest = _postgres()
    broker, workers = _redis()
    is_ready = not drain.is_begun and postgres == "up" and broker == "up" and workers > 0
    body: dict[str, Any] = {
        "status": "draining" if drain.is_begun else "ready" if is_ready else "not ready",
        "postgres": postgres,
        "redis": broker,
        "workers": workers,
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


def _redis() -> tuple[str, int]:
    seconds = settings.REDIS_TIMEOUT_SECONDS
    try:
        client: Any = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=seconds, socket_connect_timeout=seconds)
        with client:
            return "up", sum(1 for _ in client.scan_iter(f"{WORKER_KEY}*", count=1000))
    except (redis.RedisError, OSError):
        return "down", 0
