"""Django's ASGI handler with one hop into a thread for a whole request. Django's own goes back and forth between the event loop
and threads for every middleware that is not written for both: half of what a short request costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

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
        try:
            return self.get_response(request)
        finally:
            close_old_connections()  # back to the pool, from the thread that has it
