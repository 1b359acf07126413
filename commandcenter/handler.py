"""Django's ASGI handler with one hop into a thread for a whole request. Django's own goes back and forth between the event loop
and threads for every middleware that is not written for both: half of what a short request costs."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponse, HttpResponseBase

from commandcenter.api.root import api
from incidents import logs, metrics

logger = logs.get(__name__)

RESERVED_CONNECTIONS = 6
"""Of the pool, for the live feed and the trackers' writer."""
THREADS = ThreadPoolExecutor(max(2, settings.POOL_CONNECTIONS_MAX - RESERVED_CONNECTIONS), thread_name_prefix="request")


class OneHopHandler(ASGIHandler):
    """Middleware and views are synchronous here; they run one after the other in a thread that is kept."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Without Django's ThreadSensitiveContext, which starts a thread for each request: nothing here needs it.
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        in_thread = sync_to_async(self._respond, thread_sensitive=False, executor=THREADS)
        return await in_thread(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        try:
            if not _keep_body(request):
                return HttpResponse(status=503)  # to nobody
            response = self.get_response(request)
            _note(request, response, time.perf_counter() - begun)
            return response
        finally:
            close_old_connections()  # back to the pool, from the thread that has it


SLOW_SECONDS = 2.0
_operations: dict[tuple[str, str], str] = {}


def operation_of(request: HttpRequest) -> str:
    """The name of what was asked for, never its path: `incidents_open`, `console`, `admin:incidents_call_changelist`."""
    match = request.resolver_match
    if match is None:
        return "unknown"
    if not _operations:
        for path, methods in api.get_openapi_schema()["paths"].items():
            for method, operation in methods.items():
                name = operation["operationId"].removeprefix("commandcenter_api_").rstrip("_")
                _operations[method.upper(), path] = name
    template = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", match.route)
    return _operations.get((request.method or "", template)) or match.view_name or "unnamed"


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Its time for Prometheus; a line in the log for what changes, fails, or takes long."""
    operation, status = operation_of(request), response.status_code
    metrics.REQUEST_SECONDS.labels(operation, f"{status // 100}xx").observe(seconds)
    if request.method in ("GET", "HEAD") and status < 400 and seconds < SLOW_SECONDS:
        return
    user = getattr(request, "auth", None) or getattr(request, "_cached_user", None)
    logger.info(
        "request",
        operation=operation,
        method=request.method,
        status=status,
        seconds=round(seconds, 4),
        code=getattr(response, "siaga_code", None),
        user=getattr(user, "pk", None),
        role=getattr(user, "role", None),
    )


def _keep_body(request: HttpRequest) -> bool:
    """Reads what JSON was sent while it is there: when a client has gone, Django closes it under the view that still works for
    it, waiting for a database perhaps. False: the client went while its request waited for a thread."""
    if request.content_type != "application/json":
        return True  # forms and files are read by their own readers
    try:
        len(request.body)
    except RequestDataTooBig:
        return True  # refused where it is read
    except (ValueError, UnreadablePostError):
        return False
    return True
