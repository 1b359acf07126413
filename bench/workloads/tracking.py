"""Points of trackers through the public API, beside what PostgreSQL and Redis do with bare arrays of them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis
from django.conf import settings

from bench.measure import SIAGA, Result, ratio
from bench.stage import Process, Stage, database
from dispatch.actions.position_days import make_position_days
from dispatch.actions.positions import _write
from dispatch.models import Agency, Unit, UnitType
from dispatch.tracks import Fix
from tests.cast import Cast
from tests.processes import ROOT

TITLE = "points of 5,000 trackers: in batches, one by one over HTTP, one by one over websockets"
GOALS = ("G6",)
UNITS = 5000
SECONDS = 1.5
BATCH = 1000
MODES = {"batch": "batches of 1,000", "http": "single, HTTP", "ws": "single, websocket"}
FLOOR, PLAIN, HASH = "raw unnest UPDATE, PostGIS + GiST", "raw unnest UPDATE, no geometry", "raw Redis pipelined HSET"
WITH_NEWEST, HISTORY_ALONE = "history and newest", "history alone"
TABLES = """
DROP TABLE IF EXISTS bench_places, bench_plain;
CREATE TABLE bench_places (unit_id bigint PRIMARY KEY, at timestamptz, place geometry(Point, 4326));
CREATE INDEX ON bench_places USING gist (place);
CREATE TABLE bench_plain (unit_id bigint PRIMARY KEY, at timestamptz, lon float8, lat float8);
INSERT INTO bench_places SELECT n, now(), ST_SetSRID(ST_MakePoint(112.75, -7.25), 4326) FROM generate_series(1, {units}) n;
INSERT INTO bench_plain SELECT n, now(), 112.75, -7.25 FROM generate_series(1, {units}) n;
"""
UPDATE_PLACES = """
UPDATE bench_places AS known SET at = fresh.at, place = ST_SetSRID(ST_MakePoint(fresh.lon, fresh.lat), 4326)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[]) AS fresh(unit_id, at, lon, lat)
WHERE known.unit_id = fresh.unit_id
"""
UPDATE_PLAIN = """
UPDATE bench_plain AS known SET at = fresh.at, lon = fresh.lon, lat = fresh.lat
FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[]) AS fresh(unit_id, at, lon, lat)
WHERE known.unit_id = fresh.unit_id
"""


def add_units(city: Cast, count: int) -> None:
    """Units T-00000 … of the city's first agency."""
    agency, kind = (
        Agency.objects.filter(center=city.center).first(),
        UnitType.objects.filter(center=city.center).first(),
    )
    assert agency is not None and kind is not None
    Unit.objects.bulk_create(
        Unit(center=city.center, agency=agency, unit_type=kind, call_sign=f"T-{number:05d}") for number in range(count)
    )


def run(stage: Stage) -> Result:
    city = stage.city("tracking", 1)
    add_units(city, UNITS)
    make_position_days()
    result, rates, cpu, waits = Result(), defaultdict(list), defaultdict(list), defaultdict(list)
    units = list(Unit.objects.filter(center=city.center, call_sign__startswith="T-").values_list("pk", flat=True))
    with contextlib.ExitStack() as stack:
        floors = _floors(stack)
        webs = {name: stack.enter_context(stage.web(name)) for name in ("daphne", "uvicorn")}
        for _ in range(stage.repeats):
            for name, floor in floors.items():
                rates[name].append(floor())
            for part, write in _parts(city, units).items():
                rates[part].append(write())
            for mode in MODES:
                for name, web in webs.items():
                    said = _load(web, city, mode)
                    rates[name, mode].append(said["taken"] / said["seconds"])
                    cpu[name, mode].append(said["cpu"] * 1e6 / said["taken"])
                    waits[name, mode].append(said["p99_ms"])
    _report(result, rates, cpu, waits)
    return result


def _load(web: Process, city: Cast, mode: str) -> dict[str, float]:
    argv = [sys.executable, "-m", "bench.load.trackers", web.url, city.token("tracker"), mode, str(SECONDS), str(UNITS)]
    before = web.cpu_seconds
    done = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True)
    said: dict[str, float] = json.loads(done.stdout)
    if said["refused"]:
        raise RuntimeError(f"{said['refused']:.0f} points were refused")
    return said | {"cpu": web.cpu_seconds - before}


