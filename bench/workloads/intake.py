"""How many incidents a second are taken over the API, each durable with its timeline entry and its owed routing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from urllib.parse import urlsplit

import psycopg

from bench.load.reports import Line, body_of
from bench.measure import SIAGA, Result
from bench.reports import clear, report, settle
from bench.stage import Stage, database
from tests.processes import free_port

TITLE = "incidents taken over the API as fast as answers come, each durable with its timeline and its owed work"
GOALS = ("G5",)
COUNT, CONNECTIONS = 150, 8
OFFERED = 150
"""The rate the goal asks for, a second."""
FLOOR_ROWS = 1500
PLAIN, RAW = "plain Django view, one insert", "raw psycopg insert, one session"


def run(stage: Stage) -> Result:
    city = stage.city("intake", 80)
    result = Result()
    rates: dict[str, list[float]] = {}
    p99: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    routed: list[float] = []
    offered: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        webs = {name: [stack.enter_context(stage.web(name)) for _ in range(2)] for name in ("daphne", "uvicorn")}
        port = free_port()
        app = [
            sys.executable,
            "-m",
            "daphne",
            "-b",
            "127.0.0.1",
            "-p",
            str(port),
            "bench.floors.django_insert:application",
        ]
        plain = stack.enter_context(
            stage.other(*app, port=port, DJANGO_SETTINGS_MODULE="bench.floors.django_insert_settings")
        )
        sides = {
            f"{SIAGA}, {count} × {name}": [web.url for web in webs[name][:count]] for name in webs for count in (1, 2)
        }
        for urls in sides.values():
            report(urls, city, 40, 0, CONNECTIONS, wait=0)
        for _ in range(stage.repeats):
            for side, urls in sides.items():
                processes = [web for each in webs.values() for web in each if web.url in urls]
                before = sum(process.cpu_seconds for process in processes)
                load = report(urls, city, COUNT, 0, CONNECTIONS, wait=0)
                rates.setdefault(side, []).append(load.rate)
                p99.setdefault(side, []).append(load.answered_ms(99))
                spent = sum(process.cpu_seconds for process in processes) - before
                cpu.setdefault(side, []).append(spent / COUNT * 1000)
            for name in webs:
                load = report([web.url for web in webs[name]], city, COUNT, OFFERED, 2 * CONNECTIONS, wait=0)
                offered.setdefault(name, []).append(load.answered_ms(99))
            rates.setdefault(PLAIN, []).append(_plain(plain.url, city.center.pk))
            rates.setdefault(RAW, []).append(_raw(city.center.pk))
        with contextlib.ExitStack() as workers:
            for number in (1, 2):
                workers.enter_context(stage.worker(f"intake-{number}"))
            urls = sides[f"{SIAGA}, 2 × uvicorn"]
            settle(city)
            for _ in range(stage.repeats):
                routed.append(report(urls, city, COUNT // 2, 0, CONNECTIONS).rate)
                clear(city)
    for side, values in rates.items():
        result.add("incidents taken", side, "1/s", values)
    result.add(
        "incidents taken while two workers route them on the same two cores", f"{SIAGA}, 2 × uvicorn", "1/s", routed
    )
    for side, values in p99.items():
        result.add("POST → 201, p99", side, "ms", values)
    for side, values in cpu.items():
        result.add("web CPU per incident", side, "ms", values)
    rows = {(row.what, row.side): row.median for row in result.rows}
    for name in ("daphne", "uvicorn"):
        best = max((f"{SIAGA}, {count} × {name}" for count in (1, 2)), key=lambda side: rows["incidents taken", side])
        rate = rows["incidents taken", best]
        tail = result.add(f"POST → 201 at {OFFERED}/s, p99", f"{SIAGA}, 2 × {name}", "ms", offered[name]).median
        result.judge("G5", f"≥ {OFFERED} durable incidents/s ({name})", f"{rate:.0f}/s ({best})", rate >= OFFERED)
        result.judge("G5", f"p99 ≤ 100 ms at {OFFERED}/s ({name})", f"{tail:.0f} ms", tail <= 100)
    result.notes.append(
        f"{CONNECTIONS} connections that each send the next report when the last is answered. synchronous_commit is on, the timeline "
        "entry and the owed job are in the same transaction. The workers run on other machines in a center of that size; what is "
        "left when they share these two cores is its own row."
    )
    return result


def _plain(url: str, center_id: int) -> float:
    """Over the same load's connection code, one connection after the other would be idle: so the same closed loop."""
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    host, port = parts.hostname, parts.port

    async def load() -> float:
        numbers = iter(range(COUNT))

        async def sender() -> None:
            line = Line(host, port, "none")
            await line.open()
            for number in numbers:
                body = json.dumps(json.loads(body_of(number)) | {"center": center_id}).encode()
                status, data = await line.post("/", body)
                assert status == 201, data

        begun = time.monotonic()
        await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
        return COUNT / (time.monotonic() - begun)

    return asyncio.run(load())


def _raw(center_id: int) -> float:
    with psycopg.connect(database(), autocommit=True) as connection:
        (kind,) = connection.execute(
            "SELECT min(id) FROM incidents_incidenttype WHERE center_id = %s", [center_id]
        ).fetchone()
        begun = time.monotonic()
        for number in range(FLOOR_ROWS):
            connection.execute(
                """INSERT INTO incidents_incident (center_id, number, type_id, priority, location, address, narrative, status,
                       version, opened_at, disposition)
                   VALUES (%s, %s, %s, 2, ST_SetSRID(ST_MakePoint(112.75, -7.25), 4326), 'Jl. Contoh', 'kaca depan pecah',
                       'pending', 1, now(), '')""",
                [center_id, f"raw-{begun:.3f}-{number}"[-20:], kind],
            )
        seconds = time.monotonic() - begun
        connection.execute(
            "DELETE FROM incidents_incident WHERE number NOT LIKE '______-%%' AND center_id = %s", [center_id]
        )
        return FLOOR_ROWS / seconds
