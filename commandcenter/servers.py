"""Starting the ASGI application on Daphne or on uvicorn with the same bounds, and the wire each gives to a websocket.
On both a websocket send waits until the transport can take more: else a stalled console would grow the process without end."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.interfaces import IPushProducer
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from zope.interface import implementer

from commandcenter.limits.slow import BoundedHttp, bound_connections
from commandcenter.live.drain import CLOSE_MOVE, drain
from commandcenter.live.wire import EXTENSION, wire_of

FRAME_BYTES_MAX = 64 * 1024
PING_SECONDS, PING_TIMEOUT_SECONDS = 20, 30
STOP_SECONDS = 5
SEND_TIMEOUT_SECONDS = 60
SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel may hold for one websocket; by itself it takes megabytes, and a frozen console goes unnoticed for that long."""
BACKLOG = 1024
"""Connections that the kernel holds until they are taken; Twisted's own 50 are gone at the first flood."""
WAITING_MAX = 256
"""Messages of one websocket that may wait for the application before it is no longer listened to."""
CLOSES_OF_A_SERVER = (CLOSE_MOVE, 1013)


@implementer(IPushProducer)
class DaphneWire:
    """Of a Daphne websocket protocol. Told by its Twisted transport when the buffer is full and when it has drained."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._open = asyncio.Event()
        self._open.set()
        # The HTTP channel that the socket was upgraded from had registered itself.
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)
        self._transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._waiting, self._is_read = 0, True

    def heard(self) -> None:
        """A message came in, and waits for the application. When too many do, nothing more is read: a flood stays in the
        network, instead of in a queue that Daphne does not bound."""
        self._waiting += 1
        if self._is_read and self._waiting >= WAITING_MAX:
            self._is_read = False
            self._transport.pauseProducing()

    def taken(self) -> None:
        """The application took one."""
        self._waiting -= 1
        if not self._is_read and self._waiting <= WAITING_MAX // 2:
            self._is_read = True
            self._transport.resumeProducing()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()

    @property
    def is_writable(self) -> bool:
        return self._open.is_set() and self._protocol.state == self._protocol.STATE_OPEN

    def write(self, framed: bytes) -> None:
        """Into the kernel at once when nothing waits before it: the reactor's way there, a buffer and a round of its loop,
        costs twice as much as the sending itself."""
        transport = self._transport
        if not transport.connected or transport.disconnecting:
            return
        is_idle = not transport._tempDataBuffer and transport.offset == len(transport.dataBuffer)
        if is_idle and not transport.TLS:
            sent = transport.writeSomeData(framed)
            if isinstance(sent, int):
                framed = framed[sent:]
        if framed:
            transport.write(framed)

    async def writable(self) -> None:
        await self._open.wait()

    def abort(self) -> None:
        self._open.set()
        self._transport.abortConnection()


class PatientDaphne(Server):  # type: ignore[misc]
    """Daphne that gives each websocket its wire, whose sends await writability, and which drains."""

    def run(self) -> None:
        self.ports: list[Any] = []
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop  # type: ignore[attr-defined]
        drain.watch(loop, stop_listening=self._stop_listening, requests=self._requests, stop=self.stop)
        super().run()

    def listen_success(self, port: Any) -> None:
        if not self.ports:
            bound_connections(self.http_factory)
        self.ports.append(port)
        super().listen_success(port)

    def _stop_listening(self) -> None:
        for port in self.ports:
            port.doRead()  # who has been let in by the kernel is served, not reset
            port.stopListening()

    def _requests(self) -> int:
        """What still works for somebody: requests, and sockets that tidy up. A console that reads nothing is not waited for."""
        works = [
            one.get("application_instance")
            for protocol, one in self.connections.items()
            if "disconnected" in one or not hasattr(protocol, "siaga_wire")
        ]
        return sum(1 for work in works if work is not None and not work.done())

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            wire = protocol.siaga_wire = DaphneWire(protocol)
            scope["extensions"] = {EXTENSION: wire}
            hear = protocol.onMessage

            def on_message(payload: bytes, is_binary: bool) -> None:
                wire.heard()
                hear(payload, is_binary)

            protocol.onMessage = on_message
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        # A close before the handshake is done is a refusal: 403.
        is_closing = message["type"] == "websocket.close" and protocol.state != protocol.STATE_CONNECTING
        if is_closing and message.get("code") in CLOSES_OF_A_SERVER:
            # autobahn keeps a server's own codes from applications
            protocol.sendCloseFrame(code=message["code"])
            return
        if is_closing and message.get("reason") and protocol.state == protocol.STATE_OPEN:
            protocol.sendClose(code=message["code"], reason=message["reason"])
            return
        if message["type"] != "websocket.send":
            await super().handle_reply(protocol, message)
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await protocol.siaga_wire.writable()
        except TimeoutError:
            protocol.siaga_wire.abort()
            raise
        # The bound on messages is meant for what consoles send; what we send may be a long catch-up.
        bound, protocol.maxMessagePayloadSize = protocol.maxMessagePayloadSize, 0
        try:
            await super().handle_reply(protocol, message)
        finally:
            protocol.maxMessagePayloadSize = bound


class UvicornWire:
    """Of a uvicorn websocket protocol."""

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        self._protocol = protocol
        own = protocol.transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    @property
    def is_writable(self) -> bool:
        protocol = self._protocol
        return protocol.writable.is_set() and not protocol.close_sent and not protocol.transport.is_closing()

    def write(self, framed: bytes) -> None:
        if not self._protocol.close_sent and not self._protocol.transport.is_closing():
            self._protocol.transport.write(framed)

    async def writable(self) -> None:
        await self._protocol.writable.wait()

    def abort(self) -> None:
        self._protocol.transport.abort()


class WiredWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket that gives its application the wire."""

    async def run_asgi(self) -> None:
        extensions: Any = self.scope["extensions"]
        extensions[EXTENSION] = UvicornWire(self)
        await super().run_asgi()


