"""The ASGI application in front of all others: who asks too much is told when to come again, a body that dawdles is cut off.
Nothing here knows what is asked."""

from __future__ import annotations

import asyncio
import math
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

import orjson
from django.conf import settings

from commandcenter.api.errors import WORDS
from commandcenter.limits.addresses import client_address, key_of
from commandcenter.limits.buckets import Buckets, Rate
from incidents import logs
from incidents.accounts import digest_of, forget, is_known

logger = logs.get(__name__)
Scope = dict[str, Any]
BATCH_PATH, TRACK_PATH = "/api/v1/positions", "/track"
FREE_PREFIXES = ("/static/",)
FREE_PATHS = frozenset({"/healthz", "/readyz"})
"""Files, and what a balancer asks each second."""
LOGGED_SECONDS = 10.0
"""A flood is one line in so long, not one a request."""


class Guard:
    """Of one process. Known tokens and sessions have a bucket each; all else shares that of its address, and so do tokens that
    have not yet opened anything, which makes guessing as slow as anything else, and slower with each failure."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.tokens = Buckets(Rate.read(settings.LIMIT_TOKEN))
        self.trackers = Buckets(Rate.read(settings.LIMIT_TRACKER))
        self.sessions = Buckets(Rate.read(settings.LIMIT_SESSION))
        self.session_addresses = Buckets(Rate.read(settings.LIMIT_SESSIONS_OF_ADDRESS))
        self.addresses = Buckets(Rate.read(settings.LIMIT_ADDRESS))
        self.failures = Buckets(Rate.read(settings.LIMIT_FAILURES))
        self._logged_at = -LOGGED_SECONDS

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        address = client_address(scope)
        if scope.get("client") and scope["client"][0] != address:
            scope["client"] = [address, 0]  # so that all behind see who really asks
        path: str = scope["path"]
        if path in FREE_PATHS or path.startswith(FREE_PREFIXES):
            await self.inner(scope, receive, send)
            return
        digest = _digest_of_token(scope)
        seconds = self._wait(scope, path, key_of(address), digest)
        if seconds > 0:
            self._log(kind)
            await _too_many(scope, receive, send, seconds)
            return
        if kind == "websocket":
            await self.inner(scope, receive, _watching_handshake(self, send, digest, address))
            return
        exchange = _Exchange(self, receive, send, digest, address)
        await self.inner(scope, exchange.receive, exchange.send)

    def _wait(self, scope: Scope, path: str, address: str, digest: bytes | None) -> float:
        """0, or in how many seconds it may be asked again."""
        now = time.monotonic()
        if digest is not None:
            if is_known(digest):
                reports = path == BATCH_PATH or path.startswith(TRACK_PATH)
                return (self.trackers if reports else self.tokens).spend(digest, now)
            return self.failures.wait(address, now) or self.addresses.spend(address, now)
        session = _session_of(scope)
        if session:
            return self.session_addresses.spend(address, now) or self.sessions.spend(session, now)
        return self.addresses.spend(address, now)

    def failed(self, digest: bytes | None, address: str) -> None:
        """A token opened nothing."""
        if digest is not None:
            forget(digest)
            self.failures.spend(key_of(address), time.monotonic())

    def _log(self, kind: str) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_SECONDS:
            self._logged_at = now
            logger.warning("too many requests", kind=kind)


def _digest_of_token(scope: Scope) -> bytes | None:
    """Of the bearer token, wherever it may stand (`commandcenter/tracking/http.py`)."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            if kind.lower() == "bearer":
                return digest_of(token.strip())
    path: str = scope["path"]
    if path.startswith(TRACK_PATH + "/"):
        return digest_of(path[len(TRACK_PATH) :].strip("/"))
    if path == TRACK_PATH and b"token=" in scope["query_string"]:
        token = scope["query_string"].split(b"token=", 1)[1].split(b"&", 1)[0]
        return digest_of(token.decode("latin-1"))
    return None


def _session_of(scope: Scope) -> str:
    name = settings.SESSION_COOKIE_NAME
    for header, value in scope["headers"]:
        if header == b"cookie" and name.encode() in value:
            try:
                found = SimpleCookie(value.decode("latin-1")).get(name)
            except CookieError:
                return ""
            return found.value if found is not None else ""
    return ""


class _Exchange:
    """One request, its body bounded in time and size; then it is answered here, and what the application says is dropped."""

    def __init__(self, guard: Guard, receive: Any, send: Any, digest: bytes | None, address: str) -> None:
        self._guard, self._receive, self._send = guard, receive, send
        self._digest, self._address = digest, address
        self._end = time.monotonic() + settings.BODY_SECONDS
        self._size = 0
        self._is_whole = self._is_begun = self._is_cut = False

    async def receive(self) -> Any:
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(max(0.0, self._end - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            return await self._cut(408, "too_slow")
        self._size += len(message.get("body", b""))
        if self._size > settings.BODY_BYTES_MAX:
            return await self._cut(413, "too_large")
        self._is_whole = not message.get("more_body", False)
        return message

    async def _cut(self, status: int, code: str) -> Any:
        self._is_whole = True
        if not self._is_begun:
            self._is_cut = True
            await _refuse(self._send, status, code, "id")
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self._is_cut:
            return
        if message["type"] == "http.response.start":
            self._is_begun = True
            if message["status"] == 401:
                self._guard.failed(self._digest, self._address)
        await self._send(message)


def _watching_handshake(guard: Guard, send: Any, digest: bytes | None, address: str) -> Any:
    """A handshake with a token that is refused and has never opened anything was a guess."""
    if digest is None:
        return send
    is_begun = False

    async def watching(message: Any) -> None:
        nonlocal is_begun
        if not is_begun and message["type"] == "websocket.close" and not is_known(digest):
            guard.failed(digest, address)
        is_begun = True
        await send(message)

    return watching


async def _too_many(scope: Scope, receive: Any, send: Any, seconds: float) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1013})
        return
    language = "id"
    for name, value in scope["headers"]:
        if name == b"accept-language" and value.lower().startswith(b"en"):
            language = "en"
    await _refuse(send, 429, "too_many", language, (b"retry-after", str(max(1, math.ceil(seconds))).encode()))


async def _refuse(send: Any, status: int, code: str, language: str, *more: tuple[bytes, bytes]) -> None:
    content = orjson.dumps({"error": {"code": code, "message": WORDS[code][language], "fields": {}}})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    if status != 429:
        headers.append((b"connection", b"close"))  # the rest of the body is not waited for
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
