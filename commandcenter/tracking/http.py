"""Points over HTTP, before Django: a phone sends one at a time, and Django's way through costs more than the point.
`POST /api/v1/positions` with a bearer token, and `/track` for OsmAnd and Traccar Client; all else goes on to Django."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.db import Error as DatabaseError

from commandcenter.api.errors import WORDS
from commandcenter.live.accounts import Scope, bearer, header
from commandcenter.tracking.accounts import Account, account_of
from commandcenter.tracking.intake import (
    Malformed,
    WrongShape,
    count_invalid,
    parse,
    positions_of,
    take_items,
    take_one,
)
from commandcenter.tracking.osmand import read_location, read_parameters
from commandcenter.tracking.reading import Unreadable
from commandcenter.tracking.writer import Overloaded
from incidents import logs, metrics
from incidents.access import NotAllowed

logger = logs.get(__name__)
BATCH_PATH, TRACK_PATH = "/api/v1/positions", "/track"
TRACK_BYTES_MAX = 64 * 1024
TOO_BUSY = {"id": "Terlalu banyak titik menunggu; kirim lagi.", "en": "Too many points wait; send again."}


class TooLarge(ValueError):
    """The body is past its bound."""


class Failure(Exception):
    """An answer in the API's one form of error."""

    def __init__(self, status: int, code: str, fields: dict[str, str] | None = None, words: Any = None) -> None:
        self.status, self.code, self.fields, self.words = status, code, fields or {}, words or WORDS[code]
        super().__init__(code)


class TrackersFirst:
    """The ASGI application in front of Django."""

    def __init__(self, django: Any) -> None:
        self.django = django

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path: str = scope["path"]
        is_batch = path == BATCH_PATH and scope["method"] == "POST" and bearer(scope) is not None
        is_track = path == TRACK_PATH or path.startswith(TRACK_PATH + "/")
        if not (is_batch or is_track) or not _is_secure(scope):
            await self.django(scope, receive, send)
            return
        language = "en" if (header(scope, b"accept-language") or "").lower().startswith("en") else "id"
        account: Account | None = None
        begun = time.perf_counter()
        try:
            try:
                account = await _tracker(scope)
                take = _take_batch if is_batch else _take_track
                status, body = await take(account, scope, receive)
            except Overloaded:
                raise Failure(503, "overloaded", words=TOO_BUSY) from None
            except DatabaseError as error:
                logger.warning("the database did not answer", exc_info=error)
                raise Failure(503, "unavailable") from None
            except Malformed:
                raise Failure(400, "malformed") from None
            except TooLarge:
                raise Failure(413, "too_large") from None
            except Failure:
                raise
            except Exception:
                logger.exception("request failed", operation="positions")
                raise Failure(500, "internal") from None
        except Failure as failure:
            message = failure.words[account.language if account else language]
            status = failure.status
            metrics.REFUSALS.labels(failure.code).inc()
            body = {"error": {"code": failure.code, "message": message, "fields": failure.fields}}
            if status >= 500:
                body["error"]["request_id"] = logs.request_id()
        operation = "take_positions" if is_batch else "track"
        metrics.REQUEST_SECONDS.labels(operation, f"{status // 100}xx").observe(time.perf_counter() - begun)
        await _answer(send, status, body)


def _is_secure(scope: Scope) -> bool:
    """Whether Django's own redirect to HTTPS would let it through."""
    return not settings.SIAGA_TLS or header(scope, b"x-forwarded-proto") == "https"


async def _tracker(scope: Scope) -> Account:
    """Who sends. The token is in the header; at /track also in the path or the query, since phones can do no more."""
    token = bearer(scope)
    if token is None and scope["path"] != BATCH_PATH:
        token = scope["path"][len(TRACK_PATH) :].strip("/") or _query(scope).get("token")
    account = await account_of(token or "")
    if account is None:
        raise Failure(401, "not_authenticated")
    if not account.is_tracker:
        raise Failure(403, "not_allowed", words=NotAllowed.words)
    return account


def _query(scope: Scope) -> dict[str, str]:
    return _parameters(scope["query_string"].decode("latin-1"))


def _parameters(text: str) -> dict[str, str]:
    """The first of each name."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=None):
        found.setdefault(name, value)
    return found


async def _take_batch(account: Account, scope: Scope, receive: Any) -> tuple[int, Any]:
    body = await _body(scope, receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    try:
        items = positions_of(parse(body))
    except WrongShape as error:
        raise Failure(422, "invalid", {error.name: error.why}) from None
    return 202, await take_items(account.center_id, items)


async def _take_track(account: Account, scope: Scope, receive: Any) -> tuple[int, Any]:
    """200 also for a point that the judge refuses: a phone would send it again for ever. 400 names what is malformed."""
    body = await _body(scope, receive, TRACK_BYTES_MAX)
    try:
        if (header(scope, b"content-type") or "").startswith("application/json"):
            fix = read_location(parse(body))
        else:
            form = _parameters(body.decode("utf-8", "replace")) if body else {}
            fix = read_parameters(_query(scope) | form, round(time.time(), 6))
    except Unreadable as error:
        await count_invalid(account.center_id)
        raise Failure(400, "invalid", {error.name: error.why}) from None
    except Malformed:
        await count_invalid(account.center_id)
        raise
    answer = await take_one(account.center_id, fix)
    for item in answer["refused"]:
        if item["code"] == "unknown_unit":
            raise Failure(400, "unknown_unit", {"id": item["message"]}, WORDS["invalid"])
    return 200, answer


async def _body(scope: Scope, receive: Any, bytes_max: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("gone")
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Any, status: int, body: Any) -> None:
    content = orjson.dumps(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    headers.append((b"x-content-type-options", b"nosniff"))
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
