"""Who plays while parts break: openers who take cases from report to end, crowds that want the same few units, and consoles.
They only play and note; nothing here judges."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import websockets

from bench.faults.checkers import Seen
from bench.faults.room import Room
from commandcenter.board import BOARD_LISTS
from tests.live.console import Console, without_places

KINDS = ("burglary", "building_fire", "landslide", "abandoned_elder", "burglary", "ghost_sighting")
OPEN_AT_ONCE = 5
SURGE = 3.0
PATHS = (
    ("cleared",),
    ("acknowledged", "en_route", "canceled"),
    ("en_route", "on_scene", "cleared"),
    ("acknowledged", "en_route", "on_scene", "transporting", "at_hospital", "cleared"),
)


@dataclass
class Pace:
    """How much happens: creates a second of all openers together, attempts a second of all contenders together."""

    creates: float
    attempts: float
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    surge: float = 1.0
    is_paused: bool = False

    async def wait(self, every_seconds: float, rng: random.Random) -> None:
        await asyncio.sleep(every_seconds / self.surge * rng.uniform(0.5, 1.5))
        while self.is_paused and not self.is_over.is_set():
            await asyncio.sleep(0.05)


def report(kind: str, mark: str, rng: random.Random) -> dict[str, Any]:
    """The body of a case; `mark`, its key, stands in the narrative, so that the rows say what they came from."""
    place = {"lat": round(rng.uniform(-7.34, -7.16), 5), "lon": round(rng.uniform(112.66, 112.84), 5)}
    return {"type": kind, "location": place, "narrative": mark, "address": "Jl. Contoh 1"}


async def open_cases(room: Room, pace: Pace, openers: int, seed: int) -> None:
    """Opens, steps what was sent, closes the oldest; until the pace is over."""
    rng = random.Random(seed)
    open_cases: deque[int] = deque()
    for number in itertools.count(1):
        if pace.is_over.is_set():
            return
        await pace.wait(openers / pace.creates, rng)
        key = f"{room.who}-case-{number}"
        answer = await room.do_with(key, "create", "incidents", report(KINDS[number % len(KINDS)], key, rng))
        if answer is None or not answer.is_ok:
            continue
        open_cases.append(answer.body["id"])
        if number % 4 == 0:
            await _step_one(room, rng.choice(open_cases), rng)
        while len(open_cases) > OPEN_AT_ONCE:
            pk = open_cases.popleft()
            await room.do("close", f"incidents/{pk}/close", {"disposition": "handled"}, incident=pk)


async def _step_one(room: Room, incident: int, rng: random.Random) -> None:
    found = await room.get(f"incidents/{incident}")
    rows = [row for row in (found or {}).get("assignments", []) if row["on_board"]]
    if rows:
        row = rng.choice(rows)
        await room.do(
            "step",
            f"assignments/{row['id']}/status",
            {"status": rng.choice(["en_route", "acknowledged"])},
            assignment=row["id"],
        )


async def contend(room: Room, pace: Pace, contenders: int, units: list[str], incidents: list[int], seed: int) -> None:
    """Wants one of a few units, like everybody else; who gets it walks it through its steps and lets it go."""
    rng = random.Random(seed)
    while not pace.is_over.is_set():
        await pace.wait(contenders / pace.attempts, rng)
        incident, unit = rng.choice(incidents), rng.choice(units)
        answer = await room.do(
            "assign", f"incidents/{incident}/assignments", {"unit": unit}, unit=unit, incident=incident
        )
        if answer is None or not answer.is_ok:
            continue
        for status in rng.choice(PATHS):
            await asyncio.sleep(rng.uniform(0, 0.05))
            path = f"assignments/{answer.body['id']}/status"
            await room.do("step", path, {"status": status}, assignment=answer.body["id"])


class Watcher(Console):
    """A console that goes to another web process when its own is gone, and notes what it was led past."""

    def __init__(self, name: str, urls: list[str], token: str) -> None:
        super().__init__(urls[0], token)
        self.name = name
        self.holes: list[str] = []
        self.history: list[tuple[float, int]] = []
        """(Unix time, seq) of each frame taken."""
        self._urls = itertools.cycle(urls)
        self._at = next(self._urls)

    def socket(self, since: object = None) -> Any:
        self.url, self._at = self._at, next(self._urls)
        query = "" if since is None else f"?since={since}"
        return websockets.connect(
            f"{self.url.replace('http', 'ws')}/ws/live{query}",
            additional_headers=self.headers,
            open_timeout=5,
            close_timeout=1,
            ping_interval=None,
        )

    async def board(self) -> dict[str, Any]:
        self.url = self._at
        return await super().board()

    def take(self, message: dict[str, Any]) -> bool:
        before = self.seq
        goes_on = super().take(message)
        if message["type"] == "frame" and self.seq != before:
            told = [entry["seq"] for entry in message["entries"] if entry["seq"] > before]
            if told != list(range(before + 1, self.seq + 1)):
                self.holes.append(f"from {before} to {self.seq} with {len(told)} entries")
            self.history.append((time.time(), self.seq))
        return goes_on

    @property
    def seen(self) -> Seen:
        rows = {name: self.rows.get(name, {}) for name in BOARD_LISTS}
        return Seen(self.name, self.seq, without_places(rows), self.holes)


async def settle(watchers: list[Watcher], head: int, seconds: float) -> float | None:
    """Until all consoles are at the head. How long the last one took; None when one is not there in time."""
    begun = time.time()
    while time.time() - begun < seconds:
        if all(watcher.seq >= head for watcher in watchers):
            return time.time() - begun
        await asyncio.sleep(0.05)
    return None
