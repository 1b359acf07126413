"""Twenty operators, one unit: one wins, nineteen are told who has it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from dispatch.models import Assignment
from incidents.jobs import run_job
from incidents.models import Job, TimelineEntry
from tests.cast import Cast

OPERATORS = 20


def test_it_gives_a_unit_to_one_of_twenty_operators(open_city: Cast) -> None:
    incidents = [open_city.open("burglary")["id"] for _ in range(OPERATORS)]
    open_city.token("dana")
    start = Barrier(OPERATORS)

    def grab(incident: int) -> tuple[int, object]:
        try:
            start.wait(10)
            answer: tuple[int, object] = open_city.call("POST", f"incidents/{incident}/assignments", {"unit": "PMK-01"})
            return answer
        finally:
            connections.close_all()

    with ThreadPoolExecutor(OPERATORS) as pool:
        answers = list(pool.map(grab, incidents))
    assert [status for status, _ in answers].count(201) == 1
    losers = [answer for status, answer in answers if status == 409]
    assert len(losers) == OPERATORS - 1
    assert {answer["error"]["code"] for answer in losers} == {"unit_already_assigned"}  # type: ignore[index]
    assert Assignment.objects.filter(unit__call_sign="PMK-01").count() == 1


def test_it_routes_once_when_two_workers_take_the_same_job(open_city: Cast) -> None:
    for _ in range(5):
        open_city.open()
    jobs = list(Job.objects.values_list("pk", flat=True)) * 4

    def work(job: int) -> str:
        try:
            return run_job(job, "racer")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(work, jobs))
    assert outcomes.count("done") == 5
    assert TimelineEntry.objects.filter(kind="incident_routed").count() == 5


def test_it_counts_seq_without_gaps_under_load(open_city: Cast) -> None:
    def add(number: int) -> None:
        try:
            open_city.open("burglary", priority=number % 5 + 1)
        finally:
            connections.close_all()

    open_city.token("dana")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    seqs = list(TimelineEntry.objects.filter(center=open_city.center).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, 41))
