"""Consoles that look at the moving map: as `bench.load.consoles`, and each `stats` tells how old the positions were when they
came, since the last one. A latitude says when its point was sent (see `bench.load.trackers`, mode map).

    python -m bench.load.map_consoles URL COUNT TOKEN SINCE
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from collections import defaultdict

from bench.load.consoles import Counter, main
from bench.measure import percentile

HEADER_BYTES, UNIT = 16, struct.Struct("<IiiBBH")
ONE_OF = 8
"""Of the units of a frame so many are looked at; of the consoles all."""
LAT_E7 = -72_500_000


class MapCounter(Counter):
    def __init__(self, sockets: int, since: float) -> None:
        super().__init__(sockets)
        self.since = since
        self.arrivals: dict[bytes, list[float]] = defaultdict(list)
        self.payloads: dict[bytes, bytes] = {}

    def frame(self, opcode: int, payload: bytes) -> None:
        super().frame(opcode, payload)
        if opcode == 2:
            header = payload[:HEADER_BYTES]
            self.arrivals[header].append(time.time() - self.since)
            self.payloads[header] = payload

    def stats(self) -> dict[str, float]:
        """Of the frames since the last time: how many a console got each second, units and bytes in them, ages in seconds."""
        ages: list[float] = []
        units = 0
        for header, payload in self.payloads.items():
            points = list(UNIT.iter_unpack(payload[HEADER_BYTES:]))
            units += len(points)
            sent = [(point[1] - LAT_E7) / 1000 for point in points[::ONE_OF]]
            ages += [arrival - at for arrival in self.arrivals[header] for at in sent]
        said = super().stats() | {
            "map_rate": self._rate(),
            "map_units": units,
            "map_bytes": sum(map(len, self.payloads.values())) - HEADER_BYTES * len(self.payloads),
            "age_p50": percentile(ages, 50) if ages else 0.0,
            "age_p99": percentile(ages, 99) if ages else 0.0,
        }
        self.arrivals.clear()
        self.payloads.clear()
        return said

    def _rate(self) -> float:
        """Frames a second of one console, from the first arrival of the first to that of the last: no window cuts them."""
        first = sorted(min(arrivals) for arrivals in self.arrivals.values())
        if len(first) < 2:
            return float(len(first))
        frames = sum(map(len, self.arrivals.values())) / self.sockets
        return frames * (1 - 1 / len(first)) / (first[-1] - first[0])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], MapCounter(int(sys.argv[2]), float(sys.argv[4]))))
