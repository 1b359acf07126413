"""Runs a play until it ends or the process is told to stop, and makes Ctrl-C an ending like any other.
Knows nothing of what is played."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(play: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Runs `play(stop)`; the first SIGINT or SIGTERM sets `stop`, the second ends at once."""
    asyncio.run(_run(play))


async def _run(play: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(play(stop))

    def on_signal() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
