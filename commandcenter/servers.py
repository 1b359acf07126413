"""Starting the ASGI application on Daphne or on uvicorn with the same bounds. On Daphne a websocket send waits until the
transport can take more, as uvicorn's does: else a stalled console would grow the process without end."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from commandcenter.live.drain import CLOSE_MOVE, drain

FRAME_BYTES_MAX = 64 * 1024
PING_SECONDS, PING_TIMEOUT_SECONDS = 20, 30
STOP_SECONDS = 5
SEND_TIMEOUT_SECONDS = 60
CLOSES_OF_A_SERVER = (CLOSE_MOVE, 1013)


@implementer(IPushProducer)
class Valve:
    """Told by a Twisted transport when its buffer is full and when it has drained."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self.open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self.open.set()


class PatientDaphne(Server):  # type: ignore[misc]
    """Daphne whose websocket sends await writability, and which drains; a socket that takes nothing for a minute is cut."""

    def run(self) -> None:
        self.ports: list[Any] = []
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop  # type: ignore[attr-defined]
        drain.watch(loop, stop_listening=self._stop_listening, requests=self._requests, stop=self.stop)
        super().run()

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def _stop_listening(self) -> None:
        for port in self.ports:
            port.doRead()  # who has been let in by the kernel is served, not reset
            port.stopListening()

    def _requests(self) -> int:
        answering = [one.get("application_instance") for one in self.connections.values() if "disconnected" not in one]
        return sum(1 for one in answering if one is not None and not one.done())

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close" and message.get("code") in CLOSES_OF_A_SERVER:
            # autobahn keeps a server's own codes from applications
            protocol.sendCloseFrame(code=message["code"])
            return
        if message["type"] != "websocket.send":
            await super().handle_reply(protocol, message)
            return
        valve = getattr(protocol, "siaga_valve", None)
        if valve is None and protocol.transport is not None:
            valve = protocol.siaga_valve = Valve()
            protocol.transport.unregisterProducer()
            protocol.transport.registerProducer(valve, True)
        if valve is not None and not valve.open.is_set():
            try:
                await asyncio.wait_for(valve.open.wait(), SEND_TIMEOUT_SECONDS)
            except TimeoutError:
                protocol.transport.abortConnection()
                raise
        # The bound on messages is meant for what consoles send; what we send may be a long catch-up.
        bound, protocol.maxMessagePayloadSize = protocol.maxMessagePayloadSize, 0
        try:
            await super().handle_reply(protocol, message)
        finally:
            protocol.maxMessagePayloadSize = bound


def serve_daphne(application: Any, host: str, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    PatientDaphne(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
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
        ws="websockets",
        ws_max_size=FRAME_BYTES_MAX,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_TIMEOUT_SECONDS,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
    )
    DrainingUvicorn(config).run()


SERVERS = {"daphne": serve_daphne, "uvicorn": serve_uvicorn}
