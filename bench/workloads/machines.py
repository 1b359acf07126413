"""Two web processes against one: deliveries a second with a core for each, what a delivery costs, what Redis is asked."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from bench.consoles import Consoles, consoles
from bench.measure import SIAGA, Result, ratio
from bench.stage import Process, Stage, children_of
from incidents import timeline
from incidents.models import Incident
from tests.cast import Cast

TITLE = "one web process with 250 consoles against two with 250 each"
GOALS = ("G12",)
CONSOLES = 250
ROUNDS = 60
APART_CORES = 4
"""Two servers, the loaders and the database each need one; with fewer the wall clock cannot tell."""
# Connections introduce themselves and are asked whether they live; that is no part of an event.
NOT_COUNTED = {"info", "client", "client|setinfo", "hello", "auth", "select", "ping", "command"}
IDLE_SECONDS = 2.0
LESS_THAN_A_COMMAND = 0.25
"""What is taken off for idle seconds is a mean; a command more per event would be a whole one."""


@dataclass
class Side:
    """A city whose consoles are spread over these processes; a change to it wakes only them."""

    city: Cast
    incident: Incident
    webs: list[Process]
    readers: list[Consoles]
    rate: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{len(self.webs)} web"

    def measure(self, idle: float) -> None:
        """One change after the other, each waited for until the last console has it. `idle`: Redis commands a second
        while nothing happens, which are no event's."""
        with apart(self.webs):
            self._change_and_wait()
            frames, cpu, asked, begun = self._frames(), self._cpu(), commands(), time.monotonic()
            for _ in range(ROUNDS):
                self._change_and_wait()
            seconds = time.monotonic() - begun
            delivered = self._frames() - frames
        self.rate.append(delivered / seconds)
        self.cpu_us.append((self._cpu() - cpu) * 1e6 / delivered)
        self.commands.append((commands() - asked - idle * seconds) / ROUNDS)

    def _change_and_wait(self) -> None:
        with timeline.action(self.city.center, None) as log:
            log.add("incident_changed", touch=[self.incident], incident=self.incident.pk, fields="address")
        for readers in self.readers:
            readers.all_have(log.seq)

    def _frames(self) -> int:
        return sum(readers.stats()["frames"] for readers in self.readers)

    def _cpu(self) -> float:
        return sum(web.cpu_seconds for web in self.webs)


def run(stage: Stage) -> Result:
    result = Result()
    with contextlib.ExitStack() as stack:
        sides: dict[str, list[Side]] = {}
        for server in ("daphne", "uvicorn"):
            webs = [stack.enter_context(stage.web(server)) for _ in range(2)]
            sides[server] = [
                Side(city, _incident(city), webs[:count], [_open(stack, web, city) for web in webs[:count]])
                for count in (1, 2)
                for city in [stage.city(f"m{count}{server[0]}")]
            ]
        for _ in range(stage.repeats):
            asked = commands()
            time.sleep(IDLE_SECONDS)
            idle = (commands() - asked) / IDLE_SECONDS
            for pair in sides.values():
                for side in pair:
                    side.measure(idle)
    for server, (one, two) in sides.items():
        _report(result, server, one, two)
    cores = os.cpu_count() or 1
    result.notes.append(
        f"Each web process has a core to itself and serves {CONSOLES} consoles; {ROUNDS} changes a repeat, one after the other. "
        + (
            f"This machine has {cores} cores, so loaders, database and the second process share one: its wall clock cannot show "
            "1.7 ×, and the verdict is by server CPU: deliveries that two processes make in a CPU second of each, over those of one."
            if cores < APART_CORES
            else "The loaders and the database run on the other cores."
        )
    )
    return result


def _report(result: Result, server: str, one: Side, two: Side) -> None:
    rate, cpu, asked = [], [], []
    for side in (one, two):
        name = f"{SIAGA}, {server}, {side.name}"
        rate.append(result.add("deliveries a second, closed loop", name, "1/s", side.rate))
        cpu.append(result.add("server CPU per delivery", name, "µs", side.cpu_us))
        asked.append(result.add("Redis commands per event", name, "", side.commands))
    wall, capacity = ratio(rate[1], rate[0]), 2 * ratio(cpu[0], cpu[1])
    is_apart = (os.cpu_count() or 1) >= APART_CORES
    result.judge(
        "G12",
        f"2 processes ≥ 1.7 × deliveries of 1, by the clock ({server})",
        f"{wall:.2f} ×",
        wall >= 1.7 if is_apart else None,
    )
    result.judge(
        "G12",
        f"2 processes ≥ 1.7 × deliveries of 1, a CPU second of each ({server})",
        f"{capacity:.2f} ×",
        capacity >= 1.7,
    )
    more = asked[1].median - asked[0].median
    result.judge(
        "G12",
        f"Redis commands per event no more with 2 processes ({server})",
        f"{asked[0].median:.2f} and {asked[1].median:.2f}",
        more < LESS_THAN_A_COMMAND,
    )


def _incident(city: Cast) -> Incident:
    opened = city.open("burglary", narrative="pintu belakang dibobol, pelaku lari ke gang")
    return Incident.objects.get(pk=opened["id"])


def _open(stack: contextlib.ExitStack, web: Process, city: Cast) -> Consoles:
    return stack.enter_context(consoles(web.live_url, CONSOLES, city.token("dana")))


def commands() -> int:
    """Redis commands asked by anybody so far, but those in NOT_COUNTED."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        told: Any = client.info("commandstats")
    return sum(stats["calls"] for name, stats in told.items() if name.removeprefix("cmdstat_") not in NOT_COUNTED)


@contextlib.contextmanager
def apart(webs: list[Process]) -> Iterator[None]:
    """Each web process on a core of its own; this driver and its loaders on what is left, or on the last core."""
    cores = sorted(os.sched_getaffinity(0))
    for number, web in enumerate(webs):
        _pin(web.pid, {cores[number % len(cores)]})
    rest = set(cores[len(webs) :]) or set(cores[-1:])
    served = {web.pid for web in webs}
    mine = [os.getpid(), *(child for child in children_of(os.getpid()) if child not in served)]
    for pid in mine:
        _pin(pid, rest)
    try:
        yield
    finally:
        for pid in (*mine, *(web.pid for web in webs)):
            _pin(pid, set(cores))


def _pin(pid: int, cores: set[int]) -> None:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(task.name), cores)
