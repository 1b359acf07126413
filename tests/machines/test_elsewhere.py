"""Workers and sweepers on other hosts: any number does no harm, and who they are can be seen."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from incidents.jobs import jobs_to_hand_out, run_job
from incidents.models import Job, TimelineEntry
from tests.cast import Cast
from tests.processes import end, start_sweeper, start_worker

pytestmark = pytest.mark.django_db(transaction=True)
INCIDENTS = 40
SWEEPERS = 4


def at_once(count: int, do: Any) -> None:
    """`do(number)` in so many threads that begin together."""
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            do(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def owe(city: Cast) -> list[int]:
    """So many incidents whose routing is owed, and that nobody was told of."""
    for _ in range(INCIDENTS):
        city.open()
    Job.objects.update(handed_at=timezone.now() - timedelta(seconds=60))
    return list(Job.objects.filter(kind="route_incident").values_list("pk", flat=True))


def test_sweepers_at_once_hand_each_job_out_once(open_city: Cast) -> None:
    jobs = owe(open_city)
    handed: list[int] = []
    at_once(SWEEPERS, lambda number: handed.extend(job for job, _ in jobs_to_hand_out()))
    assert sorted(handed) == sorted(jobs)


def test_a_job_that_all_sweepers_do_is_done_once(open_city: Cast) -> None:
    jobs = owe(open_city)
    done: Counter[str] = Counter()
    at_once(SWEEPERS, lambda number: done.update(run_job(job, f"sweeper:{number}") for job in jobs))
    assert done["done"] == INCIDENTS
    assert set(done) <= {"done", "not_due"}
    routed = TimelineEntry.objects.filter(kind="incident_routed").values_list("incident", flat=True)
    assert len(routed) == len(set(routed)) == INCIDENTS


def test_readyz_names_each_worker_and_sweeper(open_city: Cast) -> None:
    processes = [start_worker("east"), start_worker("west"), start_sweeper(), start_sweeper()]
    try:
        for _ in range(400):
            ready = Client().get("/readyz").json()
            if len(ready["sweeper_names"]) >= 2 and len(ready["worker_names"]) >= 2:
                break
            time.sleep(0.1)
        assert {name.partition("@")[0] for name in ready["worker_names"]} >= {"east", "west"}
        assert {int(name.rpartition(":")[2]) for name in ready["sweeper_names"]} >= {one.pid for one in processes[2:]}
        assert ready["workers"] == len(ready["worker_names"])
    finally:
        for process in processes:
            end(process, signal.SIGKILL)
