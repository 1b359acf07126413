"""Stock Channels: a consumer in one group, fed by `group_send`, as its tutorial shows.
BENCH_LAYER: core or pubsub; BENCH_PREFIX: of its keys, so that two servers are two rooms."""

from __future__ import annotations

import os
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

LAYERS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}


def layer_settings(kind: str, prefix: str, redis_url: str) -> dict[str, Any]:
    host: dict[str, Any] = {"address": redis_url}
    if kind == "core":
        # redis-py's own defaults end idle reads after 5 s and allow a hundred connections.
        host |= {"socket_timeout": None, "max_connections": 5000}
    return {"default": {"BACKEND": LAYERS[kind], "CONFIG": {"hosts": [host], "prefix": prefix}}}


if not settings.configured:
    settings.configure(
        CHANNEL_LAYERS=layer_settings(os.environ["BENCH_LAYER"], os.environ["BENCH_PREFIX"], os.environ["REDIS_URL"]),
        SECRET_KEY="bench",
    )


class Room(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("room", self.channel_name)

    async def room_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


application = Room.as_asgi()
