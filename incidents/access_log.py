"""Writing down who saw what. What is revealed is written in the transaction that reveals it; what is only read is kept for a
second and written together, so that reading costs no statement of its own. Nobody reads the log here."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from incidents import logs
from incidents.models import Access, Center, User

logger = logs.get(__name__)
FLUSH_SECONDS = 1.0
WAITING_MAX = 20_000
SAME_LOOK_SECONDS = 60.0
"""A console reads the incident it shows again at every change: that is one look."""


@dataclass(frozen=True)
class Seen:
    center_id: int
    at: datetime
    user_id: int
    what: str
    incident: int | None
    words: str


_waiting: deque[Seen] = deque()
_looks: dict[tuple[int, str, int | None, str], float] = {}
_guard = threading.Lock()
_writer: threading.Thread | None = None
_stop = threading.Event()


def write(
    center: Center,
    by: User | None,
    what: str,
    *,
    incident: int | None = None,
    call: int | None = None,
    person: int | None = None,
    number_digest: bytes | None = None,
    reason: str = "",
) -> Access:
    """One line at once, in the transaction of what it tells of."""
    return Access.objects.create(
        center=center,
        at=timezone.now(),
        user=by,
        what=what,
        incident_ref=incident,
        call_ref=call,
        person_ref=person,
        number_digest=number_digest,
        salt=secrets.token_bytes(16),
        words=reason,
    )


def saw(user: User, what: str, *, incident: int | None = None, words: str = "", center_id: int | None = None) -> None:
    """A person has read personal data. Written within a second where `start` was called, else at once."""
    look, now = (user.pk, what, incident, words), time.monotonic()
    with _guard:
        if now - _looks.get(look, -SAME_LOOK_SECONDS) < SAME_LOOK_SECONDS:
            return
        if len(_looks) >= WAITING_MAX:
            _looks.clear()
        _looks[look] = now
        if len(_waiting) >= WAITING_MAX:
            logger.error("the access log cannot be written, lines are lost", count=len(_waiting))
            _waiting.clear()
        _waiting.append(Seen(center_id or user.center_id or 0, timezone.now(), user.pk, what, incident, words))
    if _writer is None:
        flush()


def flush() -> int:
    """Writes what waits with one statement; returns how many lines. Raises DatabaseError, and keeps them."""
    with _guard:
        batch = list(_waiting)
        _waiting.clear()
    if not batch:
        return 0
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO incidents_access (center_id, at, user_id, what, incident_ref, words, salt)
                   SELECT *, ''::bytea FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::bigint[], %s::text[])""",
                [
                    [seen.center_id for seen in batch],
                    [seen.at for seen in batch],
                    [seen.user_id for seen in batch],
                    [seen.what for seen in batch],
                    [seen.incident for seen in batch],
                    [seen.words for seen in batch],
                ],
            )
    except DatabaseError:
        with _guard:
            _waiting.extendleft(reversed(batch))
        raise
    return len(batch)


def forget_looks() -> None:
    """What was read counts anew."""
    with _guard:
        _looks.clear()


def start() -> None:
    """Begins the thread that writes each second; a web process does so when it begins."""
    global _writer
    if _writer is None:
        _writer = threading.Thread(target=_write_on, name="access log", daemon=True)
        _writer.start()


def finish() -> None:
    """Writes what is left, at the end of a web process."""
    global _writer
    _stop.set()
    if _writer is not None:
        _writer.join(5)
        _writer = None
        _try_to_flush()
    _stop.clear()


def _write_on() -> None:
    while not _stop.wait(FLUSH_SECONDS):
        _try_to_flush()


def _try_to_flush() -> None:
    try:
        flush()
    except DatabaseError as error:
        logger.warning("the access log waits", error=type(error).__name__)
    finally:
        connection.close()
