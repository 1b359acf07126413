"""Many consoles in one process, as cheap as can be: each socket is read, whole frames are counted by their `"seq":N`.
Prints one JSON line per seq when all sockets have it: {"seq", "first", "last"} (monotonic seconds), and answers a line
`stats` on its input with what it counted. Ends when its input does.

    python -m bench.load.consoles URL COUNT [TOKEN]
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from urllib.parse import urlsplit

HANDSHAKE_PARALLEL = 20
SEQ = b'"seq":'


class Counter:
    def __init__(self, sockets: int) -> None:
        self.sockets = sockets
        self.seen: dict[int, list[float]] = {}
        self.frames = self.frame_bytes = self.binaries = self.binary_bytes = self.lost = 0
        self.binary_gaps: list[float] = []

    def frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 2:
            self.binaries += 1
            self.binary_bytes += len(payload)
            return
        if opcode != 1 or payload.startswith((b'{"type":"beat"', b'{"type":"hello"')):
            return
        self.frames += 1
        self.frame_bytes += len(payload)
        at = payload.find(SEQ)
        if at < 0:
            return
        begin = at + len(SEQ)
        stop = begin
        while payload[stop : stop + 1].isdigit():
            stop += 1
        seq = int(payload[begin:stop])
        now = time.monotonic()
        known = self.seen.setdefault(seq, [now, 0])
        known[1] += 1
        if known[1] == self.sockets:
            print(json.dumps({"seq": seq, "first": known[0], "last": now}), flush=True)
            del self.seen[seq]

    def stats(self) -> dict[str, float]:
        names = ("frames", "frame_bytes", "binaries", "binary_bytes", "lost")
        return {name: getattr(self, name) for name in names}


class Socket(asyncio.Protocol):
    """A websocket client that never speaks but to answer pings."""

    def __init__(self, counter: Counter, request: bytes, is_open: asyncio.Future[None]) -> None:
        self.counter, self.request, self.is_open = counter, request, is_open
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.request)  # type: ignore[attr-defined]

    def connection_lost(self, error: Exception | None) -> None:
        self.counter.lost += 1
        if not self.is_open.done():
            self.is_open.set_exception(ConnectionError("refused"))

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        if not self.is_open.done():
            head, separator, rest = buffer.partition(b"\r\n\r\n")
            if not separator:
                self.buffer = buffer
                return
            if b" 101 " not in head[:20]:
                self.is_open.set_exception(ConnectionError(head[:200].decode("latin-1")))
                return
            self.is_open.set_result(None)
            buffer = rest
        at, length = 0, len(buffer)
        while length - at >= 2:
            size, begin = buffer[at + 1] & 127, at + 2
            if size == 126:
                if length < at + 4:
                    break
                size, begin = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                if length < at + 10:
                    break
                size, begin = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if length < begin + size:
                break
            opcode = buffer[at] & 15
            if opcode == 9:
                # A pong with a mask of zeros.
                payload = buffer[begin : begin + size]
                self.transport.write(bytes([0x8A, 0x80 | size]) + b"\0\0\0\0" + payload)  # type: ignore[attr-defined]
            else:
                self.counter.frame(opcode, buffer[begin : begin + size])
            at = begin + size
        self.buffer = buffer[at:]


async def open_sockets(url: str, count: int, token: str, counter: Counter) -> None:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(HANDSHAKE_PARALLEL)

    async def one() -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        async with gate:
            is_open: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda: Socket(counter, request, is_open), parts.hostname, parts.port)
            await is_open

    await asyncio.gather(*(one() for _ in range(count)))


async def main(url: str, count: int, token: str, counter: Counter) -> None:
    """Until its input ends; answers each line `stats`."""
    loop = asyncio.get_running_loop()
    await open_sockets(url, count, token, counter)
    print(json.dumps({"ready": count}), flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line.strip() == b"stats":
            print(json.dumps({"stats": counter.stats()}), flush=True)


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "", Counter(int(sys.argv[2])))
    )
