"""Waits until the other side closes a socket, and keeps how long sockets took for docs/reliability.md. Opens none, asserts nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

import websockets

from bench import reliability
from bench.reliability import Figure

WAIT_SECONDS = 20.0
PROMISED_SECONDS = 5.0


async def until_closed(socket: Any) -> tuple[int | None, float]:
    """(code, when): the code of the other side's close, None when it was cut without one, and the moment (monotonic).
    Raises TimeoutError while it stays open."""
    async with asyncio.timeout(WAIT_SECONDS):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else None, time.monotonic()


def keep_closing(name: str, took: Mapping[str, float], what: str, how: str) -> None:
    """`took`: cause → seconds, of every try. Prints; kept when SIAGA_KEEP_RESULTS is set."""
    worst = max(took.values())
    words = f"{len(took)} {what}: every socket closed with 4401, the last after {worst:.1f} s"
    print(f"\n{words}", {cause: round(seconds, 2) for cause, seconds in took.items()})
    if os.environ.get("SIAGA_KEEP_RESULTS"):
        reliability.keep(name, [Figure("G11", words, len(took), how, worst <= PROMISED_SECONDS)])
