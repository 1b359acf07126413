"""The moving map: 5,000 units that report every five seconds, before 250 consoles, beside the event lane it must not hinder."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import peers
from bench.changes import change
from bench.consoles import Consoles, consoles
from bench.measure import SIAGA, Result, percentile
from bench.peers import Peer
from bench.stage import Process, Stage
from bench.workloads.tracking import add_units
from incidents.models import Incident
from tests.cast import Cast
from tests.processes import ROOT

TITLE = "5,000 units that report every 5 s, on the maps of 250 consoles"
GOALS = ("G7",)
UNITS, PERIOD_SECONDS, CONSOLES = 5000, 5, 250
PINGS_A_SECOND = UNITS // PERIOD_SECONDS
WINDOW_SECONDS = 3.5
EVENTS, PAUSE_SECONDS, EVENTS_SECONDS = 40, 0.02, 2.0
NAIVE_PINGS = 20
NAIVE = "group_send per ping, stock Channels core, daphne"


@dataclass
class Map:
    """One server with its consoles."""

    web: Process
    readers: Consoles


def run(stage: Stage) -> Result:
    city = stage.city("map", 1)
    add_units(city, UNITS)
    incident = Incident.objects.get(pk=city.open("burglary")["id"])
    result, seen = Result(), defaultdict(list)
    since = time.time()
    with contextlib.ExitStack() as stack:
        maps: dict[str, Map] = {}
        for name in ("daphne", "uvicorn"):
            web = stack.enter_context(stage.web(name))
            module = "bench.load.map_consoles"
            readers = stack.enter_context(consoles(web.live_url, CONSOLES, city.token("dana"), module, str(since)))
            maps[name] = Map(web, readers)
        naive = stack.enter_context(peers.stock(stage, "daphne", "core"))
        stack.enter_context(consoles(naive.url, CONSOLES))
        for one in maps.values():  # every unit is known and every fleet is read before anything counts
            with _pinging(one.web, city, PERIOD_SECONDS + 1.5, since):
                time.sleep(PERIOD_SECONDS + 1)
            one.readers.stats()
        for _ in range(stage.repeats):
            for name, one in maps.items():
                seen[name, "event p99, still map"].append(_events(one, city, incident))
                with _pinging(one.web, city, 1 + WINDOW_SECONDS + EVENTS_SECONDS, since):
                    time.sleep(1)
                    _window(one, name, seen)
                    seen[name, "event p99, moving map"].append(_events(one, city, incident))
            seen["naive"].append(_naive(naive))
        lost = sum(one.readers.stats()["lost"] for one in maps.values())
    _report(result, maps, seen)
    result.notes.append(f"{lost:.0f} of {2 * CONSOLES} sockets were lost.")
    return result


@contextlib.contextmanager
def _pinging(web: Process, city: Cast, seconds: float, since: float) -> Iterator[None]:
    """Trackers report to this server meanwhile, and all of them were taken."""
    argv = [sys.executable, "-m", "bench.load.trackers", web.url, city.token("tracker"), "map"]
    argv += [str(seconds), str(UNITS), str(since)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield
    said = json.loads(process.communicate(timeout=60)[0])
    if said["refused"] or said["taken"] < 0.9 * PINGS_A_SECOND * seconds:
        raise RuntimeError(f"the trackers could not report as meant: {said}")


def _window(one: Map, name: str, seen: Any) -> None:
    """Positions alone: how many frames, how old, how large, and what all of it cost the server (taking them, too)."""
    one.readers.stats()
    begun, cpu = time.monotonic(), one.web.cpu_seconds
    time.sleep(WINDOW_SECONDS)
    took, cpu = time.monotonic() - begun, one.web.cpu_seconds - cpu
    said = one.readers.stats()
    seen[name, "frames"].append(said["map_rate"])
    seen[name, "bytes"].append(said["map_bytes"] / said["map_units"])
    seen[name, "units"].append(said["map_units"] / took)
    seen[name, "age p50"].append(said["age_p50"])
    seen[name, "age p99"].append(said["age_p99"])
    seen[name, "core"].append(cpu / took * 100)


def _events(one: Map, city: Cast, incident: Incident) -> float:
    """p99 of commit → all consoles, ms."""
    waits = []
    for _ in range(EVENTS):
        seq, sent_at = change(city, incident)
        waits.append((one.readers.all_have(seq) - sent_at) * 1000)
        time.sleep(PAUSE_SECONDS)
    return percentile(waits, 99)


def _naive(peer: Peer) -> float:
    """Percent of a core that the server would need if it sent each ping to each console by group_send."""
    text = json.dumps({"unit": "T-00000", "lat": -7.25, "lon": 112.75, "at": time.time(), "speed": 40.5, "heading": 90})
    before = peer.server.cpu_seconds
    for _ in range(NAIVE_PINGS):
        peer.tell(text)
        time.sleep(0.1)
    time.sleep(0.5)
    return (peer.server.cpu_seconds - before) / NAIVE_PINGS * PINGS_A_SECOND * 100


def _report(result: Result, maps: dict[str, Map], seen: Any) -> None:
    for name in maps:
        side = f"{SIAGA}, {name}"

        def row(what: str, unit: str, key: str, side: str = side, name: str = name) -> float:
            return result.add(what, side, unit, seen[name, key]).median

        frames, size = row("position frames a console", "a second", "frames"), row("bytes a moved unit", "B", "bytes")
        row("units moved", "a second", "units")
        row("age of a position on arrival, p50", "s", "age p50")
        age = row("age of a position on arrival, p99", "s", "age p99")
        core = row("server CPU, taking positions and showing them", "% of a core", "core")
        still = row("commit → all consoles, p99, still map", "ms", "event p99, still map")
        moving = row("commit → all consoles, p99, moving map", "ms", "event p99, moving map")
        result.judge("G7", f"≤ 1 frame/s a console ({name})", f"{frames:.2f}/s", frames <= 1)
        result.judge("G7", f"p99 age ≤ 1.5 s ({name})", f"{age:.2f} s", age <= 1.5)
        result.judge("G7", f"≤ 16 B a moved unit ({name})", f"{size:.1f} B", size <= 16)
        result.judge("G7", f"≤ 25 % of a core ({name})", f"{core:.1f} %", core <= 25)
        worse = moving / still
        result.judge("G7", f"event lane p99 ≤ 1.2 × that on a still map ({name})", f"{worse:.2f} ×", worse <= 1.2)
    result.add("server CPU, if it could", NAIVE, "% of a core", seen["naive"])
    result.notes.append(
        f"{PINGS_A_SECOND:,} points a second in batches of 50 go to the same process that serves the {CONSOLES} consoles. The floor's "
        f"CPU is that of {NAIVE_PINGS} points to {CONSOLES} sockets, times {PINGS_A_SECOND:,}: it could not do it."
    )
