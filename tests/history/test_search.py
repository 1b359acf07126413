"""Finding old incidents: what is found, in which order, by how many queries, and by which index."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import ClosedWords, Incident
from incidents.queries import newest_incidents
from tests.cast import Cast
from tests.history.test_make_history import make_history


@pytest.fixture
def past(city: Cast) -> Cast:
    make_history("--incidents", "150", "--years", "0.5", "--position-days", "0")
    return city


def numbers(city: Cast, query: str, who: str = "dana") -> list[str]:
    return [row["number"] for row in city.ok("GET", f"incidents?{query}", who=who)]


def find(city: Cast, window: timedelta, words: str, status: str | None) -> list[int]:
    begin = timezone.now() - window
    return newest_incidents(city.center.pk, status=status, begin=begin, words=words, skip=0, count=100)


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
        past.open(address="RT 01")
    first, second = numbers(past, "q=rt&since=8000h"), numbers(past, "q=rt&since=8000h&page=2")
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
        return len([one for one in captured if re.search('incidents_(incident|closedwords)"', one["sql"])])

    assert queries("status=closed&since=8784h") == queries("status=closed&since=2000h") == 2
    assert queries("q=rt&since=8784h") == queries("q=nothing at all") + 1 == 3


def test_it_walks_an_index_for_each_list_and_each_search(past: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        for status in (None, "closed", "active"):
            for words in ("", "asap tebal", "241124-0001"):
                find(past, timedelta(days=90), words, status)
    assert len(captured) == 10
    plans = [plan(one["sql"]) for one in captured]
    assert [text for text in plans if "Seq Scan" in text] == []


def test_it_looks_only_into_the_months_of_the_window(past: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        find(past, timedelta(hours=24), "asap tebal", None)
    [closed] = [text for one in captured if "closedwords" in (text := plan(one["sql"]))]
    months = set(re.findall(r"incidents_closedwords_(\d{6}|other)", closed))
    assert 1 <= len(months) <= 2 and "other" not in months


def test_it_can_find_rare_words_without_reading_a_month(past: Cast) -> None:
    assert "words_idx" in plan("SELECT incident_id FROM incidents_closedwords WHERE words LIKE '%TERATAI HIJAU%'")


def test_it_keeps_the_words_of_what_closes_by_any_way(city: Cast) -> None:
    opened = city.open(narrative="asap dari dapur")
    assert not ClosedWords.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_incident SET status = 'closed', closed_at = now() WHERE id = %s", [opened["id"]]
        )
    assert ClosedWords.objects.get().words == f"{opened['number']}  ASAP DARI DAPUR"
    city.ok("POST", f"incidents/{opened['id']}/notes", {"text": "sudah padam"})
    Incident.objects.filter(pk=opened["id"]).update(narrative="asap dari garasi")
    assert ClosedWords.objects.get().words.endswith("GARASI")
    assert numbers(city, "q=Garasi") == [opened["number"]] and numbers(city, "q=dapur") == []
