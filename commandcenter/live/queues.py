"""One socket's outbox: frames in order, at most 256; of positions only the newest. Never makes anybody else wait."""

from __future__ import annotations

import asyncio
from collections import deque

FRAMES_MAX = 256


class Outbox:
    """Filled by the hub, emptied by the socket's own writer."""

    def __init__(self) -> None:
        self.frames: deque[str] = deque()
        self.positions: bytes | None = None
        self.beat: str | None = None
        self.is_overrun = False
        self._filled = asyncio.Event()

    def put(self, frame: str) -> None:
        """A frame for this socket. Past the bound it is overrun, and will be closed with a resync."""
        if len(self.frames) >= FRAMES_MAX:
            self.is_overrun = True
            self.frames.clear()
        elif not self.is_overrun:
            self.frames.append(frame)
        self._filled.set()

    def put_positions(self, frame: bytes) -> None:
        self.positions = frame
        self._filled.set()

    def put_beat(self, frame: str) -> None:
        self.beat = frame
        self._filled.set()

    async def wait(self) -> None:
        """Until there is something."""
        await self._filled.wait()
        self._filled.clear()
