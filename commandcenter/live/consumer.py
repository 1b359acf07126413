"""One console's socket: who it is, what it missed, then what its hub puts into its outbox. It decides nothing of the room."""

from __future__ import annotations

import asyncio
import contextlib
import time
from urllib.parse import parse_qs

from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from commandcenter.board import BEHIND_MAX, head_seq
from commandcenter.limits.buckets import Bucket
from commandcenter.limits.sockets import CLOSE_TOO_MUCH, MESSAGES, TOO_FAST, TOO_MANY, Place, places
from commandcenter.live import feed, hub
from commandcenter.live.accounts import bearer, credential_of
from commandcenter.live.audiences import Audience, view_of
from commandcenter.live.drain import CLOSE_MOVE, drain
from commandcenter.live.feed import in_thread
from commandcenter.live.hub import LiveHub
from commandcenter.live.queues import Outbox
from commandcenter.live.watch import unwatch, watch
from commandcenter.live.wire import Message, wire_of
from incidents import logs, metrics
from incidents.access import may
from incidents.models import User

logger = logs.get(__name__)
STALLED_SECONDS = 60.0
CLOSE_REVOKED, CLOSE_RESYNC, CLOSE_TRY_AGAIN = 4401, 4408, 1013


class LiveConsumer(AsyncWebsocketConsumer):
    """`/ws/live?since=SEQ`; with `&view=wall` it is told only what everybody in front of a wall may see."""

    outbox: Outbox
    audience: Audience
    center_hub: LiveHub | None = None
    writer: asyncio.Task[None] | None = None
    place: Place | None = None
    said: Bucket | None = None
    is_flooding = False

    async def connect(self) -> None:
        user = self.scope.get("user")
        if not isinstance(user, User) or user.center_id is None or not may(user, "see_board"):
            raise DenyConnection
        self.audience = await in_thread(view_of)(user, self._asked("view"))
        await self.accept()
        self.place = places.take(user.pk, has_token=bearer(self.scope) is not None)  # type: ignore[arg-type]
        if self.place is None:
            await self.close(CLOSE_TOO_MUCH, TOO_MANY)
            return
        try:
            self.center_hub = await hub.enter(user.center_id)
        except (DatabaseError, OSError):
            await self.close(CLOSE_TRY_AGAIN)
            return
        self.outbox = Outbox(wire_of(self.scope))
        head = self.center_hub.join(self.outbox, self.audience)
        metrics.SOCKETS.labels("live").inc()
        watch(self.outbox, credential_of(self.scope, "see_board", self.audience.agencies))
        self.writer = asyncio.create_task(self._serve(self.center_hub, head))
        drain.join(self)

    async def move(self) -> None:
        """Tells the console to go on at another process, from the seq it has."""
        await self._stop_writing()
        await self.close(CLOSE_MOVE)

    async def _stop_writing(self) -> None:
        """Nothing more is sent, and what was begun is whole."""
        if self.writer is not None:
            self.writer.cancel()
            await asyncio.wait([self.writer])
            self.outbox.shut()

    async def disconnect(self, code: int) -> None:
        drain.leave(self)
        if self.place is not None:
            self.place.leave()
        if self.writer is not None:
            self.writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self.writer
        if self.center_hub is not None:
            metrics.SOCKETS.labels("live").dec()
            self.outbox.shut()
            unwatch(self.outbox)
            await hub.leave(self.center_hub, self.outbox, self.audience)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Consoles write through the API; what they say here is not listened to, and a flood of it ends the socket."""
        if self.is_flooding:
            return
        if self.said is None:
            self.said = Bucket(MESSAGES, time.monotonic())
        if self.said.spend(time.monotonic()):
            self.is_flooding = True
            await self._stop_writing()
            await self.close(CLOSE_TOO_MUCH, TOO_FAST)

    async def _serve(self, center: LiveHub, head: int) -> None:
        """Everything this socket is ever sent, in one task, so that one slow socket waits alone."""
        try:
            await self._write(feed.hello(head, self.audience))
            if await self._catch_up(center, head):
                await self._follow(center)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.info("socket ended", error=type(error).__name__)
            with contextlib.suppress(Exception):
                await self.close(CLOSE_TRY_AGAIN)

    def _asked(self, name: str) -> str | None:
        """A parameter of the address."""
        return next(iter(parse_qs(self.scope["query_string"].decode("latin-1")).get(name, [])), None)

    async def _catch_up(self, center: LiveHub, head: int) -> bool:
        """What was missed since `since`, then all positions. False: told to resync."""
        asked = self._asked("since")
        since = head
        if asked is not None:
            if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
                return await self._resync(head, "bad_since")
            since = int(asked)
        if since > head:
            # The hub may be a moment behind a console that read the board just now.
            real_head = await in_thread(head_seq)(center.center_id)
            if since > real_head:
                return await self._resync(real_head, "ahead")
        if head - since > BEHIND_MAX:
            return await self._resync(head, "too_old")
        if since < head:
            change = await in_thread(feed.read_change)(center.center_id, since)
            if not change.is_whole:
                return await self._resync(head, "too_old")
            await self._write(change.frame_for(self.audience))
        positions = await center.all_positions(self.audience)
        if positions is not None:
            await self._write(positions)
        return True

    async def _follow(self, center: LiveHub) -> None:
        """Writes what the wire could not take at once; else sleeps."""
        outbox = self.outbox
        outbox.open()
        while True:
            await outbox.wait()
            while outbox.frames and not outbox.is_overrun:
                await self._write(outbox.frames[0])
                if outbox.frames:  # emptied meanwhile, when overrun
                    outbox.frames.popleft()
            if outbox.is_overrun:
                await self._resync(center.seq, "too_slow")
                return
            if outbox.positions is not None:
                positions, outbox.positions = outbox.positions, None
                await self._write(positions)
            if outbox.beat is not None:
                beat, outbox.beat = outbox.beat, None
                await self._write(beat)
            if outbox.is_revoked:
                outbox.shut()
                await self.close(CLOSE_REVOKED)
                return

    async def _write(self, message: Message) -> None:
        """When the wire takes it. Ends the connection when that takes a minute."""
        wire = self.outbox.wire
        if wire is None:
            if isinstance(message.payload, str):
                await self.send(text_data=message.payload)
            else:
                await self.send(bytes_data=message.payload)
            return
        if not wire.is_writable:
            try:
                async with asyncio.timeout(STALLED_SECONDS):
                    await wire.writable()
            except TimeoutError:
                wire.abort()
                raise
        wire.write(message.framed)

    async def _resync(self, seq: int, reason: str) -> bool:
        metrics.RESYNCS.labels(reason).inc()
        await self._write(feed.resync(seq, reason))
        self.outbox.shut()
        await self.close(CLOSE_RESYNC)
        return False
