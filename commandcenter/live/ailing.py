"""What this web process tells its consoles of parts that are away: one look each two seconds for all hubs, while there are
consoles. The sweeper raises the alarms; this process does so when the sweeper, or Redis that would show it, is what is gone."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from commandcenter.parts import read_parts
from commandcenter.troubles import LOOK_SECONDS, WAIT_SECONDS, Trouble, Watch, tell
from incidents import logs

logger = logs.get(__name__)
_thread = ThreadPoolExecutor(1, thread_name_prefix="parts")
"""Its own: while the database hangs, this hangs too, and nobody else waits for it."""

_watch = Watch()
_task: asyncio.Task[None] | None = None
_is_telling = True
"""Until it has once been seen that there is nothing to clear."""


def begin() -> None:
    """Looks from now on, until the process ends. Called by every hub that starts."""
    global _task
    if _task is None or _task.done():
        _task = asyncio.create_task(_follow(), name="parts")


def troubles(center_id: int) -> list[Trouble]:
    return _watch.troubles(center_id)


async def _follow() -> None:
    look = sync_to_async(_look, thread_sensitive=False, executor=_thread)
    while True:
        try:
            await look()
        except (DatabaseError, OSError):
            pass  # the hubs say that the database is away
        except Exception:
            logger.exception("the parts could not be looked at")
        await asyncio.sleep(LOOK_SECONDS)


def _look() -> None:
    global _is_telling
    try:
        parts = read_parts(WAIT_SECONDS)
        now = time.monotonic()
        _watch.look(parts, now, timezone.now())
        if _watch.is_sweeper_here():
            if not _is_telling:
                return
            _is_telling = not _watch.is_quiet()
        else:
            _is_telling = True
        tell(_watch, now)
    except BaseException:
        connections.close_all()
        raise
