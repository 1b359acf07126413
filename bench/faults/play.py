"""One run: a city, clients, the nemesis, rest, and the reading of everything. Needs Django set up on the run's own database."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from bench.faults.checkers import Final, check
from bench.faults.clients import Pace, Watcher, contend, open_cases, settle
from bench.faults.figures import counts_of, felt, refusal_milliseconds
from bench.faults.final import read_final
from bench.faults.history import History
from bench.faults.nemesis import KINDS, plan, torment
from bench.faults.room import Room
from bench.faults.stage import Stage
from bench.measure import percentile
from dispatch.models import Agency, Station, Unit, UnitType
from incidents.models import Feed, Job
from tests.cast import Cast, make_city

OPENERS_AT_LEAST, CONTENDERS, CONTENDED = 4, 32, 5
UNITS_EACH = 25
WARM_SECONDS = 2.0
KEEP_UP_SECONDS = 0.5
REST_SECONDS = 120.0
SETTLE_SECONDS = 60.0
Say = Callable[[str], None]


@dataclass
class Result:
    """What came of a run. `breaches`: checker → words."""

    names: list[str]
    counts: dict[str, int]
    breaches: dict[str, list[str]]
    seconds: dict[str, dict[str, list[float]]]
    refusals: dict[str, float]
    """p95 in milliseconds, `undisturbed` and `during faults`."""
    settled: float | None
    skipped: list[str]
    uses_namespaces: bool
    unknown: int = 0
    """Operations of which nobody ever learned what came of them."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_broken(self) -> bool:
        return any(self.breaches.values())

    def lines(self) -> list[str]:
        lines = [f"  {count:>8,} {what}" for what, count in self.counts.items()]
        lines += [f"  {words}" for words in self.notes]
        for kind, times in self.seconds.items():
            said = ", ".join(f"{name} {max(values):.2f} s" for name, values in times.items() if values)
            lines.append(f"  {kind:18} ×{len(times['silence'])}: at most {said}")
        for name, found in self.breaches.items():
            lines.append(f"{'BROKEN' if found else 'held  '} {name}")
            lines += [f"         {words}" for words in found[:10]]
            lines += [f"         … and {len(found) - 10} more"] if len(found) > 10 else []
        return lines


def play(stage: Stage, options: argparse.Namespace, names: list[str], seed: int, say: Say) -> Result:
    """Blocks until it is over."""
    skipped = [name for name in names if KINDS[name].needs == "disk" and not stage.has_own_disk]
    if skipped:
        say(f"skipped here: {', '.join(skipped)}")
    city = make_city(UNITS_EACH)
    units = _contended(city)
    connections.close_all()
    stage.start_processes()
    say("everything runs")
    history = History(stage.folder / "history.jsonl")
    pace = Pace(options.creates, options.attempts)
    watchers = [
        Watcher(f"console {number}", stage.urls[:: (-1) ** number], city.token("dana"))
        for number in range(options.consoles)
    ]
    openers = max(OPENERS_AT_LEAST, round(options.creates))
    planned = plan(seed, options.faults, options.seconds, [name for name in names if name not in skipped])

    async def everything() -> float | None:
        following = [asyncio.create_task(watcher.follow()) for watcher in watchers]
        following.append(asyncio.create_task(_keep_up(stage)))
        rooms = [Room(history, stage.urls, city.token("rian"), f"opener-{number}") for number in range(openers)]
        contested = await _contested(rooms[0])
        playing = [
            asyncio.create_task(one) for one in _players(stage, city, history, pace, rooms, units, contested, seed)
        ]
        await asyncio.sleep(WARM_SECONDS)
        await torment(stage, history, pace, planned, say)
        await asyncio.to_thread(stage.heal)
        await asyncio.sleep(WARM_SECONDS)
        pace.is_over.set()
        done = await asyncio.gather(*playing, return_exceptions=True)
        errors = [one for one in done if isinstance(one, BaseException)]
        if errors:
            raise errors[0]
        say("healed; waiting until all work that is owed is done")
        await _rest(city.center.pk)
        head = await asyncio.to_thread(_head, city.center.pk)
        settled = await settle(watchers, head, SETTLE_SECONDS)
        say(f"at rest at seq {head}")
        for watcher in watchers:
            watcher.stop.set()
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        return settled

    settled = asyncio.run(everything())
    final = read_final(city.center.pk, [watcher.seen for watcher in watchers])
    return _result(history, final, watchers, settled, names, skipped, stage, say)


