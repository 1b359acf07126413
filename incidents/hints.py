"""Hints after a commit: "seq 812" to the live feed, "job 55" to Celery. They may get lost without harm: hubs and the
sweeper look for themselves each second. So nothing here raises, and nothing here waits long."""

from __future__ import annotations

import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

from incidents import logs, metrics

logger = logs.get(__name__)

RETRY_AFTER_SECONDS = 1.0
_client: redis.Redis | None = None
_broker: Connection | None = None
_silent_until = 0.0
_is_doubtful = True
"""Whether Redis was not there when it was last asked, or was never asked."""


def feed_channel(center_id: int) -> str:
    """Name of the Redis channel that carries a center's newest seq."""
    return f"siaga:feed:{center_id}"


def client() -> redis.Redis:
    """This process's Redis client: short time-outs, no retries."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
            retry=None,
        )
    return _client


def broker() -> Connection:
    """This process's way to Celery's broker for handing out. A worker may wait seconds for its next message; whoever hands
    one out may not: with Celery's own time-outs a Redis that hangs held a request, and the sweeper, for twenty seconds."""
    global _broker
    if _broker is None:
        _broker = Connection(
            settings.CELERY_BROKER_URL,
            transport_options={
                **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
                "socket_timeout": settings.REDIS_TIMEOUT_SECONDS,
                "socket_connect_timeout": settings.REDIS_TIMEOUT_SECONDS,
                "retry_on_timeout": False,
            },
        )
    return _broker


def wake_feed(center_id: int, seq: int) -> None:
    _try(lambda: client().publish(feed_channel(center_id), str(seq)))


def hand_job(job_id: int, queue: str) -> bool:
    """Tells Celery of a job. False: the broker could not be reached."""

    def send() -> None:
        with producers[broker()].acquire(block=True) as producer:
            current_app.send_task(
                "siaga.run_job", args=[job_id], queue=queue, retry=False, ignore_result=True, producer=producer
            )

    return _try(send)


def _try(send: Any) -> bool:
    """After a failure nobody waits for Redis again for a second: without it the room is slower, never stuck."""
    global _silent_until, _is_doubtful
    if time.monotonic() < _silent_until:
        metrics.HINTS_LOST.inc()
        return False
    try:
        if _is_doubtful:
            client().ping()  # knows after one time-out; Celery's way there tries for fifteen of them
            _is_doubtful = False
        send()
    except Exception as error:  # redis, kombu and socket errors have no common parent
        _silent_until, _is_doubtful = time.monotonic() + RETRY_AFTER_SECONDS, True
        metrics.HINTS_LOST.inc()
        logger.warning("no hint sent, Redis is not there", error=type(error).__name__)
        return False
    return True


def say_alive(key: str, seconds: int) -> None:
    """Sets a key that dies after `seconds` unless it is set again."""
    _try(lambda: client().set(key, "1", ex=seconds))
