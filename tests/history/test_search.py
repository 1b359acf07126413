"""Finding old incidents: what is found, in which order, by how many queries, and by which index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Incident
from incidents.queries import newest_incidents
from tests.cast import Cast
from tests.history.test_make_history import make_history


@pytest.fixture
def past(city: Cast) -> Cast:
    make_history("--incidents", "150", "--years", "0.5", "--position-days", "0")
    return city


def numbers(city: Cast, query: str, who: str = "dana") -> list[str]:
    return [row["number"] for row in city.ok("GET", f"incidents?{query}", who=who)]


def plan(sql: str) -> str:
    """The plan on a table as small as a test's, were there no reading of whole tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_it_finds_words_in_any_case_in_open_and_in_closed_ones(past: Cast) -> None:
    past.open(address="Jl. Teratai Uji 7", narrative="Asap tebal")
    old = Incident.objects.filter(status="closed", opened_at__gte=timezone.now() - timedelta(days=80)).first()
    assert old is not None
    Incident.objects.filter(pk=old.pk).update(narrative="asap TEBAL di dapur", version=old.version + 1)
    assert len(numbers(past, "q=ASAP tebal")) == len(numbers(past, "q=asap+Tebal")) == 2
    assert numbers(past, "q=asap tebal")[1] == old.number
    assert numbers(past, "q=teratai uji&status=closed") == []
    assert numbers(past, "q=asap tebal&status=closed") == [old.number]
    assert numbers(past, "q=100%25") == numbers(past, "q=a_ap tebal") == []


def test_it_searches_ninety_days_unless_told_and_a_whole_number_at_any_time(past: Cast) -> None:
    old = Incident.objects.order_by("opened_at").first()
    assert old is not None and old.opened_at < timezone.now() - timedelta(days=91)
    assert numbers(past, f"q={old.number}") == numbers(past, f"q={old.number}&since=1h") == [old.number]
    assert old.number not in numbers(past, f"q={old.address}")
    assert old.number in numbers(past, f"q={old.address}&since=8000h")


def test_it_pages_through_a_search_without_a_gap(past: Cast) -> None:
    for _ in range(3):
        past.open(narrative="pelapor, dekat")
    first, second = numbers(past, "q=e&since=8000h"), numbers(past, "q=e&since=8000h&page=2")
    assert (len(first), len(second)) == (100, 53)
    assert first + second == list(Incident.objects.order_by("-opened_at", "-id").values_list("number", flat=True))


def test_it_shows_a_crew_only_what_its_agency_was_asked(past: Cast) -> None:
    mine = set(Incident.objects.filter(referrals__agency__code="dpkp").values_list("number", flat=True))
    assert set(numbers(past, "status=closed&since=8784h", who="crew")) == mine
    assert set(numbers(past, "q=rt&since=8784h", who="crew")) <= mine


def test_it_asks_the_same_number_of_queries_for_few_and_many(past: Cast) -> None:
    def queries(query: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            past.ok("GET", f"incidents?{query}")
        return len([one for one in captured if "incidents_incident" in one["sql"] and "SELECT" in one["sql"]])

    assert queries("status=closed&since=8784h") == queries("status=closed&since=2000h") == 2
    assert queries("q=e&since=8784h") == queries("q=nothing at all") + 1 == 3


def test_it_walks_an_index_for_each_list_and_each_search(past: Cast) -> None:
    center = past.center.pk
    with CaptureQueriesContext(connection) as captured:
        for status in (None, "closed", "active"):
            for words in ("", "asap tebal", "241124-0001"):
                newest_incidents(
                    Incident.objects.filter(center=center),
                    status=status,
                    begin=timezone.now() - timedelta(days=90),
                    words=words,
                    skip=0,
                    count=100,
                )
    assert len(captured) == 12
    plans = [plan(one["sql"]) for one in captured]
    assert [text for text in plans if "Seq Scan" in text] == []


def test_it_finds_text_by_the_index_of_closed_incidents(past: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        newest_incidents(
            Incident.objects.filter(center=past.center), status="closed", begin=None, words="teratai", skip=0, count=100
        )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_sort = on")
    assert any("incident_searched" in plan(one["sql"]) for one in captured)
