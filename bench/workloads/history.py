"""The same reads on one database and on another with a hundred times its past: what years of data cost the room."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, connections

from bench.measure import Result, percentile
from bench.stage import Stage
from tests.processes import ROOT, environment

TITLE = "board, lists, searches and the feed with 100 times the history"
GOALS = ("G11",)
TIMES = 100
INCIDENTS = int(os.environ.get("SIAGA_BENCH_HISTORY", "1200"))
"""Of the small side; each brings about 25 rows. 40000 for the nightly form: 1 M rows against 100 M, 40 GB, about an hour."""
QUICK_INCIDENTS = 200
DAYS = 3
"""Of the small side; the other has a hundred times as many. More history is more days, not fuller ones."""
ROUNDS = 40
FLOOR_ROUNDS = 16
WHAT = ("board", "list 24 h", "closed 24 h", "search 24 h", "search 72 h", "one incident", "feed")
FLOOR = "search 24 h, no index"
LONGER = "search 90 d"
RATIO_MAX = 1.5
ROWS_DEMANDED = 100_000_000


@dataclass
class Past:
    """A process with a database of its own."""

    name: str
    process: subprocess.Popen[str]
    rows: int = 0

    def ready(self) -> None:
        self.rows = self._answer()["ready"]

    def ask(self, what: str, times: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(what, times, file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.name} ended: {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def run(stage: Stage) -> Result:
    result = Result()
    incidents = QUICK_INCIDENTS if stage.is_quick else INCIDENTS
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(_past("1 ×", incidents, DAYS))
        many = stack.enter_context(_past(f"{TIMES} ×", incidents * TIMES, DAYS * TIMES))
        for side in (few, many):
            side.ready()
        waits: dict[tuple[str, str], list[float]] = {}
        months: dict[str, int] = {}
        for _ in range(stage.repeats):
            for what in (*WHAT, FLOOR):
                for side in (few, many):
                    answer = side.ask(what, FLOOR_ROUNDS if what == FLOOR else ROUNDS)
                    waits.setdefault((what, side.name), []).append(percentile(answer["ms"], 95))
                    months[what] = answer["months"]
            waits.setdefault((LONGER, many.name), []).append(percentile(many.ask(LONGER, ROUNDS)["ms"], 95))
        months[LONGER] = many.ask(LONGER, 1)["months"]
    medians = {
        (what, name): result.add(
            f"{what}, p95", f"siaga, {name}" if what != FLOOR else f"floor, {name}", "ms", values
        ).median
        for (what, name), values in waits.items()
    }
    for what in WHAT:
        ratio = medians[what, many.name] / medians[what, few.name]
        result.judge(
            "G11", f"{what}: p95 at {TIMES} × the history ≤ {RATIO_MAX} ×", f"{ratio:.2f} ×", ratio <= RATIO_MAX
        )
    looked = max(months[what] for what in WHAT)
    result.judge("G11", "partitions in the plan of a 24 h or 72 h search ≤ 2", str(looked), looked <= 2)
    is_nightly = many.rows >= ROWS_DEMANDED
    result.judge("G11", "with 100 M rows", f"{many.rows / 1e6:.1f} M in this run", True if is_nightly else None)
    floor = medians[FLOOR, many.name] / medians[FLOOR, few.name]
    result.notes.append(
        f"{few.rows:,} rows against {many.rows:,}: {DAYS} days against {DAYS * TIMES} with {incidents // DAYS} incidents each, "
        f"60 open ones on both sides, in one cluster, measured in turn. The same 24 h search on a table without index or months: "
        f"{floor:.1f} × ({medians[FLOOR, few.name]:.1f} → {medians[FLOOR, many.name]:.1f} ms). A search of 90 days looks into "
        f"{months[LONGER]} months. SIAGA_BENCH_HISTORY=40000 is the nightly form: 1 M rows against 100 M."
    )
    return result


@contextlib.contextmanager
def _past(name: str, incidents: int, days: int) -> Iterator[Past]:
    """A database copied from this one's empty tables, and the process that fills and reads it."""
    database = f"siaga_bench_history_{incidents}"
    at = connection.settings_dict
    kept = {key.lower(): at[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if at[key]}
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(**kept, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")  # type: ignore[arg-type]
        # What another workload left connected would stand in the way of the copy.
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [at["NAME"]])
        admin.execute(f"CREATE DATABASE {database} TEMPLATE {at['NAME']}")  # type: ignore[arg-type]
    given = environment()
    given["DATABASE_URL"] = given["DATABASE_URL"].rpartition("/")[0] + f"/{database}"
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load.history_reads", str(incidents), str(days)],
        cwd=ROOT,
        env=given | {"SIAGA_ALLOWED_HOSTS": "127.0.0.1,testserver"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Past(name, process)
    finally:
        process.kill()
        process.wait()
        with psycopg.connect(**kept, dbname="postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")  # type: ignore[arg-type]
