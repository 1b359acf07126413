"""Who sends a request byte by byte, or without an end, holds a connection: both servers give a head and a body so long and so
many bytes, then cut. Only that; what servers do else is in `commandcenter/servers.py`."""

from __future__ import annotations

import asyncio
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings
from twisted.internet import reactor
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TOO_LARGE = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"error":{"code":"too_large","message":"Permintaan terlalu besar. / The request is too large.","fields":{}}}'
)


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """Daphne's request; it is made with the first line, and processed when the body is whole."""

    def __init__(self, channel: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(channel, *args, **kwargs)
        self.received = 0
        self.late: Any = reactor.callLater(settings.BODY_SECONDS, channel.forceAbortClient)  # type: ignore[attr-defined]

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        if length is not None and length > settings.BODY_BYTES_MAX:
            self._refuse()
        super().gotLength(0 if length is not None and length > settings.BODY_BYTES_MAX else length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.received += len(data)
        if self.received > settings.BODY_BYTES_MAX:
            self._refuse()
            return
        super().handleContentChunk(data)

    def process(self) -> Any:
        self._in_time()
        return super().process()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._in_time()
        super().connectionLost(reason)

    def _in_time(self) -> None:
        if self.late.active():
            self.late.cancel()

    def _refuse(self) -> None:
        transport = self.channel.transport if self.channel is not None else None
        if transport is not None and not getattr(transport, "disconnecting", False):
            transport.write(TOO_LARGE)
            transport.loseConnection()


def bound_connections(factory: Any) -> None:
    """Daphne's HTTP factory: from now on its connections must begin a request in time, and its requests are bounded."""
    build = factory.buildProtocol

    def build_bounded(address: Any) -> Any:
        protocol = build(address)
        if protocol is not None:
            channel = protocol._channel
            late: Any = reactor.callLater(settings.HEAD_SECONDS, channel.forceAbortClient)  # type: ignore[attr-defined]

            def begin(*args: Any, **kwargs: Any) -> BoundedRequest:
                if late.active():
                    late.cancel()
                return BoundedRequest(*args, **kwargs)

            protocol.requestFactory = begin
        return protocol

    factory.buildProtocol = build_bounded


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's; the body's time is kept by the guard."""

    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start()

    def on_message_begin(self) -> None:
        if self.late is None:
            self._start()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_time()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def _start(self) -> None:
        self.late = self.loop.call_later(settings.HEAD_SECONDS, self.transport.abort)

    def _in_time(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None
