"""Reports of incidents over the public API, at a steady rate or as fast as answers come, and one console that sees them routed.
Prints one JSON line: {"seconds", "answered": [ms …], "routed": [ms …], "refused"}. `routed` is from the sending of the POST until
the frame with the first referral of its incident is with the console.

    python -m bench.load.reports URL[,URL] TOKEN COUNT RATE CONNECTIONS WAIT

RATE 0: as fast as answers come. WAIT: how many seconds to wait for the last to be routed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import websockets

TYPES = ("burglary", "landslide", "abandoned_elder")
WORDS = ("pintu belakang dibobol", "tebing longsor menutup jalan", "lansia terlantar di halte", "kaca depan pecah")


@dataclass
class Tally:
    sent: dict[int, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    seen: dict[int, float] = field(default_factory=dict)
    refused: int = 0


class Line:
    """One kept connection: one request at a time, HTTP/1.1 as the API answers it."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._at = (host, port)
        self._head = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(*self._at)

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lower = answer.lower()
        if b"content-length:" in lower:
            at = lower.index(b"content-length:") + 15
            return status, await self._reader.readexactly(int(lower[at : lower.index(b"\r\n", at)]))
        data = b""
        while size := int(await self._reader.readline(), 16):
            data += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return status, data


def body_of(number: int) -> bytes:
    """Spread over the two zones of the city, in three types, with words of ordinary length."""
    lat, lon = -7.34 + (number * 37 % 180) / 1000, 112.66 + (number * 53 % 180) / 1000
    words = WORDS[number % len(WORDS)]
    report = {
        "type": TYPES[number % len(TYPES)],
        "location": {"lat": lat, "lon": lon},
        "address": f"Jl. Contoh {number}",
    }
    return json.dumps(report | {"narrative": f"{words}; pelapor menunggu di depan gang {number}"}).encode()


async def watch(url: str, token: str, tally: Tally, is_on: asyncio.Event) -> None:
    address = url.replace("http", "ws", 1) + "/ws/live"
    async with websockets.connect(
        address, additional_headers={"Authorization": f"Bearer {token}"}, max_size=None, compression=None
    ) as socket:
        is_on.set()
        async for text in socket:
            if isinstance(text, str) and text.startswith('{"type":"frame"'):
                now = time.monotonic()
                for row in json.loads(text)["rows"]["referrals"]:
                    tally.seen.setdefault(row["incident"], now)


async def main(urls: list[str], token: str, count: int, rate: float, connections: int, wait: float) -> None:
    tally, is_on = Tally(), asyncio.Event()
    watching = asyncio.create_task(watch(urls[0], token, tally, is_on))
    await asyncio.wait_for(is_on.wait(), 10)
    numbers = itertools.count()
    free: asyncio.Queue[Line] = asyncio.Queue()
    for number in range(connections):
        parts = urlsplit(urls[number % len(urls)])
        assert parts.hostname is not None and parts.port is not None
        line = Line(parts.hostname, parts.port, token)
        await line.open()
        free.put_nowait(line)

    async def send(number: int, due_at: float) -> None:
        """Timed from when it was due: a server that makes senders wait is not forgiven the waiting."""
        line = await free.get()
        status, data = await line.post("/api/v1/incidents", body_of(number))
        now = time.monotonic()
        free.put_nowait(line)
        if status != 201:
            tally.refused += 1
            return
        tally.answered.append((now - due_at) * 1000)
        tally.sent[json.loads(data)["id"]] = due_at

    begun = time.monotonic()
    if rate:
        tasks = []
        for number in range(count):
            due_at = begun + number / rate
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            tasks.append(asyncio.create_task(send(number, due_at)))
        await asyncio.gather(*tasks)
    else:

        async def keep_sending() -> None:
            while (number := next(numbers)) < count:
                await send(number, time.monotonic())

        await asyncio.gather(*(keep_sending() for _ in range(connections)))
    seconds = time.monotonic() - begun
    deadline = time.monotonic() + wait
    while len(tally.seen.keys() & tally.sent.keys()) < len(tally.sent) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    watching.cancel()
    routed = [(tally.seen[pk] - at) * 1000 for pk, at in tally.sent.items() if pk in tally.seen]
    print(
        json.dumps({"seconds": seconds, "answered": tally.answered, "routed": routed, "refused": tally.refused}),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(
        main(
            sys.argv[1].split(","),
            sys.argv[2],
            int(sys.argv[3]),
            float(sys.argv[4]),
            int(sys.argv[5]),
            float(sys.argv[6]),
        )
    )
