"""The first that sees a request: gives it an id, or keeps the one that a trusted proxy gave it, for every log line and for
the answer's header. Knows nothing of paths."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars

from commandcenter.limits.addresses import is_within

HEADER = b"x-request-id"
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
NO_TRACE = "0" * 32


class Edge:
    """Around the whole ASGI application."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = request_id_of(scope)
        clear_contextvars()
        bind_contextvars(request=request)
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        told = (HEADER, request.encode())

        async def with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), told]
            await send(message)

        await self.application(scope, receive, with_id)


def request_id_of(scope: Any) -> str:
    """W3C `traceparent` before `X-Request-ID`, from a trusted proxy alone; else a new one, 32 hexadecimal digits."""
    client = scope.get("client")
    if client and is_within(client[0], tuple(settings.TRUSTED_PROXIES)):
        given = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        trace = TRACEPARENT.fullmatch(given.get(b"traceparent", ""))
        if trace and trace[1] != NO_TRACE:
            return str(trace[1])
        if REQUEST_ID.fullmatch(given.get(HEADER, "")):
            return str(given[HEADER])
    return secrets.token_hex(16)
