"""The API for a client that expects the worst: one kept connection, several web processes to choose from, and a request that is
sent again with its key until its result is known. Writes the history; knows no verb."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.faults.history import FAIL, INFO, OK, History

TIMEOUT_SECONDS = 8.0
PATIENCE_SECONDS = 90.0
PAUSE_SECONDS = 0.25
UNKNOWN = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request is sent again."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any

    @property
    def is_ok(self) -> bool:
        return self.status < 300


class Connection:
    """One request at a time, HTTP/1.1 as the API answers it."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._at = (parts.hostname or "", parts.port or 80)
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any, key: str | None) -> Answer:
        """Raises OSError, EOFError, TimeoutError, ValueError."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._ask(method, path, b"" if body is None else json.dumps(body).encode(), key)
        except BaseException:
            self.close()
            raise

    async def _ask(self, method: str, path: str, body: bytes, key: str | None) -> Answer:
        if self._open is None:
            self._open = await asyncio.open_connection(*self._at)
        reader, writer = self._open
        named = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"{method} /api/v1/{path} HTTP/1.1\r\n{self._head}{named}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        first = await reader.readuntil(b"\r\n\r\n")
        lower = first.lower()
        if b"content-length:" in lower:
            at = lower.index(b"content-length:") + 15
            data = await reader.readexactly(int(lower[at : lower.index(b"\r\n", at)]))
        else:
            data = b""
            while size := int(await reader.readline(), 16):
                data += await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        if b"connection: close" in lower:
            self.close()
        return Answer(int(first[9:12]), json.loads(data))

    def close(self) -> None:
        if self._open is not None:
            self._open[1].transport.abort()
            self._open = None


class Room:
    """Of one client. `who` names it in the history and in its keys."""

    def __init__(self, history: History, urls: list[str], token: str, who: str) -> None:
        self.history, self.who = history, who
        self._ways = itertools.cycle([Connection(url, token) for url in _turned(urls, zlib.crc32(who.encode()))])
        self._way = next(self._ways)
        self._numbers = itertools.count(1)

    async def do(self, verb: str, path: str, body: Any, **value: Any) -> Answer | None:
        """A change, tried again with its key at another web process until it is known what came of it. `value` goes into the
        history. None: not known within PATIENCE_SECONDS."""
        return await self.do_with(f"{self.who}-{next(self._numbers)}", verb, path, body, **value)

    async def do_with(self, key: str, verb: str, path: str, body: Any, **value: Any) -> Answer | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while True:
            operation = self.history.invoke(self.who, verb, key, value)
            try:
                answer = await self._way.ask("POST", path, body, key)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self.history.end(operation, INFO, None, type(error).__name__)
            else:
                if answer.status not in UNKNOWN:
                    self.history.end(operation, OK if answer.is_ok else FAIL, answer.status, answer.body)
                    return answer
                self.history.end(operation, INFO, answer.status, answer.body)
            if loop.time() > deadline:
                return None
            self._way = next(self._ways)
            await asyncio.sleep(PAUSE_SECONDS)

    async def get(self, path: str) -> Any:
        """JSON, or None when it cannot be had now."""
        try:
            answer = await self._way.ask("GET", path, None, None)
        except (OSError, EOFError, TimeoutError, ValueError):
            self._way = next(self._ways)
            return None
        return answer.body if answer.is_ok else None

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._way.close()


def _turned(urls: list[str], by: int) -> list[str]:
    by %= len(urls)
    return urls[by:] + urls[:by]
