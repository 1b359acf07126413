"""Each process puts what it counts into Redis every few seconds while somebody scrapes, and the web process that is scraped
gathers it. Without Redis a scrape tells of its own process and of the database."""

from __future__ import annotations

import os
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import orjson
import redis

from commandcenter.metrics.exposition import Families, of_this_process
from incidents import logs
from incidents.hints import client

logger = logs.get(__name__)
ASKED_KEY, SHARED_KEY = "siaga:metrics:asked", "siaga:metrics"
PERIOD_SECONDS = 5.0
ASKED_SECONDS = 180
"""A scrape keeps the processes telling for so long: where nobody scrapes, it costs one look in Redis every five seconds."""
STALE_SECONDS = 20.0


def own_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class Sharing:
    """Of one process: its kind (web, worker, sweeper) and its thread."""

    def __init__(self) -> None:
        self.kind = "web"
        self._thread: threading.Thread | None = None

    def start(self, kind: str) -> None:
        """Once, when the process begins its work (never before a fork)."""
        self.kind = kind
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="metrics")
            self._thread.start()

    def own(self) -> Families:
        return of_this_process(self.kind, own_name())

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            try:
                if client().exists(ASKED_KEY):
                    told = zlib.compress(orjson.dumps({"at": time.time(), "families": self.own()}), 1)
                    client().hset(SHARED_KEY, own_name(), told)  # type: ignore[arg-type]
            except (redis.RedisError, OSError):
                pass  # hubs and hints say already that Redis is away
            except Exception:
                logger.exception("metrics not told")
            pause.wait(PERIOD_SECONDS)


sharing = Sharing()
"""This process's own."""


def of_others() -> Iterator[Families]:
    """What the other processes told within the last seconds, and asks them to go on. Raises RedisError, OSError."""
    asked = client()
    asked.set(ASKED_KEY, "1", ex=ASKED_SECONDS)
    shared: Any = asked.hgetall(SHARED_KEY)
    gone = []
    for name, packed in shared.items():
        if name.decode() == own_name():
            continue
        told = orjson.loads(zlib.decompress(packed))
        if time.time() - told["at"] > STALE_SECONDS:
            gone.append(name)
        else:
            yield told["families"]
    if gone:
        asked.hdel(SHARED_KEY, *gone)
