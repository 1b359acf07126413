"""One LiveHub per center and process. Woken by a hint, and by itself each second, it reads what happened once, encodes it
once per audience, and puts the same text into every socket's outbox. What a socket does with it is the consumer's."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from typing import Any

import redis.asyncio
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from commandcenter.board import head_seq
from commandcenter.live import ailing, feed
from commandcenter.live.audiences import Audience
from commandcenter.live.feed import in_thread
from commandcenter.live.positions import Moved, MovedUnits, moved_since, pack
from commandcenter.live.queues import Outbox
from commandcenter.live.wire import Message
from commandcenter.saved_board import save_board
from commandcenter.troubles import postgres_away
from incidents import logs, metrics
from incidents.hints import feed_channel

logger = logs.get(__name__)
POLL_SECONDS = 1.0
BEAT_SECONDS = 2.0
PING_SECONDS = 5.0
"""Of silence on the channel of hints."""
SOCKETS_AT_ONCE, PAUSE_SECONDS, SPREAD_SECONDS_MAX = 20, 0.005, 0.25
"""Of positions frames."""


class LiveHub:
    """Feeds the sockets of one center; lives while it has any."""

    def __init__(self, center_id: int) -> None:
        self.center_id = center_id
        self.seq = 0
        self._rooms: dict[Audience, set[Outbox]] = defaultdict(set)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._read_at = 0.0
        self._all_positions = _AllPositions(center_id)

    def __len__(self) -> int:
        return sum(map(len, self._rooms.values()))

    async def start(self) -> None:
        """Raises DatabaseError when the head cannot be read."""
        self.seq = await in_thread(head_seq)(self.center_id)
        self._read_at = time.monotonic()
        self._tasks = [
            asyncio.create_task(self._follow(), name=f"feed {self.center_id}"),
            asyncio.create_task(self._listen(), name=f"hints {self.center_id}"),
            asyncio.create_task(self._beat(), name=f"beat {self.center_id}"),
            asyncio.create_task(self._follow_positions(), name=f"positions {self.center_id}"),
            asyncio.create_task(self._save_board(), name=f"saved board {self.center_id}"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def join(self, outbox: Outbox, audience: Audience) -> int:
        """From now on the outbox gets every frame after the returned seq."""
        self._rooms[audience].add(outbox)
        return self.seq

    def leave(self, outbox: Outbox, audience: Audience) -> None:
        room = self._rooms[audience]
        room.discard(outbox)
        if not room:
            self._rooms.pop(audience)

    async def all_positions(self, audience: Audience) -> Message | None:
        """Where all units of an audience are, for a socket that begins; at most a second old."""
        return await self._all_positions.read(audience)

    async def _follow(self) -> None:
        while True:
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the wake, and the hub that
            # then never stops would hold every console that comes after.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                change = await in_thread(feed.read_change)(self.center_id, self.seq)
            except (DatabaseError, OSError) as error:
                logger.warning("feed not read", center=self.center_id, exc_info=error)
                await asyncio.sleep(POLL_SECONDS)
                continue
            except Exception:
                logger.exception("feed not read", center=self.center_id)
                await asyncio.sleep(POLL_SECONDS)
                continue
            self._read_at = READ_AGES[self.center_id] = time.monotonic()
            if change.seq == self.seq:
                continue
            for audience, room in self._rooms.items():
                frame = change.frame_for(audience)
                for outbox in room:
                    outbox.put(frame)
                _count("frame", frame, len(room))
            self.seq = change.seq
            now = timezone.now()
            for at in change.times:
                metrics.FEED_LAG_SECONDS.observe(max(0.0, (now - at).total_seconds()))

    async def _listen(self) -> None:
        """Hints only wake; without Redis the hub polls."""
        while True:
            try:
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=None)
                async with client, client.pubsub() as pubsub:
                    await pubsub.subscribe(feed_channel(self.center_id))
                    await self._hear(pubsub)
            except (redis.RedisError, OSError):
                await asyncio.sleep(POLL_SECONDS)

    async def _hear(self, pubsub: Any) -> None:
        """Raises RedisError when Redis says nothing, not even to a ping: after a cut a connection may seem open for ever, and
        every event would wait for the next look."""
        is_asked = False
        while True:
            message = await pubsub.get_message(timeout=PING_SECONDS)
            if message is not None:
                is_asked = False
                if message["type"] != "pong":
                    self._wake.set()
            elif is_asked:
                raise redis.TimeoutError("no answer to a ping")
            else:
                await pubsub.ping()
                is_asked = True

    async def _beat(self) -> None:
        """A beat says that the feed was read just now. When it was not, there is none, and a word says why."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            troubles = ailing.troubles(self.center_id)
            silent = time.monotonic() - self._read_at
            if silent < BEAT_SECONDS + POLL_SECONDS:
                message = feed.beat(self.seq, troubles)
            else:
                message = feed.away([postgres_away(silent), *troubles])
            for room in self._rooms.values():
                for outbox in room:
                    outbox.put_beat(message)
                _count("beat", message, len(room))

    async def _save_board(self) -> None:
        """Keeps a copy of the board on disk, to be read when the database is away."""
        while settings.SAVE_BOARD_SECONDS:
            try:
                await in_thread(save_board)(self.center_id)
            except (DatabaseError, OSError) as error:
                logger.warning("board not saved", center=self.center_id, exc_info=error)
            except Exception:
                logger.exception("board not saved", center=self.center_id)
            await asyncio.sleep(settings.SAVE_BOARD_SECONDS)

    async def _follow_positions(self) -> None:
        """One merged frame a second: the newest of each unit, only what moved."""
        moved_units = MovedUnits(self.center_id)
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                fresh = await in_thread(moved_units.read)()
            except Exception as error:
                logger.warning("positions not read", center=self.center_id, error=type(error).__name__)
                continue
            for audience, room in list(self._rooms.items()):
                frame = pack(fresh, audience.agencies) if fresh else None
                if frame is not None:
                    await self._put_positions(Message(frame), list(room))

    async def _put_positions(self, message: Message, outboxes: list[Outbox]) -> None:
        """A few sockets at a time: these frames are large and can wait, an event between them cannot."""
        _count("positions", message, len(outboxes))
        starts = range(0, len(outboxes), SOCKETS_AT_ONCE)
        for start in starts:
            for outbox in outboxes[start : start + SOCKETS_AT_ONCE]:
                outbox.put_positions(message)
            await asyncio.sleep(min(PAUSE_SECONDS, SPREAD_SECONDS_MAX / len(starts)))


