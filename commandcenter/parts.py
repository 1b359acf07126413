"""What the parts of this installation say of themselves just now: Redis, workers, sweepers, owed work, the disk.
Only reading; what counts as trouble is decided in `troubles.py`."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from commandcenter.tasks import SWEEPER_KEY, WORKER_KEY
from incidents.disk import is_disk_low


@dataclass(frozen=True)
class Parts:
    """One look."""

    is_redis_up: bool
    workers: list[str]
    sweepers: list[str]
    """Names, with their hosts, of those that showed life just now; empty while Redis is away: nobody knows."""
    waits: dict[int, float] = field(default_factory=dict)
    """Seconds since the oldest unclaimed job of a center fell due, by center id; only those past the bound."""
    disk: str = ""
    """This host's name while its disk is nearly full."""


def read_parts(wait_seconds: float) -> Parts:
    """One look at everything; jobs count as waiting after `wait_seconds`. Raises DatabaseError."""
    is_up, workers, sweepers = read_redis()
    return Parts(is_up, workers, sweepers, _waits(wait_seconds), socket.gethostname() if is_disk_low() else "")


def read_redis() -> tuple[bool, list[str], list[str]]:
    """(whether it answers, workers, sweepers)."""
    seconds = settings.REDIS_TIMEOUT_SECONDS
    try:
        client: Any = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=seconds, socket_connect_timeout=seconds)
        with client:
            return True, _names(client, WORKER_KEY), _names(client, SWEEPER_KEY)
    except (redis.RedisError, OSError):
        return False, [], []


def _names(client: Any, prefix: str) -> list[str]:
    found = client.scan_iter(f"{prefix}*", count=1000)
    return sorted({key.decode(errors="replace").removeprefix(prefix) for key in found})


def _waits(seconds: float) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT center_id, extract(epoch FROM clock_timestamp() - min(due_at))::float8 FROM incidents_job
               WHERE status = 'due' AND due_at < clock_timestamp() - make_interval(secs => %s)
                 AND (lease_until IS NULL OR lease_until < clock_timestamp())
               GROUP BY center_id""",
            [seconds],
        )
        return dict(cursor.fetchall())