async def _keep_up(stage: Stage) -> None:
    while True:
        await asyncio.sleep(KEEP_UP_SECONDS)
        stage.keep_up()


def _players(
    stage: Stage,
    city: Cast,
    history: History,
    pace: Pace,
    openers: list[Room],
    units: list[str],
    contested: list[int],
    seed: int,
) -> list[Coroutine[Any, Any, None]]:
    crowd = [Room(history, stage.urls, city.token("dana"), f"contender-{number}") for number in range(CONTENDERS)]
    return [
        *(open_cases(room, pace, len(openers), seed + number) for number, room in enumerate(openers)),
        *(contend(room, pace, CONTENDERS, units, contested, seed + 100 + n) for n, room in enumerate(crowd)),
    ]


def _contended(city: Cast) -> list[str]:
    """A few units that no plan sends, for the crowd."""
    signs = [f"REBUT-{number}" for number in range(1, CONTENDED + 1)]
    place = {"center": city.center, "agency": Agency.objects.get(center=city.center, code="dinsos")}
    kind, station = UnitType.objects.filter(center=city.center).first(), Station.objects.get(center=city.center)
    for sign in signs:
        Unit.objects.create(**place, call_sign=sign, unit_type=kind, station=station)
    return signs


async def _contested(room: Room) -> list[int]:
    """Incidents that the crowd wants its units for."""
    made = []
    for number in range(CONTENDED):
        key = f"contested-{number}"
        answer = await room.do_with(key, "create", "incidents", _plain_report(key))
        assert answer is not None and answer.is_ok, answer
        made.append(answer.body["id"])
    return made


def _plain_report(key: str) -> dict[str, Any]:
    return {"type": "ghost_sighting", "location": {"lat": -7.25, "lon": 112.75}, "narrative": key}


async def _rest(center_id: int) -> None:
    """Until no job is due that could be done now. Not an error when it takes too long: then the checkers say so."""
    deadline = time.monotonic() + REST_SECONDS
    while time.monotonic() < deadline and await asyncio.to_thread(_owed, center_id):
        await asyncio.sleep(0.25)


def _owed(center_id: int) -> bool:
    return Job.objects.filter(center=center_id, status="due").exclude(kind="check_acceptance").exists()


def _head(center_id: int) -> int:
    return Feed.objects.get(center=center_id).seq


def _result(
    history: History,
    final: Final,
    watchers: list[Watcher],
    settled: float | None,
    names: list[str],
    skipped: list[str],
    stage: Stage,
    say: Say,
) -> Result:
    jobs = {
        job.key: (job.created_at.timestamp(), job.done_at.timestamp())
        for job in Job.objects.filter(kind="route_incident")
        if job.done_at
    }
    frames = {watcher.name: watcher.history for watcher in watchers}
    refusals = {
        words: percentile(values, 95)
        for words, is_disturbed in (("undisturbed", False), ("during faults", True))
        if (values := refusal_milliseconds(history, is_disturbed=is_disturbed))
    }
    by_key: dict[str, set[str | None]] = {}
    for one in history.operations:
        by_key.setdefault(one.key, set()).add(one.outcome)
    result = Result(
        names=names,
        counts=counts_of(history),
        breaches=check(history, final),
        seconds=felt(history, frames, jobs),
        refusals=refusals,
        settled=settled,
        skipped=skipped,
        uses_namespaces=stage.links.uses_namespaces,
        unknown=sum(1 for outcomes in by_key.values() if not outcomes & {"ok", "fail"}),
    )
    result.breaches["j. no part ended by itself"] = [f"{name} ended by itself" for name in stage.died]
    result.counts |= {
        "incidents": len(final.incidents),
        "timeline entries": len(final.entries),
        "consoles": len(watchers),
    }
    result.counts["consoles' reconnections"] = sum(watcher.reconnects for watcher in watchers)
    for words, milliseconds in refusals.items():
        result.notes.append(f"a refused contender knew after {milliseconds:.0f} ms (p95, {words})")
    result.notes.append(f"{result.unknown} operations never became known")
    result.notes.append(
        "consoles did not settle" if settled is None else f"consoles equal the board {settled:.2f} s after rest"
    )
    return result
