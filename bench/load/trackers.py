"""Trackers as a load, in a process of their own: batches over HTTP, single points over HTTP, single points over websockets.
Each connection sends, waits for its answer and sends again (a socket keeps a few in flight). Prints one JSON line when the
seconds are over: {"taken", "refused", "seconds", "p99_ms"}. In mode `map` each unit reports every five seconds, fifty in a batch, and its
latitude says in units of 1e-7 degrees above LAT how many milliseconds after SINCE (Unix time) it was sent.

    python -m bench.load.trackers URL TOKEN MODE SECONDS UNITS [SINCE]     (batch, http, ws or map; units are T-00000 …)
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
import websockets

from bench.measure import percentile

CONNECTIONS = {"batch": 4, "http": 64, "ws": 8}
BATCH = 1000
IN_FLIGHT = 32
MAP_BATCH, MAP_SECONDS = 50, 5.0
LAT, LON = -7.25, 112.75
STEP_DEGREES, STEPS = 0.00001, 64


class Load:
    """Counts what the servers said, and makes points that are newer each time a unit comes round."""

    def __init__(self, seconds: float, units: int) -> None:
        self.ends_at = time.monotonic() + seconds
        self.taken = self.refused = 0
        self.waits: list[float] = []
        self._points = self._make(units)

    def _make(self, units: int) -> Iterator[dict[str, object]]:
        turn = 0
        while True:
            turn += 1
            at = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="microseconds")
            moved = turn % STEPS * STEP_DEGREES
            for unit in range(units):
                yield {"unit": f"T-{unit:05d}", "lat": LAT + moved, "lon": LON, "at": at, "speed": 40.5, "heading": 90}

    def points(self, count: int) -> list[dict[str, object]]:
        return [next(self._points) for _ in range(count)]

    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def heard(self, answer: bytes | str, sent_at: float) -> None:
        said = orjson.loads(answer)
        if "taken" not in said:
            raise RuntimeError(f"refused: {answer[:300]!r}")
        self.taken += said["taken"]
        self.refused += len(said["refused"])
        self.waits.append(time.monotonic() - sent_at)


async def over_http(url: str, token: str, load: Load, size: int) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /api/v1/positions HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
    while not load.is_over():
        body = orjson.dumps({"positions": load.points(size)})
        sent_at = time.monotonic()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        load.heard(await _answer(reader), sent_at)
    writer.close()


async def over_websocket(url: str, token: str, load: Load) -> None:
    address = url.replace("http", "ws", 1) + "/ws/positions"
    async with websockets.connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        sent: deque[float] = deque()
        while not load.is_over() or sent:
            while len(sent) < IN_FLIGHT and not load.is_over():
                sent.append(time.monotonic())
                await socket.send(orjson.dumps(load.points(1)[0]).decode())
            if sent:
                load.heard(await socket.recv(), sent.popleft())


async def on_the_map(url: str, token: str, load: Load, units: int, since: float) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /api/v1/positions HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
    batches = units // MAP_BATCH
    begun = time.monotonic()
    for turn in range(1_000_000):
        await asyncio.sleep(max(0.0, begun + turn * MAP_SECONDS / batches - time.monotonic()))
        if load.is_over():
            break
        now, first = time.time(), turn % batches * MAP_BATCH
        at, lat = (
            datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds"),
            LAT + round((now - since) * 1e3) * 1e-7,
        )
        point = {"lat": round(lat, 7), "lon": LON, "at": at, "speed": 40.5, "heading": 90}
        body = orjson.dumps(
            {"positions": [{"unit": f"T-{unit:05d}"} | point for unit in range(first, first + MAP_BATCH)]}
        )
        sent_at = time.monotonic()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        load.heard(await _answer(reader), sent_at)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    return await reader.readexactly(next(int(line[15:]) for line in lines if line.startswith(b"content-length:")))


async def main(url: str, token: str, mode: str, seconds: float, units: int, since: float) -> None:
    load, begun = Load(seconds, units), time.monotonic()
    if mode == "map":
        await on_the_map(url, token, load, units, since)
        print(
            json.dumps({"taken": load.taken, "refused": load.refused, "seconds": time.monotonic() - begun}), flush=True
        )
        return
    size = BATCH if mode == "batch" else 1
    ways = [
        over_websocket(url, token, load) if mode == "ws" else over_http(url, token, load, size)
        for _ in range(CONNECTIONS[mode])
    ]
    await asyncio.gather(*ways)
    said = {"taken": load.taken, "refused": load.refused, "seconds": time.monotonic() - begun}
    print(json.dumps(said | {"p99_ms": percentile(load.waits, 99) * 1000}), flush=True)


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5]), float((sys.argv + ["0"])[6]))
    )
