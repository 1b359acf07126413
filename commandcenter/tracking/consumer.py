"""`/ws/positions`: a tracker's socket. One message is a point, a list of points or {"positions": […]}; each gets one answer,
in order, when its points are committed. A flood is refused message by message, then closed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import Any

import orjson
from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from commandcenter.api.errors import WORDS
from commandcenter.limits.sockets import CLOSE_TOO_MUCH, TOO_FAST, TOO_MANY, Place, places
from commandcenter.live.accounts import bearer, credential_of
from commandcenter.live.drain import CLOSE_MOVE, drain
from commandcenter.live.watch import unwatch, watch
from commandcenter.tracking.accounts import account_of
from commandcenter.tracking.allowance import Allowance
from commandcenter.tracking.http import TOO_BUSY
from commandcenter.tracking.intake import Malformed, WrongShape, parse, positions_of, take_items
from commandcenter.tracking.writer import Overloaded
from incidents import metrics

IN_FLIGHT_MAX = 256
"""Messages of one socket that wait for their commit."""
POSITIONS_MAX = 500
MOVE_SECONDS = 1.0
CLOSE_REVOKED, CLOSE_FLOOD = 4401, CLOSE_TOO_MUCH


class PositionsConsumer(AsyncWebsocketConsumer):
    """Open to bearer tokens of trackers alone."""

    writer: asyncio.Task[None] | None = None
    is_moving = False
    place: Place | None = None
    closing: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.token = bearer(self.scope) or ""  # type: ignore[arg-type]
        account = await account_of(self.token) if self.token else None
        if account is None or not account.is_tracker:
            raise DenyConnection
        self.allowance = Allowance(time.monotonic())
        self.answers: deque[asyncio.Task[dict[str, Any]]] = deque()
        self.filled = asyncio.Event()
        await self.accept()
        self.place = places.take(account.user_id, has_token=True)
        if self.place is None:
            await self.close(CLOSE_FLOOD, TOO_MANY)
            return
        self.writer = asyncio.create_task(self._answer())
        metrics.SOCKETS.labels("positions").inc()
        watch(self, credential_of(self.scope, "report_position"))  # type: ignore[arg-type]
        drain.join(self)

    async def move(self) -> None:
        """Listens no more, answers what was said, as far as a second goes, and sends the tracker to another process. What has
        no answer is to be sent again there."""
        self.is_moving = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOVE_SECONDS):
                while self.answers:
                    await asyncio.sleep(MOVE_SECONDS / 20)
        await self.close(CLOSE_MOVE)

    def revoke(self) -> None:
        self.closing = asyncio.create_task(self.close(CLOSE_REVOKED))

    async def disconnect(self, code: int) -> None:
        drain.leave(self)
        unwatch(self)
        if self.place is not None:
            self.place.leave()
        if self.writer is not None:
            metrics.SOCKETS.labels("positions").dec()
            self.writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self.writer

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_moving or self.writer is None:
            return
        may_speak = self.allowance.spend(time.monotonic())
        if may_speak and len(self.answers) >= IN_FLIGHT_MAX:
            self.allowance.refuse()
            may_speak = False
        if not may_speak:
            if self.allowance.is_flood:
                await self.close(CLOSE_FLOOD, TOO_FAST)
            else:
                await self.send(orjson.dumps(failure("too_fast", TOO_BUSY)).decode())
            return
        self.answers.append(asyncio.create_task(self._take(text_data)))
        self.filled.set()

    async def _take(self, text: str | None) -> dict[str, Any]:
        """The answer to one message. What was said is written even when the socket closes meanwhile."""
        account = await account_of(self.token)
        if account is None or not account.is_tracker:
            await self.close(CLOSE_REVOKED)
            return failure("not_authenticated", WORDS["not_authenticated"])
        try:
            if text is None:
                raise Malformed("binary")
            message = parse(text)
            if isinstance(message, list):
                message = {"positions": message}
            items = positions_of(message) if "positions" in message else [message]
            if len(items) > POSITIONS_MAX:
                raise WrongShape("positions", f"paling banyak / at most {POSITIONS_MAX}")
            return await take_items(account.center_id, items)
        except (Malformed, TypeError):
            return failure("malformed", WORDS["malformed"])
        except WrongShape as error:
            return failure("invalid", WORDS["invalid"], {error.name: error.why})
        except Overloaded:
            return failure("overloaded", TOO_BUSY)
        except DatabaseError:
            return failure("unavailable", WORDS["unavailable"])

    async def _answer(self) -> None:
        """Answers in the order of the messages, one at a time: a socket that reads nothing stops being listened to."""
        while True:
            await self.filled.wait()
            self.filled.clear()
            while self.answers:
                answer = await self.answers[0]
                await self.send(orjson.dumps(answer).decode())
                self.answers.popleft()


def failure(code: str, words: dict[str, str], fields: dict[str, str] | None = None) -> dict[str, Any]:
    """In both languages: a device has none."""
    return {"error": {"code": code, "message": f"{words['id']} / {words['en']}", "fields": fields or {}}}
