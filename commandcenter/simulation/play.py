"""Plays the city: rings the planned calls, looks at the board, lets crews and desks react, prints what happened.
Every loop is bounded by minutes, calls or the stop event; the parts it drives stand in their own modules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commandcenter.simulation.board import Board, board_from
from commandcenter.simulation.client import Room
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.crews import Crews
from commandcenter.simulation.desk import Desk
from commandcenter.simulation.hotline import Hotline
from commandcenter.simulation.plan import PlannedCall
from commandcenter.simulation.tally import Tally

# Wall seconds.
LOOK_SECONDS = 1.5
REACT_SECONDS = 0.1
POSITION_SECONDS = 2.0
SUMMARY_SECONDS = 30.0
HANG_UP_SECONDS = 90.0
# When fewer than this share of a discipline's units is free, its next call waits for another day: a city that has
# run out of ambulances is a lesson for --surge, not for a first look.
LEAST_FREE_SHARE = 0.25


@dataclass(frozen=True)
class Options:
    minutes: float = 0.0
    """Wall minutes; 0: until stopped."""
    calls: int = 0
    """0: no bound."""
    surge: float = 1.0
    settle_seconds: float = 60.0
    """Wall seconds that crews go on after the last call."""
    has_hotline: bool = True
    has_crews: bool = True
    has_desks: bool = True


class Player:
    def __init__(
        self,
        *,
        room: Room,
        viewer: str,
        clock: CityClock,
        hotline: Hotline,
        crews: Crews,
        desk: Desk,
        tally: Tally,
        timezone: ZoneInfo,
        say: Callable[[str], None],
    ) -> None:
        self.room, self.viewer, self.clock = room, viewer, clock
        self.hotline, self.crews, self.desk = hotline, crews, desk
        self.tally, self.timezone, self.say = tally, timezone, say
        self.board = Board()
        self.stop = asyncio.Event()
        self.enough = asyncio.Event()
        """No further call rings; crews go on until it is quiet."""

    async def play(self, plan: Iterator[PlannedCall], options: Options) -> None:
        """Until the bounds are reached or `stop` is set. Raises TokenRefused or Unreachable."""
        self.board = board_from(await self.room.get(self.viewer, "board"))
        behind: list[Coroutine[Any, Any, Any]] = [self._look(), self._summaries(), self.stop.wait()]
        if options.has_crews:
            behind += [self._drive(), self._let_react(self.crews.react)]
        if options.has_desks:
            behind.append(self._let_react(self.desk.react))
        if options.minutes:
            behind.append(self._end_after(options.minutes * 60.0))
        running = [asyncio.create_task(task) for task in (self._ring_then_settle(plan, options), *behind)]
        try:
            # The first to end is the settling after the last call, the stop event, or an error.
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.stop.set()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _ring_then_settle(self, plan: Iterator[PlannedCall], options: Options) -> None:
        if options.has_hotline:
            await self._ring(plan, options)
        else:
            await _either(self.stop, self.enough)
        await self._settle(options)

    async def _ring(self, plan: Iterator[PlannedCall], options: Options) -> None:
        talking: set[asyncio.Task[None]] = set()
        planned = 0
        try:
            for call in plan:
                if options.calls and planned >= options.calls:
                    break
                if not await self._wait_to_ring(call.ring_at):
                    break
                planned += 1
                self.tally.add("calls planned")
                if self._must_hold_back(call, options):
                    self.tally.add("calls held back")
                    continue
                task = asyncio.create_task(self.hotline.play(call))
                talking.add(task)
                for ended in [task for task in talking if task.done()]:
                    talking.discard(ended)
                    ended.result()
            if talking and not self.stop.is_set():
                stopped: asyncio.Task[Any] = asyncio.create_task(self.stop.wait())
                spoken: asyncio.Task[Any] = asyncio.create_task(_all_of(talking))
                await asyncio.wait({stopped, spoken}, timeout=HANG_UP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
                if spoken.done():
                    spoken.result()
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)

    async def _wait_to_ring(self, ring_at: float) -> bool:
        """False when no further call may ring."""
        waiting = asyncio.create_task(self.clock.sleep_until(ring_at, self.stop))
        enough = asyncio.create_task(self.enough.wait())
        both: set[asyncio.Task[Any]] = {waiting, enough}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return waiting.done() and waiting.result() and not self.enough.is_set()
        finally:
            waiting.cancel()
            enough.cancel()

    def _must_hold_back(self, call: PlannedCall, options: Options) -> bool:
        if call.outcome != "incident" or options.surge > 1.0:
            return False
        return self.board.share_available(call.category) < LEAST_FREE_SHARE

    async def _settle(self, options: Options) -> None:
        """Lets the crews finish what is open, for a bounded time."""
        if not options.has_crews:
            return
        end = self.clock.wall_seconds + options.settle_seconds
        while self.clock.wall_seconds < end and not self.stop.is_set():
            await asyncio.sleep(min(LOOK_SECONDS, options.settle_seconds))
            open_here = [row for row in self.board.incidents.values() if row["opened_by"] in self.desk.ours]
            if not self.board.assignments and not open_here:
                return

    async def _look(self) -> None:
        while not self.stop.is_set():
            asked_at = self.clock.wall_seconds
            self.board = board_from(await self.room.get(self.viewer, "board"))
            # A board that takes long to fetch is a busy room's: it is not asked more often than every third moment.
            await asyncio.sleep(max(LOOK_SECONDS, 2 * (self.clock.wall_seconds - asked_at)))

    async def _let_react(self, react: Callable[[Board], Coroutine[Any, Any, None]]) -> None:
        """Lets one part react to each new board, at its own pace: a busy desk does not hold up the crews."""
        seen: Board | None = None
        while not self.stop.is_set():
            if self.board is not seen:
                seen = self.board
                await react(seen)
            await asyncio.sleep(REACT_SECONDS)

    async def _drive(self) -> None:
        last = self.clock.now
        while not self.stop.is_set():
            await asyncio.sleep(POSITION_SECONDS)
            now = self.clock.now
            # After the room was away, cars go on from where they were: nobody jumps across the city.
            gone = min(now - last, POSITION_SECONDS * 3 * self.clock.speed)
            last = now
            await self.crews.report_positions(self.board, gone, datetime.now(self.timezone).hour)

    async def _summaries(self) -> None:
        while not self.stop.is_set():
            await asyncio.sleep(SUMMARY_SECONDS)
            self.say(self.summary())

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.enough.set()
        await self.stop.wait()

    def summary(self) -> str:
        count = self.tally
        driving = sum(car.goal is not None for car in self.crews.fleet.cars.values())
        return (
            f"{self.clock.wall_seconds:6.0f} s  calls {count['calls rung']}  incidents {count['incidents opened']}"
            f" (closed {count['incidents closed']})  assigned by hand {count['assigned by hand']}"
            f"  on the board: {len(self.board.incidents)} incidents, {len(self.board.assignments)} assignments"
            f"  driving {driving}  positions {count['positions']}"
            f"  refused {count.refused()}  retries {self.room.retries}"
        )


async def _all_of(tasks: Iterable[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks)


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