def _counting(application: Any) -> Any:
    """The application, whose websockets tell their wire of each message they take."""

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        wire = wire_of(scope) if scope["type"] == "websocket" else None
        if not isinstance(wire, DaphneWire):
            await application(scope, receive, send)
            return

        async def take() -> Any:
            message = await receive()
            if message["type"] == "websocket.receive":
                wire.taken()
            return message

        await application(scope, take, send)

    return counting


def serve_daphne(application: Any, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    PatientDaphne(
        _counting(application),
        endpoints=[f"{one}:backlog={BACKLOG}" for one in build_endpoint_description_strings(host=host, port=port)],
        ping_interval=PING_SECONDS,
        ping_timeout=PING_TIMEOUT_SECONDS,
        websocket_max_message_size=FRAME_BYTES_MAX,
        websocket_max_frame_size=FRAME_BYTES_MAX,
        application_close_timeout=STOP_SECONDS,
        server_name="siaga",
        signal_handlers=False,
        verbosity=0,
    ).run()


class DrainingUvicorn(uvicorn.Server):
    """uvicorn that lets its consoles move over before it ends; it waits for requests in flight by itself."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        drain.watch(
            asyncio.get_running_loop(), stop_listening=self._stop_listening, requests=lambda: 0, stop=self._stop
        )

    def _stop_listening(self) -> None:
        for server in self.servers:
            server.close()

    def _stop(self) -> None:
        self.should_exit = True


def serve_uvicorn(application: Any, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_level="warning",
        lifespan="off",
        http=BoundedHttp,
        ws=WiredWebSocket,
        proxy_headers=False,  # it would take any local process's word; the guard asks SIAGA_TRUSTED_PROXIES
        ws_max_size=FRAME_BYTES_MAX,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_TIMEOUT_SECONDS,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
    )
    DrainingUvicorn(config).run()


SERVERS = {"daphne": serve_daphne, "uvicorn": serve_uvicorn}