class _AllPositions:
    """Read and packed once for a storm of sockets."""

    def __init__(self, center_id: int) -> None:
        self._center_id = center_id
        self._lock = asyncio.Lock()
        self._read_at = -POLL_SECONDS
        self._moved: list[Moved] = []
        self._packed: dict[Audience, Message | None] = {}

    async def read(self, audience: Audience) -> Message | None:
        async with self._lock:
            if time.monotonic() - self._read_at >= POLL_SECONDS:
                self._moved = await in_thread(moved_since)(self._center_id, None)
                self._read_at = time.monotonic()
                self._packed.clear()
            if audience not in self._packed:
                frame = pack(self._moved, audience.agencies)
                self._packed[audience] = Message(frame) if frame is not None else None
            return self._packed[audience]


def _count(kind: str, message: Message, sockets: int) -> None:
    metrics.FRAMES.labels(kind).inc(sockets)
    metrics.FRAME_BYTES.labels(kind).inc(sockets * len(message.payload))


READ_AGES: dict[int, float] = {}
"""When each running hub last read its center's feed (monotonic)."""
_hubs: dict[int, LiveHub] = {}
_starting = asyncio.Lock()


async def enter(center_id: int) -> LiveHub:
    """The running hub of a center, started by its first socket. Raises DatabaseError."""
    async with _starting:
        hub = _hubs.get(center_id)
        if hub is None:
            hub = LiveHub(center_id)
            await hub.start()
            ailing.begin()
            _hubs[center_id] = hub
        return hub


async def leave(hub: LiveHub, outbox: Outbox, audience: Audience) -> None:
    """The last socket stops the hub."""
    hub.leave(outbox, audience)
    async with _starting:
        if not len(hub) and _hubs.get(hub.center_id) is hub:
            del _hubs[hub.center_id]
            READ_AGES.pop(hub.center_id, None)
            await hub.stop()
