"""From the sending of a report until a console sees it routed, at the rates of a busy and of the worst hour."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time

import psycopg

from bench.measure import SIAGA, Result, percentile
from bench.reports import clear, report
from bench.stage import Stage, database
from tests.processes import ROOT

TITLE = "a report over the API until a console sees it routed to its agencies, units sent"
GOALS = ("G4",)
RATES = {20: (60, 25), 100: (100, 50)}
"""Reports a second → (how many, the goal's p99 in ms)."""
UNITS_EACH = 80
FLOOR = "NOTIFY + SKIP LOCKED"


def run(stage: Stage) -> Result:
    city = stage.city("routing", UNITS_EACH)
    result = Result()
    p50: dict[tuple[str, int], list[float]] = {}
    p99: dict[tuple[str, int], list[float]] = {}
    cpu: dict[str, list[float]] = {}
    lost = 0
    with contextlib.ExitStack() as stack:
        webs = {name: stack.enter_context(stage.web(name)) for name in ("daphne", "uvicorn")}
        workers = [stack.enter_context(stage.worker(f"bench-{number}")) for number in (1, 2)]
        stack.enter_context(stage.sweeper())
        floor = stack.enter_context(_floor())
        for web in webs.values():
            report([web.url], city, 30, 10)
            clear(city)
        for _ in range(stage.repeats):
            for rate, (count, _goal) in RATES.items():
                for name, web in webs.items():
                    before = web.cpu_seconds, sum(worker.cpu_seconds for worker in workers)
                    load = report([web.url], city, count, rate, 16)
                    lost += count - len(load.routed)
                    side = f"{SIAGA}, {name}"
                    p50.setdefault((side, rate), []).append(load.routed_ms(50))
                    p99.setdefault((side, rate), []).append(load.routed_ms(99))
                    cpu.setdefault(f"web ({name})", []).append((web.cpu_seconds - before[0]) / count * 1000)
                    spent = sum(worker.cpu_seconds for worker in workers) - before[1]
                    cpu.setdefault("workers", []).append(spent / count * 1000)
                    clear(city)
                waits = _ask(floor, count, rate)
                p50.setdefault((FLOOR, rate), []).append(percentile(waits, 50))
                p99.setdefault((FLOOR, rate), []).append(percentile(waits, 99))
    for what, values in (("p50", p50), ("p99", p99)):
        for (side, rate), each in values.items():
            result.add(f"sent → routed on a console at {rate}/s, {what}", side, "ms", each)
    for side, each in cpu.items():
        result.add("CPU per incident", side, "ms", each)
    rows = {(row.what, row.side): row.median for row in result.rows}
    for rate, (_count, goal) in RATES.items():
        what = f"sent → routed on a console at {rate}/s, p99"
        for name in webs:
            reached = rows[what, f"{SIAGA}, {name}"]
            result.judge(
                "G4", f"call → routed p99 ≤ {goal} ms at {rate}/s ({name})", f"{reached:.0f} ms", reached <= goal
            )
            times = reached / rows[what, FLOOR]
            result.judge("G4", f"p99 ≤ 10 × {FLOOR} at {rate}/s ({name})", f"{times:.1f} ×", times <= 10)
    result.judge("G4", "0 unrouted", f"{lost} unrouted", lost == 0)
    result.notes.append(
        "From the sending of the POST (when it was due) until the frame with the first referral is with a console: parsing, the "
        "token, the transaction, Celery, the plan, choosing and sending a unit, the frame. Two workers, as script/server starts. "
        f"{FLOOR}: a row inserted and notified, claimed by a listening process, marked done and notified back."
    )
    return result


@contextlib.contextmanager
def _floor():  # type: ignore[no-untyped-def]
    """A bare table, a process that listens."""
    with psycopg.connect(database(), autocommit=True) as own:
        own.execute(
            "CREATE TABLE IF NOT EXISTS bench_job (id bigserial PRIMARY KEY, due boolean NOT NULL DEFAULT true)"
        )
        own.execute("CREATE INDEX IF NOT EXISTS bench_job_due ON bench_job (id) WHERE due")
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.floors.skip_locked", database()], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        own.execute("LISTEN bench_done")
        try:
            yield own
        finally:
            process.kill()
            process.wait()


def _ask(own: psycopg.Connection[tuple[object, ...]], count: int, rate: float) -> list[float]:
    waits, begun = [], time.monotonic()
    for number in range(count):
        due_at = begun + number / rate
        time.sleep(max(0.0, due_at - time.monotonic()))
        own.execute(
            "WITH made AS (INSERT INTO bench_job DEFAULT VALUES RETURNING id) SELECT pg_notify('bench_new', id::text) FROM made"
        )
        for _ in own.notifies(timeout=10, stop_after=1):
            waits.append((time.monotonic() - due_at) * 1000)
    return waits
