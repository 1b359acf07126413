"""A small TCP proxy between a web process and a service: passes on, passes on late, or holds everything back. One process
for all links of a run, told by lines on its input.

    python -m bench.faults.proxy '[{"name": "one-redis", "host": "127.0.0.1", "to": "127.0.0.1:6379"}, …]'

Prints {"name": port, …}; then takes lines `NAME pass`, `NAME hold`, `NAME slow MILLISECONDS`. Ends when its input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

CHUNK_BYTES = 65536


class Link:
    """One listening place and where it leads: `host:port` or the path of a socket."""

    def __init__(self, name: str, to: str) -> None:
        self.name, self.to = name, to
        self.delay_seconds = 0.0
        self.may_pass = asyncio.Event()
        self.may_pass.set()

    def tell(self, mode: str, amount: float) -> None:
        self.delay_seconds = amount / 1000 if mode == "slow" else 0.0
        if mode == "hold":
            self.may_pass.clear()
        else:
            self.may_pass.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        await self.may_pass.wait()
        try:
            if self.to.startswith("/"):
                far_reader, far_writer = await asyncio.open_unix_connection(self.to)
            else:
                host, _, port = self.to.rpartition(":")
                far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(self._carry(reader, far_writer)),
            asyncio.create_task(self._carry(far_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, far_writer):
            end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self.may_pass.wait()
                writer.write(chunk)
                await writer.drain()


async def main(given: list[dict[str, Any]]) -> None:
    links = {one["name"]: Link(one["name"], one["to"]) for one in given}
    ports = {}
    servers = []
    for one in given:
        server = await asyncio.start_server(links[one["name"]].take, one["host"], one.get("port", 0))
        servers.append(server)
        ports[one["name"]] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().split():
        links[line[0]].tell(line[1], float(line[2]) if len(line) > 2 else 0.0)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(main(json.loads(sys.argv[1])))
