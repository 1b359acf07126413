"""A hostile client on bare TCP: handshakes and frames as no library would send them. Knows nothing of Siaga; asserts nothing."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

TEXT, BINARY, CONTINUATION, CLOSE = 1, 2, 0, 8
FIN, RSV1 = 0x80, 0x40


def frame(
    payload: bytes, opcode: int = TEXT, *, bits: int = FIN, length: int | None = None, is_masked: bool = True
) -> bytes:
    """`length`: what the head says, if it shall lie."""
    size = len(payload) if length is None else length
    mark = 0x80 if is_masked else 0
    if size < 126:
        head = bytes([bits | opcode, mark | size])
    elif size < 2**16:
        head = bytes([bits | opcode, mark | 126]) + struct.pack("!H", size)
    else:
        head = bytes([bits | opcode, mark | 127]) + struct.pack("!Q", size)
    # A mask of zeros changes nothing, and is one.
    return head + (bytes(4) if is_masked else b"") + payload


@dataclass
class Wire:
    """A websocket after its handshake."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int
    head: str

    async def say(self, *frames: bytes) -> bool:
        """False: the other side is gone."""
        try:
            for one in frames:
                self.writer.write(one)
                await self.writer.drain()
        except (ConnectionError, OSError):
            return False
        return True

    async def until_closed(self, seconds: float) -> tuple[int | None, str]:
        """(code, reason) of the close frame; code None: cut without one. Raises TimeoutError while it stays open."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    first, second = await self.reader.readexactly(2)
                    size = second & 0x7F
                    if size == 126:
                        size = struct.unpack("!H", await self.reader.readexactly(2))[0]
                    elif size == 127:
                        size = struct.unpack("!Q", await self.reader.readexactly(8))[0]
                    payload = await self.reader.readexactly(size)
                    if first & 0x0F == CLOSE:
                        code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None
                        return code, payload[2:].decode()
            except (asyncio.IncompleteReadError, ConnectionError, OSError):
                return None, ""

    def cut(self) -> None:
        self.writer.transport.abort()


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def open_socket(url: str, path: str, **headers: str) -> Wire:
    """Handshake; `status` 101 when it was let in. Header names with _ for -."""
    reader, writer = await connect(url)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()
    async with asyncio.timeout(20):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    return Wire(reader, writer, int(head.split(" ")[1]), head)
