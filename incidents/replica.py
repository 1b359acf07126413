"""Reading what may be a little old from a replica, while there is one that keeps up: closed incidents, history, lists to look
at. Never the board, the feed, or anything a write depends on. Which model reads where is `commandcenter/routers.py`'s."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from incidents import logs

logger = logs.get(__name__)
T = TypeVar("T")

PRIMARY, REPLICA = "default", "replica"
LOOK_SECONDS = 1.0
"""How often a process asks how far the replica is, while anybody reads old things."""
CATCH_UP_TRIES, CATCH_UP_SECONDS = 3, 0.02
SILENT_SECONDS = 5.0
"""A replica that failed is left alone so long: nobody waits for it again and again."""

_is_reading_old: ContextVar[bool] = ContextVar("siaga_reading_old", default=False)


def is_reading_old() -> bool:
    """Whether reads go to the replica just now."""
    return _is_reading_old.get()


def read_old(read: Callable[[], T]) -> T:
    """What `read` returns, from the replica when it is fit, else from the primary; from the primary too when the replica
    fails halfway. `read` changes nothing and evaluates its own querysets. Inside a transaction it reads the primary."""
    if REPLICA not in connections.settings or connections[PRIMARY].in_atomic_block or not watch.is_fit():
        return read()
    mark = _is_reading_old.set(True)
    try:
        return read()
    except (OperationalError, InterfaceError) as error:
        watch.give_up(error)
    finally:
        _is_reading_old.reset(mark)
    return read()


class Watch:
    """How far behind the replica is, by the primary's own log position. A clock on the replica cannot tell: one that
    lost its primary has replayed all it ever got, and would call itself fresh for ever."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: deque[tuple[float, int]] = deque()
        """(monotonic time, position of the primary then), oldest first."""
        self._looked_at = self._silent_until = float("-inf")
        self.lag_seconds: float | None = None
        """None: unknown, down, or no replica any more."""

    def is_fit(self) -> bool:
        """Whether the replica is at most SIAGA_REPLICA_LAG_SECONDS behind. Nobody waits for another's look."""
        if self._lock.acquire(blocking=False):
            try:
                now = time.monotonic()
                if now >= self._silent_until and now - self._looked_at >= LOOK_SECONDS:
                    self._look(now)
            finally:
                self._lock.release()
        return self.lag_seconds is not None and self.lag_seconds <= settings.REPLICA_LAG_SECONDS

    def give_up(self, error: Exception) -> None:
        """Reads the primary for a while."""
        if self.lag_seconds is not None:
            logger.warning("the replica is not there, the primary answers for it", error=type(error).__name__)
        self.lag_seconds = None
        self._silent_until = time.monotonic() + SILENT_SECONDS

    def _look(self, now: float) -> None:
        self._looked_at = now
        try:
            with connections[PRIMARY].cursor() as cursor:
                cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
                written = int(cursor.fetchone()[0])
            replayed = _replayed()
            for _ in range(CATCH_UP_TRIES):
                # On a busy primary the last milliseconds are always still on their way; who asks seldom has no older
                # position to compare with.
                if replayed is None or replayed >= written:
                    break
                time.sleep(CATCH_UP_SECONDS)
                replayed = _replayed()
        except (OperationalError, InterfaceError) as error:
            self.give_up(error)
            return
        self._written.append((now, written))
        self.lag_seconds = None if replayed is None else self._lag(now, replayed)

    def _lag(self, now: float, replayed: int) -> float | None:
        """Seconds since the replica's state was the primary's; None while it is older than all we have seen."""
        reached = None
        while self._written and self._written[0][1] <= replayed:
            reached = self._written.popleft()
        if reached is None:
            # Kept short while a replica is far behind: of all that is too old, the newest says enough.
            while len(self._written) > 1 and now - self._written[1][0] > settings.REPLICA_LAG_SECONDS:
                self._written.popleft()
            return None
        self._written.appendleft(reached)
        return now - reached[0]


def _replayed() -> int | None:
    """How far the replica is; None when it was promoted: it goes its own way then, and is none any more."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn WHERE pg_is_in_recovery()")
        found = cursor.fetchone()
    return None if found is None else int(found[0])


watch = Watch()
"""This process's own."""
