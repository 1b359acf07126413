"""The addresses of sockets: the live feed, the trackers. Any other is refused in the handshake."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from commandcenter.live.accounts import AccountMiddleware
from commandcenter.live.consumer import LiveConsumer
from commandcenter.tracking.consumer import PositionsConsumer

CONSUMERS: dict[str, type[LiveConsumer | PositionsConsumer]] = {
    "ws/live": LiveConsumer,
    "ws/positions": PositionsConsumer,
}
"""Each with its row in `commandcenter/doors.py`."""


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """403 before the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


websockets = AccountMiddleware(
    URLRouter(
        [
            *(path(address, consumer.as_asgi()) for address, consumer in CONSUMERS.items()),  # type: ignore[arg-type]
            re_path(r"", refuse),  # type: ignore[arg-type]
        ]
    )
)