def _floors(stack: contextlib.ExitStack) -> dict[str, Callable[[], float]]:
    raw = stack.enter_context(psycopg.connect(database(), autocommit=True))
    raw.execute(TABLES.format(units=UNITS))  # type: ignore[arg-type]
    client = stack.enter_context(redis.Redis.from_url(settings.REDIS_URL))
    return {
        FLOOR: lambda: _rate(lambda turn: raw.execute(UPDATE_PLACES, _arrays(turn))),
        PLAIN: lambda: _rate(lambda turn: raw.execute(UPDATE_PLAIN, _arrays(turn))),
        HASH: lambda: _rate(lambda turn: _pipeline(client, turn)),
    }


def _arrays(turn: int) -> list[list[Any]]:
    first = turn * BATCH % UNITS
    moved = turn % 64 * 0.00001
    now = datetime.now(UTC)
    return [
        list(range(first + 1, first + BATCH + 1)),
        [now] * BATCH,
        [112.75 + moved] * BATCH,
        [-7.25 + moved] * BATCH,
    ]


def _pipeline(client: redis.Redis, turn: int) -> None:
    ids, _, lons, lats = _arrays(turn)
    with client.pipeline(transaction=False) as pipe:
        for unit, lon, lat in zip(ids, lons, lats, strict=True):
            pipe.hset("bench:places", unit, f"{lon} {lat}")
        pipe.execute()


def _parts(city: Cast, units: list[int]) -> dict[str, Callable[[], float]]:
    """Siaga's one statement without HTTP: with the newest written in it, and the history alone (as it would be if another
    writer brought the table up to date)."""

    def rows(turn: int) -> list[tuple[int, Fix]]:
        first, now = turn * BATCH % UNITS, round(time.time(), 6)
        return [(pk, Fix("", -7.25, 112.75, now, 40.5, 90.0)) for pk in units[first : first + BATCH]]

    def whole(turn: int) -> None:
        some = rows(turn)
        _write(city.center.pk, time.time(), some, some, Counter())

    def history(turn: int) -> None:
        _write(city.center.pk, time.time(), [], rows(turn), Counter())

    return {WITH_NEWEST: lambda: _rate(whole), HISTORY_ALONE: lambda: _rate(history)}


def _rate(write: Callable[[int], object]) -> float:
    """Points a second of one session for SECONDS / 2."""
    begun, turn = time.monotonic(), 0
    while time.monotonic() - begun < SECONDS / 2:
        write(turn)
        turn += 1
    return turn * BATCH / (time.monotonic() - begun)


def _report(result: Result, rates: Any, cpu: Any, waits: Any) -> None:
    floors = {name: result.add("positions", name, "a second", rates[name]) for name in (FLOOR, PLAIN, HASH)}
    whole = result.add("Siaga's statement alone", WITH_NEWEST, "a second", rates[WITH_NEWEST])
    history = result.add("Siaga's statement alone", HISTORY_ALONE, "a second", rates[HISTORY_ALONE])
    for mode, words in MODES.items():
        for name in ("daphne", "uvicorn"):
            side = f"{SIAGA}, {name}"
            row = result.add(words, side, "a second", rates[name, mode])
            result.add(f"{words}: server CPU per point", side, "µs", cpu[name, mode])
            result.add(f"{words}: answered, p99", side, "ms", waits[name, mode])
            goal = 10_000 if mode == "batch" else 1000
            result.judge("G6", f"≥ {goal:,} points/s, {words} ({name})", f"{row.median:,.0f}/s", row.median >= goal)
            if mode == "batch":
                share = ratio(row, floors[FLOOR])
                demand = f"≥ 20 % of the same-run {FLOOR} ({name})"
                result.judge(
                    "G6", demand, f"{share:.0%} ({ratio(row, floors[PLAIN]):.0%} of it without geometry)", share >= 0.2
                )
    result.notes.append(
        f"{UNITS:,} units; every point is judged, committed to history and newest in one statement, then put into Redis, before it "
        "is answered. Writing the newest in that statement costs "
        f"{1 - whole.median / history.median:.0%} of what the statement alone can do; a coalescing writer could win no more than that, "
        "and would have to give back what it had promised when its process dies. So it stays in the statement."
    )
