"""What is read when somebody scrapes: the room's state from the database in one statement, who lives from Redis, the pool.
Kept for a few seconds, so that many scrapes cost as much as one."""

from __future__ import annotations

import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, connection, connections
from prometheus_client import REGISTRY, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from commandcenter.live.hub import READ_AGES
from commandcenter.tasks import SWEEPER_KEY, WORKER_KEY
from incidents import replica
from incidents.hints import client

FRESH_SECONDS = 3.0
NOTHING = float("nan")

# Each line: what, center or none, which, value. All of them read partial indexes of what is open.
STATE = """
SELECT 'jobs_due', '', '', count(*)::float8 FROM incidents_job WHERE status = 'due' AND due_at <= clock_timestamp()
UNION ALL SELECT 'oldest_due_job_seconds', '', '',
    coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8
    FROM incidents_job WHERE status = 'due' AND due_at <= clock_timestamp()
UNION ALL SELECT 'jobs_parked', c.code, '', (SELECT count(*) FROM incidents_job j
    WHERE j.center_id = c.id AND j.status = 'parked')::float8 FROM incidents_center c
UNION ALL SELECT 'calls_ringing', c.code, '', count(k.id)::float8 FROM incidents_center c
    LEFT JOIN incidents_call k ON k.center_id = c.id AND k.status = 'ringing' GROUP BY c.code
UNION ALL SELECT 'oldest_ringing_seconds', c.code, '',
    greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(k.rang_at)), 0))::float8 FROM incidents_center c
    LEFT JOIN incidents_call k ON k.center_id = c.id AND k.status = 'ringing' GROUP BY c.code
UNION ALL SELECT 'incidents_open', c.code, s.status, count(i.id)::float8 FROM incidents_center c
    CROSS JOIN (VALUES ('pending'), ('active')) AS s(status)
    LEFT JOIN incidents_incident i ON i.center_id = c.id AND i.status = s.status GROUP BY c.code, s.status
UNION ALL SELECT 'alarms_open', c.code, a.kind, count(*)::float8 FROM incidents_alarm a
    JOIN incidents_center c ON c.id = a.center_id WHERE a.status <> 'cleared' GROUP BY c.code, a.kind
"""
HELP = {
    "jobs_due": "Owed work that is due and not done.",
    "oldest_due_job_seconds": "Age of the oldest due job.",
    "jobs_parked": "Jobs that nobody tries any more until a supervisor says so.",
    "calls_ringing": "Calls that nobody has answered yet.",
    "oldest_ringing_seconds": "How long the oldest unanswered call rings.",
    "incidents_open": "Incidents by status.",
    "alarms_open": "Alarms that are not cleared, by kind.",
}


class RoomState:
    """The deployment's state, whoever of its web processes is asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._lines: list[tuple[str, str, str, float]] | None = None
        self._alive: Counter[str] | None = None

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._lines, self._alive = _state(), _alive()
                self._read_at = time.monotonic()
            lines, alive = self._lines, self._alive
        yield GaugeMetricFamily("siaga_postgres_up", "PostgreSQL answers.", value=float(lines is not None))
        yield GaugeMetricFamily("siaga_redis_up", "Redis answers.", value=float(alive is not None))
        for name, words in HELP.items():
            labels = ["center", "kind"] if name == "alarms_open" else ["center", "status"]
            labels = labels if name in ("alarms_open", "incidents_open") else labels[:1]
            labels = [] if name in ("jobs_due", "oldest_due_job_seconds") else labels
            gauge = GaugeMetricFamily(f"siaga_{name}", words, labels=labels)
            for what, center, which, value in lines or []:
                if what == name:
                    gauge.add_metric([center, which][: len(labels)], value)
            yield gauge
        if alive is not None:
            gauge = GaugeMetricFamily("siaga_alive", "Workers and sweepers that showed life just now.", labels=["kind"])
            for kind in ("worker", "sweeper"):
                gauge.add_metric([kind], alive[kind])
            yield gauge
        yield from _replica()


def _state() -> list[tuple[str, str, str, float]] | None:
    """None: the database cannot be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(STATE)
            found: list[tuple[str, str, str, float]] = cursor.fetchall()
            return found
    except (DatabaseError, InterfaceError, OSError):
        return None


def _alive() -> Counter[str] | None:
    """None: Redis cannot be asked."""
    try:
        return Counter(
            {
                kind: sum(1 for _ in client().scan_iter(f"{key}*", count=1000))
                for kind, key in (("worker", WORKER_KEY), ("sweeper", SWEEPER_KEY))
            }
        )
    except (redis.RedisError, OSError):
        return None


def _replica() -> Iterable[Metric]:
    is_there = bool(settings.REPLICA_URL)
    if is_there:
        replica.watch.is_fit()
    lag = replica.watch.lag_seconds if is_there else None
    yield GaugeMetricFamily("siaga_replica_configured", "A replica is named in the settings.", value=float(is_there))
    words = "How far the replica is behind; NaN while it is unknown, down, or there is none."
    yield GaugeMetricFamily("siaga_replica_lag_seconds", words, value=NOTHING if lag is None else lag)


class OwnState(Collector):
    """This process's pool and feed, and what it is."""

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("siaga_build", "Which version runs.", labels=["version"])
        build.add_metric([_version()], 1)
        yield build
        yield from _pool()
        age = GaugeMetricFamily(
            "siaga_feed_read_age_seconds", "Since a hub last read its center's feed.", labels=["of"]
        )
        for center_id, read_at in list(READ_AGES.items()):
            age.add_metric([str(center_id)], time.monotonic() - read_at)
        yield age


@cache
def _version() -> str:
    """As the project's file says; the service runs from its clone and is installed nowhere."""
    file = settings.BASE_DIR / "pyproject.toml"
    return str(tomllib.loads(file.read_text())["project"]["version"]) if file.is_file() else "unknown"


def _pool() -> Iterator[Metric]:
    size = GaugeMetricFamily("siaga_db_pool_connections", "Database connections.", labels=["database", "state"])
    waiting = GaugeMetricFamily("siaga_db_pool_waiting", "Who waits for a connection.", labels=["database"])
    waits = CounterMetricFamily("siaga_db_pool_wait_seconds", "Time spent waiting for one.", labels=["database"])
    for one in connections.all(initialized_only=True):
        pool: Any = getattr(one, "_connection_pools", {}).get(one.alias)
        if pool is None:
            continue
        stats = pool.get_stats()
        idle = stats.get("pool_available", 0)
        size.add_metric([one.alias, "idle"], idle)
        size.add_metric([one.alias, "used"], stats.get("pool_size", 0) - idle)
        waiting.add_metric([one.alias], stats.get("requests_waiting", 0))
        waits.add_metric([one.alias], stats.get("requests_wait_ms", 0) / 1000)
    yield size
    yield waiting
    yield waits


REGISTRY.register(OwnState())
room_state = RoomState()
