"""What breaks, when, for how long: a plan from a seed, and the doing and undoing of each fault. Clients do not know of it."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.faults.clients import SURGE, Pace
from bench.faults.history import Fault, History
from bench.faults.names import WORDS
from bench.faults.parts import Part
from bench.faults.stage import WEBS, WORKERS, Stage

SLOW_MILLISECONDS = 25
REDIS_FULL_BYTES = 1
CLAIM_SECONDS = 3.0


@dataclass(frozen=True)
class Planned:
    name: str
    target: str
    hold_seconds: float
    rest_seconds: float


@dataclass(frozen=True)
class Kind:
    """`begin` breaks the target, `end` mends it; both block. `targets`: of which one is drawn."""

    targets: tuple[str, ...]
    begin: Callable[[Stage, str, Fault], None]
    end: Callable[[Stage, str, Fault], None]
    needs: str = ""
    """`disk`: a file system of its own."""


def _kill(stage: Stage, target: str, fault: Fault) -> None:
    stage.down.add(target)
    _part(stage, target).kill()


def _hang(stage: Stage, target: str, fault: Fault) -> None:
    _part(stage, target).send(signal.SIGSTOP)


def _go_on(stage: Stage, target: str, fault: Fault) -> None:
    _part(stage, target).send(signal.SIGCONT)


def _start_again(stage: Stage, target: str, fault: Fault) -> None:
    begun = time.monotonic()
    if target == "redis":
        stage.redis.start()
    else:
        stage.forget_life(target)
        _part(stage, target).start()
        stage.down.discard(target)
        stage.wait_for_life(target)
    fault.facts["up_seconds"] = time.monotonic() - begun


def _part(stage: Stage, target: str) -> Part:
    return stage.redis.part if target == "redis" else stage.parts[target]


def _kill_worker(stage: Stage, target: str, fault: Fault) -> None:
    """In the middle of a job when one can be caught: stopped, looked at, killed."""
    part = stage.parts[target]
    deadline = time.monotonic() + CLAIM_SECONDS
    while time.monotonic() < deadline:
        held = stage.cluster.sql(
            "SELECT key FROM incidents_job WHERE status = 'due' AND lease_until > clock_timestamp()"
            f" AND worker LIKE '%:{part.pid}'"
        )
        if held:
            part.send(signal.SIGSTOP)
            still = stage.cluster.sql(
                f"SELECT key FROM incidents_job WHERE key = '{held[0][0]}' AND status = 'due' AND worker LIKE '%:{part.pid}'"
            )
            if still:
                fault.facts |= {"job": held[0][0], "killed_at": time.time()}
                break
            part.send(signal.SIGCONT)
    _kill(stage, target, fault)


def _wipe_redis(stage: Stage, target: str, fault: Fault) -> None:
    with stage.redis.client() as client:
        client.flushall()


def _fill_redis(stage: Stage, target: str, fault: Fault) -> None:
    with stage.redis.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", REDIS_FULL_BYTES)


def _empty_redis(stage: Stage, target: str, fault: Fault) -> None:
    with stage.redis.client() as client:
        client.config_set("maxmemory", 0)


def _restart_postgres(stage: Stage, target: str, fault: Fault) -> None:
    stage.cluster.stop_at_once()
    fault.facts["stopped_at"] = time.time()
    stage.cluster.start()
    fault.facts["up_at"] = time.time()


def _cut(service: str) -> Callable[[Stage, str, Fault], None]:
    def cut(stage: Stage, target: str, fault: Fault) -> None:
        stage.links.cut(target, service)

    return cut


def _slow(service: str) -> Callable[[Stage, str, Fault], None]:
    def slow(stage: Stage, target: str, fault: Fault) -> None:
        stage.links.slow(target, service, SLOW_MILLISECONDS)

    return slow


def _mend(service: str) -> Callable[[Stage, str, Fault], None]:
    def mend(stage: Stage, target: str, fault: Fault) -> None:
        stage.links.mend(target, service)

    return mend


def _fill_disk(stage: Stage, target: str, fault: Fault) -> None:
    stage.fill_disk()


def _free_disk(stage: Stage, target: str, fault: Fault) -> None:
    stage.free_disk()
    stage.cluster.start()


def _nothing(stage: Stage, target: str, fault: Fault) -> None:
    """Done by the nemesis itself, or not to be undone."""


_WEB = tuple(f"web {name}" for name in WEBS)
_WORKER = tuple(f"worker {name}" for name in WORKERS)
KINDS: dict[str, Kind] = {
    "kill-web": Kind(_WEB, _kill, _start_again),
    "hang-web": Kind(_WEB, _hang, _go_on),
    "kill-worker": Kind(_WORKER, _kill_worker, _start_again),
    "hang-worker": Kind(_WORKER, _hang, _go_on),
    "kill-sweeper": Kind(("sweeper",), _kill, _start_again),
    "hang-sweeper": Kind(("sweeper",), _hang, _go_on),
    "kill-redis": Kind(("redis",), _kill, _start_again),
    "hang-redis": Kind(("redis",), _hang, _go_on),
    "wipe-redis": Kind(("redis",), _wipe_redis, _nothing),
    "full-redis": Kind(("redis",), _fill_redis, _empty_redis),
    "restart-postgres": Kind(("postgres",), _restart_postgres, _nothing),
    "cut-postgres": Kind(WEBS, _cut("postgres"), _mend("postgres")),
    "cut-redis": Kind(WEBS, _cut("redis"), _mend("redis")),
    "cut-clients": Kind(WEBS, _cut("clients"), _mend("clients")),
    "slow-postgres": Kind(WEBS, _slow("postgres"), _mend("postgres")),
    "slow-redis": Kind(WEBS, _slow("redis"), _mend("redis")),
    "full-disk": Kind(("postgres",), _fill_disk, _free_disk, needs="disk"),
    "surge": Kind(("clients",), _nothing, _nothing),
}


def _head(stage: Stage) -> int:
    """The newest seq at the moment of healing: consoles must have it soon."""
    found: Any = stage.cluster.sql("SELECT coalesce(max(seq), 0) FROM incidents_feed")
    return int(found[0][0])


def plan(seed: int, count: int, seconds: float, names: list[str]) -> list[Planned]:
    """`count` faults over `seconds`, one after the other: every kind comes once before any comes again."""
    rng = random.Random(seed)
    each = seconds / count
    made: list[Planned] = []
    while len(made) < count:
        for name in rng.sample(names, len(names)):
            hold = each * rng.uniform(0.35, 0.65)
            made.append(Planned(name, rng.choice(KINDS[name].targets), hold, each - hold))
    return made[:count]


async def torment(
    stage: Stage, history: History, pace: Pace, planned: list[Planned], say: Callable[[str], None]
) -> None:
    """Does the plan. A fault that cannot be undone raises: then the run is worth nothing."""
    for number, one in zip(itertools.count(1), planned, strict=False):
        kind = KINDS[one.name]
        say(f"{number}/{len(planned)} {WORDS[one.name]}: {one.target}, {one.hold_seconds:.1f} s")
        fault = history.fault(one.name, one.target)
        begun = time.monotonic()
        if one.name == "surge":
            pace.surge = SURGE
        await asyncio.to_thread(kind.begin, stage, one.target, fault)
        await asyncio.sleep(one.hold_seconds)
        pace.surge = 1.0
        await asyncio.to_thread(kind.end, stage, one.target, fault)
        fault.facts["head"] = await asyncio.to_thread(_head, stage)
        history.heal(fault)
        await asyncio.sleep(max(0.3, one.hold_seconds + one.rest_seconds - (time.monotonic() - begun)))
