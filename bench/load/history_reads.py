"""A process that owns one database: fills it with a past, then reads it as the room does and says how long each read took.

    DATABASE_URL=… python -m bench.load.history_reads INCIDENTS DAYS

Prints `{"ready": rows}`; each line on stdin is `WHAT TIMES`, answered by `{"ms": […], "months": n}`."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from commandcenter.board import head_seq, read_board  # noqa: E402
from commandcenter.history.past import make_past  # noqa: E402
from commandcenter.live.feed import read_change  # noqa: E402
from incidents.models import Center, Feed, Incident  # noqa: E402
from incidents.queries import newest_incidents  # noqa: E402
from incidents.rows import shape_incidents  # noqa: E402
from tests.cast import Cast, make_city  # noqa: E402

OPEN_INCIDENTS = 60
ENTRIES = 100
WORDS = (
    "teratai",
    "ular besar",
    "asap",
    "no. 144, rt 02 rw 11",
    "dekat pasar pagi",
    "tidak ada yang begini",
    "elpiji",
    "rt 05",
)
"""Frequent, seldom and never; one word and a whole address."""
COLUMNS = "id, center_id, number, address, narrative, status, opened_at, closed_at"


def fill(code: str, incidents: int, days: float) -> Cast:
    """A city with a past and a working present, and the same incidents in a table without any index."""
    city = make_city(20, code=code)
    end = timezone.now() - timedelta(minutes=1)
    for _ in make_past(city.center, incidents=incidents, begin=end - timedelta(days=days), end=end, position_days=0):
        pass
    for number in range(OPEN_INCIDENTS):
        city.open("burglary", narrative=f"pintu dibobol, saksi {number}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_plain AS SELECT {COLUMNS} FROM incidents_incident WHERE center_id = {city.center.pk}"
        )
        cursor.execute("VACUUM (ANALYZE)")
    return city


def reads(center: Center, detail: Callable[[int], Any]) -> dict[str, Callable[[int], Any]]:
    """What is measured, by name; each is given a running number, so that it does not ask the same again and again."""
    closed = list(
        Incident.objects.filter(center=center, status="closed").order_by("-id").values_list("id", flat=True)[:500]
    )

    def page(status: str | None, hours: int, words: str = "") -> list[Any]:
        begin = timezone.now() - timedelta(hours=hours)
        ids = newest_incidents(center.pk, status=status, begin=begin, words=words, skip=0, count=100)
        return shape_incidents(Incident.objects.filter(pk__in=ids)) if ids else []

    def plain(hours: int, words: str) -> list[Any]:
        like = f"%{words.upper()}%"
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT id FROM bench_plain WHERE center_id = %s AND opened_at >= %s AND (UPPER(number) LIKE %s
                   OR UPPER(address) LIKE %s OR UPPER(narrative) LIKE %s) ORDER BY opened_at DESC, id DESC LIMIT 100""",
                [center.pk, timezone.now() - timedelta(hours=hours), like, like, like],
            )
            return cursor.fetchall()

    return {
        "board": lambda n: read_board(center.pk),
        "list 24 h": lambda n: page(None, 24),
        "closed 24 h": lambda n: page("closed", 24),
        "search 24 h": lambda n: page(None, 24, WORDS[n % len(WORDS)]),
        "search 72 h": lambda n: page(None, 72, WORDS[n % len(WORDS)]),
        "search 90 d": lambda n: page(None, 24 * 90, WORDS[n % len(WORDS)]),
        "one incident": lambda n: detail(closed[n * 7 % len(closed)]),
        "feed": lambda n: read_change(center.pk, head_seq(center.pk) - ENTRIES),
        "search 24 h, no index": lambda n: plain(24, WORDS[n % len(WORDS)]),
    }


def months_looked_into(read: Callable[[int], Any]) -> int:
    """Partitions in the plan of the read."""
    with CaptureQueriesContext(connection) as captured:
        read(3)
    months: set[str] = set()
    with connection.cursor() as cursor:
        for one in captured:
            if "incidents_closedwords" in one["sql"]:
                cursor.execute("EXPLAIN " + one["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
                months |= set(re.findall(r"incidents_closedwords_(\d{6}|other)", plan))
    return len(months)


def main() -> None:
    city = fill("lama", int(sys.argv[1]), float(sys.argv[2]))
    client = Client(headers={"Authorization": f"Bearer {city.token('dana')}"})
    known = reads(city.center, lambda pk: client.get(f"/api/v1/incidents/{pk}").json()["number"])
    for read in known.values():
        for n in range(len(WORDS)):
            read(n)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_live_tup) FROM pg_stat_user_tables WHERE relname ~ '^(incidents|dispatch)_' AND relname <> 'bench_plain'"
        )
        rows = int(cursor.fetchone()[0])
    print(json.dumps({"ready": rows, "entries": Feed.objects.get(center=city.center).seq}), flush=True)
    numbers = count()
    for line in sys.stdin:
        what, _, times = line.strip().rpartition(" ")
        waits = []
        for _ in range(int(times)):
            number, begun = next(numbers), time.perf_counter()
            known[what](number)
            waits.append((time.perf_counter() - begun) * 1000)
        print(json.dumps({"ms": waits, "months": months_looked_into(known[what])}), flush=True)


if __name__ == "__main__":
    main()
