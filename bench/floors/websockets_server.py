"""The `websockets` library's own broadcast(), fed by Redis pub/sub.

python -m bench.floors.websockets_server PORT REDIS_URL CHANNEL
"""

from __future__ import annotations

import asyncio
import sys

import redis.asyncio
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int, url: str, channel: str) -> None:
    clients: set[ServerConnection] = set()

    async def stay(client: ServerConnection) -> None:
        clients.add(client)
        try:
            await client.wait_closed()
        finally:
            clients.discard(client)

    pubsub = redis.asyncio.Redis.from_url(url, socket_timeout=None).pubsub()
    async with serve(stay, "127.0.0.1", port, compression=None), pubsub:
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                broadcast(clients, message["data"].decode())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
