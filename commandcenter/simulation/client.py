"""Speaks to a running room over its public HTTP API, as one of several users, and survives its restarts.
Knows paths, tokens, retries and refusals; knows nothing of calls, crews or the city."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Mapping
from typing import Any

import httpx

Row = dict[str, Any]
"""A JSON object as the API gave it."""

# A restarted server is back within seconds; a room gone for two minutes is gone.
PATIENCE_SECONDS = 120.0
# But an address that has never answered is more likely mistyped.
FIRST_PATIENCE_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 3.0
TIMEOUT_SECONDS = 20.0
# Answers that promise nothing was decided: the same request may be sent again.
TRY_AGAIN = frozenset({429, 502, 503, 504})


class Refused(Exception):
    """The room said no. `code` is the room's own name for the reason, `status` the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.status = status
        self.code = code
        self.message = message


class TokenRefused(Exception):
    """A token is unknown, revoked or of a role that may not do this: playing on is pointless."""


class Unreachable(Exception):
    """The room did not answer for PATIENCE_SECONDS."""


class Room:
    """One running room. Use as `async with Room(url, tokens) as room`.

    `tokens` maps a user name to its bearer token; every call names the user that makes it.
    """

    def __init__(
        self,
        url: str,
        tokens: Mapping[str, str],
        patience_seconds: float = PATIENCE_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.tokens = dict(tokens)
        self.patience_seconds = patience_seconds
        self.retries = 0
        self.has_answered = False
        # Keys of this run never meet those of an earlier run with the same seed.
        self.run = secrets.token_hex(6)
        self._numbers = itertools.count(1)
        self._http = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1/",
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=24, max_keepalive_connections=12),
            transport=transport,
        )

    async def __aenter__(self) -> Room:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, user: str, path: str, **params: str) -> Row:
        """GET, retried while the room is away. Raises Refused, TokenRefused or Unreachable."""
        return await self._send(user, "GET", path, None, params)

    async def post(self, user: str, path: str, body: Row | None = None) -> Row:
        """POST with an Idempotency-Key that stays the same over retries, so that nothing happens twice."""
        return await self._send(user, "POST", path, body if body is not None else {}, {})

    async def patch(self, user: str, path: str, body: Row) -> Row:
        return await self._send(user, "PATCH", path, body, {})

    async def _send(self, user: str, method: str, path: str, body: Row | None, params: Mapping[str, str]) -> Row:
        headers = {"Authorization": f"Bearer {self.tokens[user]}", "Accept-Language": "en"}
        if body is not None:
            headers["Idempotency-Key"] = f"{self.run}-{next(self._numbers)}"
        clock = asyncio.get_running_loop()
        patience = self.patience_seconds if self.has_answered else min(FIRST_PATIENCE_SECONDS, self.patience_seconds)
        give_up_at = clock.time() + patience
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                answer = await self._http.request(method, path, json=body, params=params, headers=headers)
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__} at {method} {path}"
            else:
                self.has_answered = True
                if answer.status_code not in TRY_AGAIN:
                    return _read(answer, user, path)
                trouble = f"{answer.status_code} at {method} {path}"
            if clock.time() >= give_up_at:
                raise Unreachable(f"{self.url} did not answer for {patience:g} s ({trouble})")
            self.retries += 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _read(answer: httpx.Response, user: str, path: str) -> Row:
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {}
    if answer.is_success:
        return body if isinstance(body, dict) else {"rows": body}
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    code = str(error.get("code") or f"http_{answer.status_code}")
    message = str(error.get("message") or answer.reason_phrase)
    if answer.status_code == 401:
        raise TokenRefused(f"the room refused the token of {user!r} at {path}: {message}")
    raise Refused(answer.status_code, code, message)
