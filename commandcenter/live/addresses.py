"""The addresses of sockets: the live feed, the trackers. Any other is refused in the handshake."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from commandcenter.live.accounts import AccountMiddleware
from commandcenter.live.consumer import LiveConsumer
from commandcenter.tracking.consumer import PositionsConsumer


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """403 before the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


websockets = AccountMiddleware(
    URLRouter(
        [
            path("ws/live", LiveConsumer.as_asgi()),  # type: ignore[arg-type]
            path("ws/positions", PositionsConsumer.as_asgi()),  # type: ignore[arg-type]
            re_path(r"", refuse),  # type: ignore[arg-type]
        ]
    )
)
