"""A web process that is told to stop: it says so, stops listening, and its consoles move over to another process before it
ends. Only when and in which order; what a console is sent is the consumer's, how a server stops is `servers.py`'s."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from incidents import logs

logger = logs.get(__name__)

CLOSE_MOVE = 1012
"""WebSocket's own "service restart": the browser connects again at once, from the seq it has."""
REQUESTS_SECONDS = 5.0
"""How long requests in flight may take to finish; longer than any should."""
MOVED_SECONDS = 2.0
"""How long the last consoles may take to close; one that reads nothing is cut."""
LOOK_SECONDS = 0.05


class Console(Protocol):
    """A socket that can be told to go elsewhere."""

    async def move(self) -> None:
        """Ends what it is being sent after a whole message, and closes with CLOSE_MOVE."""


class Drain:
    """The consoles of this process, and whether it is on its way out."""

    def __init__(self) -> None:
        self.is_begun = False
        self._consoles: set[Console] = set()
        self._running: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._consoles)

    def join(self, console: Console) -> None:
        self._consoles.add(console)

    def leave(self, console: Console) -> None:
        self._consoles.discard(console)

    def watch(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        stop_listening: Callable[[], None],
        requests: Callable[[], int],
        stop: Callable[[], None],
    ) -> None:
        """From now on SIGTERM and SIGINT drain this process, and a second one ends it without waiting.
        `requests`: how many HTTP requests are in flight; `stop`: ends the server."""

        def asked() -> None:
            if self._running is not None:
                stop()
                return
            self._running = loop.create_task(self._run(stop_listening, requests, stop), name="drain")

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked)

    async def _run(
        self, stop_listening: Callable[[], None], requests: Callable[[], int], stop: Callable[[], None]
    ) -> None:
        """Ends within the notice, the drain, REQUESTS_SECONDS and MOVED_SECONDS, whatever the consoles do."""
        try:
            self.is_begun = True
            await asyncio.sleep(settings.DRAIN_NOTICE_SECONDS)
            stop_listening()
            count = len(self)
            await self._move_all(settings.DRAIN_SECONDS)
            await _until_none(requests, REQUESTS_SECONDS)
            logger.info("drained", count=count)
        except Exception:
            logger.exception("the drain failed; ending all the same")
        finally:
            stop()

    async def _move_all(self, seconds: float) -> None:
        """Evenly over `seconds` and in no order, so that the process that takes them over is never asked by all at once."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        moving: set[asyncio.Task[None]] = set()
        while self._consoles:
            waiting = list(self._consoles)
            random.shuffle(waiting)
            pause = max(0.0, end - loop.time()) / len(waiting)
            for console in waiting:
                await asyncio.sleep(pause)
                if console in self._consoles:
                    self._consoles.discard(console)
                    moving.add(loop.create_task(_move(console)))
        if moving:
            await asyncio.wait(moving, timeout=MOVED_SECONDS)


async def _move(console: Console) -> None:
    try:
        await console.move()
    except Exception as error:  # it has gone by itself meanwhile
        logger.debug("a console did not wait to be moved", error=type(error).__name__)


async def _until_none(count: Callable[[], int], seconds: float) -> None:
    """Until nothing is in flight, at most `seconds`. A connection taken in just before has its moment to say what it wants."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    await asyncio.sleep(2 * LOOK_SECONDS)
    while count() and loop.time() < end:
        await asyncio.sleep(LOOK_SECONDS)


drain = Drain()
"""This process's own."""
