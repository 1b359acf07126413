"""Plays real records into a room at their own pace: each rings and becomes an incident, or is refused by name.
Knows no file format (`records.py`) and no geography (`fit.py`); every record is counted exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from commandcenter.simulation.client import Refused, Room
from commandcenter.simulation.places import Point
from commandcenter.simulation.records import Reading, Record
from commandcenter.simulation.tally import Tally

# Wall seconds.
ROUTED_PATIENCE_SECONDS = 90.0
ASK_ROUTED_SECONDS = 2.0
CHECKS_AT_ONCE = 6


@dataclass(frozen=True)
class Due:
    record: Record
    place: Point
    wall_seconds: float
    """After the start."""


@dataclass
class Outcome:
    """What became of the records. planned = taken + refused + not_sent; right + wrong = taken."""

    planned: int = 0
    sent: int = 0
    taken: dict[int, Record] = field(default_factory=dict)
    """incident id → record"""
    refused: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    routed_right: int = 0
    not_routed: int = 0
    routed_wrong: Counter[str] = field(default_factory=Counter)

    @property
    def not_sent(self) -> int:
        return self.planned - len(self.taken) - sum(self.refused.values())

    @property
    def right(self) -> int:
        return len(self.taken) - sum(self.wrong.values())


def schedule(
    records: Sequence[Record], places: Sequence[Point], speed: float, longest_gap_seconds: float
) -> tuple[list[Due], int]:
    """(when each record is due, how many gaps were shortened). speed 0: all at once, as fast as the room takes them."""
    due: list[Due] = []
    at = 0.0
    shortened = 0
    last: datetime | None = None
    for record, place in zip(records, places, strict=True):
        gap = (record.at - last).total_seconds() / speed if last and speed else 0.0
        if longest_gap_seconds and gap > longest_gap_seconds:
            gap, shortened = longest_gap_seconds, shortened + 1
        at += gap
        last = record.at
        due.append(Due(record, place, at))
    return due, shortened


class Replayer:
    """`operators` take the calls, `seats` of them at once; `exchange` rings."""

    def __init__(
        self, room: Room, *, exchange: str, operators: list[str], seats: int, lines: int, tally: Tally
    ) -> None:
        self.room, self.exchange, self.operators, self.tally = room, exchange, operators, tally
        self.seats, self.lines = max(seats, 1), max(lines, 1)
        self.outcome = Outcome()

    async def play(self, due: Sequence[Due], stop: asyncio.Event) -> Outcome:
        """Sends every record when it is due. Raises TokenRefused or Unreachable when going on is pointless."""
        self.outcome.planned = len(due)
        clock = asyncio.get_running_loop()
        started_at = clock.time()
        gate = asyncio.Semaphore(self.seats)
        talking: set[asyncio.Task[None]] = set()
        try:
            for number, item in enumerate(due):
                await _sleep_until(started_at + item.wall_seconds, stop)
                await gate.acquire()
                if stop.is_set():
                    break
                task = asyncio.create_task(self._take(number, item, gate))
                talking.add(task)
                for ended in [task for task in talking if task.done()]:
                    talking.discard(ended)
                    ended.result()
            await asyncio.gather(*talking)
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
        return self.outcome

    async def _take(self, number: int, item: Due, gate: asyncio.Semaphore) -> None:
        self.outcome.sent += 1
        try:
            await self._send(number, item)
        except Refused as refusal:
            self.outcome.refused[refusal.code] += 1
        finally:
            gate.release()

    async def _send(self, number: int, item: Due) -> None:
        """Raises Refused when the record did not become an incident."""
        record = item.record
        operator = self.operators[number % len(self.operators)]
        call = await self.room.post(
            self.exchange,
            "calls",
            {
                "external_id": f"{record.key}@{self.room.run}",
                "line": str(1 + number % self.lines),
                "caller_number": None,
                "rang_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            },
        )
        await self.room.post(operator, f"calls/{call['id']}/answer")
        body = {
            "type": record.type,
            "location": {"lat": round(item.place[1], 6), "lon": round(item.place[0], 6)},
            "address": record.address,
            "narrative": record.narrative,
            "call": call["id"],
        }
        if record.priority is not None:
            body["priority"] = record.priority
        try:
            incident = await self.room.post(operator, "incidents", body)
        except Refused:
            await self._hang_up(operator, call["id"], "information")
            raise
        self.outcome.taken[incident["id"]] = record
        if incident["category"] != record.discipline:
            self.outcome.wrong[f"{record.type}: {incident['category']} instead of {record.discipline}"] += 1
        await self._hang_up(operator, call["id"], None)

    async def _hang_up(self, operator: str, call_id: int, outcome: str | None) -> None:
        try:
            await self.room.post(operator, f"calls/{call_id}/end")
            if outcome:
                await self.room.post(operator, f"calls/{call_id}/outcome", {"outcome": outcome})
        except Refused as refusal:
            # The record is in; only its telephone call is not tidy.
            self.tally.refuse("call step", refusal.code)

    async def check_routing(self, viewer: str, stop: asyncio.Event) -> None:
        """Asks of each incident taken whether an agency of the right discipline has it; waits for the workers."""
        clock = asyncio.get_running_loop()
        give_up_at = clock.time() + ROUTED_PATIENCE_SECONDS
        gate = asyncio.Semaphore(CHECKS_AT_ONCE)

        async def ask(incident: int, record: Record) -> bool:
            async with gate:
                row = await self.room.get(viewer, f"incidents/{incident}")
            disciplines = {str(referral["discipline"]) for referral in row["referrals"]}
            if record.discipline in disciplines:
                self.outcome.routed_right += 1
            elif disciplines:
                self.outcome.routed_wrong[f"{record.type}: only {', '.join(sorted(disciplines))}"] += 1
            return bool(disciplines)

        waiting = list(self.outcome.taken.items())
        while waiting:
            answers = await asyncio.gather(*(ask(*item) for item in waiting))
            waiting = [item for item, is_routed in zip(waiting, answers, strict=True) if not is_routed]
            if len(answers) > len(waiting):
                # The workers are at it: patience counts from their last progress.
                give_up_at = clock.time() + ROUTED_PATIENCE_SECONDS
            if waiting and (stop.is_set() or clock.time() >= give_up_at):
                break
            await asyncio.sleep(ASK_ROUTED_SECONDS if waiting else 0.0)
        self.outcome.not_routed = len(waiting)


async def _sleep_until(at: float, stop: asyncio.Event) -> None:
    left = at - asyncio.get_running_loop().time()
    if left > 0:
        try:
            await asyncio.wait_for(stop.wait(), timeout=left)
        except TimeoutError:
            return


def report(
    whole: Reading, chosen: Reading, outcome: Outcome, pulled: int, shortened: int, is_checked: bool
) -> list[str]:
    """The lines that say what was read, sent, taken and refused, and why; the sums are in them."""
    unusable = Counter(item.reason for item in chosen.unusable)
    count = len(chosen.records) + len(chosen.unusable)
    left_out = len(whole.records) + len(whole.unusable) - count
    refused = sum(outcome.refused.values())
    lines = [
        f"rows read          {whole.rows}  (further units of a record already read: {whole.folded})",
        f"records            {whole.rows - whole.folded}  (left out by --from, --to, --limit: {left_out})",
        f"chosen             {count}  = {len(outcome.taken)} incidents + {refused} refused by the room"
        f" + {len(chosen.unusable)} not usable + {outcome.not_sent} not sent",
        f"right discipline   {outcome.right} of {count}  ({100.0 * outcome.right / max(count, 1):.1f} in 100)",
    ]
    lines += [f"  wrong discipline: {what} × {number}" for what, number in outcome.wrong.most_common()]
    lines += [f"  refused by the room: {reason} × {number}" for reason, number in outcome.refused.most_common()]
    for reason, number in unusable.most_common():
        details = Counter(item.detail for item in chosen.unusable if item.reason == reason).most_common(3)
        lines.append(f"  not usable: {reason} × {number}  ({', '.join(repr(detail) for detail, _ in details)})")
    if pulled:
        lines.append(f"  --fit pulled {pulled} places just inside the city's border")
    if shortened:
        lines.append(f"  {shortened} long gaps between records were shortened (--longest-gap)")
    if is_checked:
        wrong = sum(outcome.routed_wrong.values())
        lines.append(f"routed             {outcome.routed_right} to the right discipline, {wrong} elsewhere")
        lines.append(f"not routed yet     {outcome.not_routed}")
        lines += [f"  routed elsewhere: {what} × {number}" for what, number in outcome.routed_wrong.most_common()]
    return lines
