"""One socket's outbox: a message goes straight to the wire while that takes it, else it waits here: frames in order, at most
256; of positions and beats only the newest. Never makes anybody else wait."""

from __future__ import annotations

import asyncio
from collections import deque

from commandcenter.live.wire import Message, Wire

FRAMES_MAX = 256
POLITE_SECONDS = 5.0
"""So long an overrun socket may take to read that it shall resync; then it is cut."""


class Outbox:
    """Filled by the hub, emptied by the socket's own writer when the wire could not take a message at once."""

    def __init__(self, wire: Wire | None = None) -> None:
        self.wire = wire
        self.frames: deque[Message] = deque()
        self.positions: Message | None = None
        self.beat: Message | None = None
        self.is_overrun = False
        self.is_revoked = False
        self._is_direct = False
        self._filled = asyncio.Event()
        self._cut: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """From now on messages may go straight to the wire; before, the socket catches up."""
        self._is_direct = self.wire is not None
        self._filled.set()

    def shut(self) -> None:
        """Nothing goes straight to the wire any more."""
        self._is_direct = False
        if self._cut is not None:
            self._cut.cancel()

    def put(self, frame: Message) -> None:
        """A frame for this socket. Past the bound it is overrun, and will be closed with a resync."""
        if self._went(frame):
            return
        if self.is_overrun:
            return
        if len(self.frames) >= FRAMES_MAX:
            self.is_overrun = True
            self._is_direct = False  # what was dropped leaves a gap: nothing may pass it before the resync
            self.frames.clear()
            self.positions = self.beat = None
            if self.wire is not None:
                self._cut = asyncio.get_running_loop().call_later(POLITE_SECONDS, self.wire.abort)
        else:
            self.frames.append(frame)
        self._filled.set()

    def put_positions(self, frame: Message) -> None:
        if not self._went(frame) and not self.is_overrun:
            self.positions = frame
            self._filled.set()

    def put_beat(self, beat: Message) -> None:
        if not self._went(beat) and not self.is_overrun:
            self.beat = beat
            self._filled.set()

    def revoke(self) -> None:
        """Its token or session is no longer valid: the writer closes it."""
        self.is_revoked = True
        self._filled.set()

    def _went(self, message: Message) -> bool:
        """Whether it is written already: only past nothing that waits, so that the order holds."""
        wire = self.wire
        if wire is None or not self._is_direct or self.frames or not wire.is_writable:
            return False
        wire.write(message.framed)
        return True

    async def wait(self) -> None:
        """Until there is something."""
        await self._filled.wait()
        self._filled.clear()
