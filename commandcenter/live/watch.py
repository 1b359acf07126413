"""Sees to it that a revoked token or session loses its socket: one check for all sockets of the process, not one each."""

from __future__ import annotations

import asyncio
from typing import Protocol

from django.db import Error as DatabaseError

from commandcenter.live.accounts import Credential, revoked
from commandcenter.live.feed import in_thread
from incidents import logs

logger = logs.get(__name__)
CHECK_SECONDS = 3.0


class Revocable(Protocol):
    """A socket, or what stands for it."""

    def revoke(self) -> None:
        """What it was opened with no longer stands: close it, without waiting here."""


_watched: dict[Revocable, Credential] = {}
_task: asyncio.Task[None] | None = None


def watch(socket: Revocable, credential: Credential) -> None:
    """From now on the socket lives as long as what it was opened with."""
    global _task
    _watched[socket] = credential
    if _task is None or _task.done():
        _task = asyncio.create_task(_check(), name="revoked sockets")


def unwatch(socket: Revocable) -> None:
    _watched.pop(socket, None)


async def _check() -> None:
    """Ends by itself when nobody is left to watch."""
    while _watched:
        await asyncio.sleep(CHECK_SECONDS)
        try:
            gone = await in_thread(revoked)(set(_watched.values()))
        except (DatabaseError, OSError):
            continue  # the database is away for everybody: consoles go stale, they are not thrown out
        except Exception:
            logger.exception("revoked sockets not looked for")
            continue
        for socket, credential in list(_watched.items()):
            if credential in gone:
                socket.revoke()
