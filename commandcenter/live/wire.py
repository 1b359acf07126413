"""A socket's wire: messages framed once for everybody and written straight to the transport. A server that can do that puts
its Wire into the scope's extensions; with any other the consumer sends as ASGI says. Knows no room and no consumer."""

from __future__ import annotations

from typing import Any, Protocol

from websockets.frames import Frame, Opcode

EXTENSION = "siaga.wire"


class Wire(Protocol):
    """What a server gives to a websocket's scope."""

    @property
    def is_writable(self) -> bool:
        """Whether the socket is open and its buffer below the high-water mark."""
        ...

    def write(self, framed: bytes) -> None:
        """Writes whole websocket frames. Never waits."""
        ...

    async def writable(self) -> None:
        """Until the buffer has drained, or the socket is gone."""
        ...

    def abort(self) -> None:
        """Ends the connection at once, whatever is still buffered."""
        ...


class Message:
    """One message to many sockets, encoded and framed once (RFC 6455, one frame, no mask, no compression)."""

    __slots__ = ("framed", "payload")

    def __init__(self, payload: str | bytes) -> None:
        self.payload = payload
        is_text = isinstance(payload, str)
        data = payload.encode() if isinstance(payload, str) else payload
        self.framed = Frame(Opcode.TEXT if is_text else Opcode.BINARY, data).serialize(mask=False)


def wire_of(scope: Any) -> Wire | None:
    """The wire of a websocket's scope; None when its server has none."""
    wire: Wire | None = (scope.get("extensions") or {}).get(EXTENSION)
    return wire
