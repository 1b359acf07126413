"""Promises of /metrics: who may read it, and that what is counted is counted once, of all processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commandcenter.metrics.exposition import merge
from commandcenter.metrics.gauges import room_state
from commandcenter.metrics.sharing import ASKED_KEY, SHARED_KEY
from incidents.hints import client as redis_client
from tests.cast import Cast
from tests.processes import end, start_sweeper, start_worker, web
from tests.watch.scrape import Scrape, read, scrape

WAIT_SECONDS = 60
BURGLARY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    room_state._read_at = float("-inf")


def test_it_shows_metrics_to_nobody_without_a_right(city: Cast, settings: Any) -> None:
    assert Client().get("/metrics").status_code == 401
    for who in ("dana", "crew", "hotline", "tracker"):
        assert Client().get("/metrics", headers={"Authorization": f"Bearer {city.token(who)}"}).status_code == 403
    settings.METRICS_ADDRESSES = ["10.9.0.0/16"]
    assert Client().get("/metrics", REMOTE_ADDR="10.8.0.1").status_code == 401
    assert Client().get("/metrics", REMOTE_ADDR="10.9.0.1").status_code == 200
    through_a_proxy = Client(headers={"X-Forwarded-For": "203.0.113.5"})
    assert through_a_proxy.get("/metrics", REMOTE_ADDR="10.9.0.1").status_code == 401


def test_it_counts_a_case_from_ring_to_unit(open_city: Cast) -> None:
    city = open_city
    before = scrape(Client(), city.token("sam"))
    call = city.ring("counted")
    city.ok("POST", f"calls/{call['id']}/answer", {})
    city.open("burglary", call=call["id"])
    city.work()
    city.refused("POST", "incidents", {}, who="crew")
    now = timezone.now().isoformat()
    fixes = [{"unit": name, "lat": -7.25, "lon": 112.75, "at": now} for name in ("PMK-01", "PMK-99")]
    city.ok("POST", "positions", {"positions": fixes}, who="tracker")
    after = scrape(Client(), city.token("sam"))

    def grew(name: str, **labels: str) -> float:
        return after.sum(name, **labels) - before.sum(name, **labels)

    assert grew("siaga_answer_seconds_count", center="kota") == 1
    assert grew("siaga_answer_seconds_bucket", center="kota", le="10.0") == 1
    assert "15.0" in {labels.get("le") for name, labels, _ in after.samples if name == "siaga_answer_seconds_bucket"}
    assert grew("siaga_call_to_routed_seconds_count", center="kota") == 1
    assert grew("siaga_routed_to_dispatched_seconds_count", center="kota") == 1
    assert grew("siaga_job_seconds_count", kind="route_incident", result="done") == 1
    assert grew("siaga_refusals_total", code="invalid") == 1
    assert grew("siaga_positions_total", result="taken") == grew("siaga_positions_total", result="unknown_unit") == 1
    assert grew("siaga_timeline_entries_total", kind="unit_dispatched") >= 1


def test_it_tells_the_rooms_state_of_the_moment(city: Cast) -> None:
    city.ring()
    city.open("ghost_sighting")
    city.work()
    city.open("burglary")
    told = scrape(Client(), city.token("sam"))
    assert told.sum("siaga_calls_ringing", center="kota") == 1
    assert told.sum("siaga_incidents_open", center="kota", status="pending") == 2
    assert told.sum("siaga_alarms_open", center="kota", kind="no_plan") == 1
    assert told.sum("siaga_jobs_due") == 1 and told.sum("siaga_oldest_due_job_seconds") >= 0
    assert told.sum("siaga_postgres_up") == told.sum("siaga_redis_up") == told.sum("siaga_build") == 1
    assert {labels["state"] for name, labels, _ in told.samples if name == "siaga_db_pool_connections"} <= {
        "idle",
        "used",
    }


def test_it_reads_the_database_once_in_a_few_seconds_however_many_scrape(city: Cast) -> None:
    headers = {"Authorization": f"Bearer {city.token('sam')}"}
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            assert Client(headers=headers).get("/metrics").status_code == 200
    assert len([query for query in queries.captured_queries if "oldest_due_job_seconds" in query["sql"]]) == 1
    assert len(queries) <= 5 + 1  # each asks whose token it is


def test_it_puts_no_name_number_or_path_into_a_label(city: Cast) -> None:
    city.open("burglary", narrative="rahasia sekali", address="Jl. Contoh 12")
    city.refused("GET", "nowhere/0800-0000-0001")
    text = Client(headers={"Authorization": f"Bearer {city.token('sam')}"}).get("/metrics").content.decode()
    assert not [word for word in ("rahasia", "Contoh", "0800", "nowhere", "api/v1") if word in text]


def test_it_merges_families_and_keeps_every_processs_samples() -> None:
    one = {"a": '# HELP a_total x\n# TYPE a_total counter\na_total{process="1"} 2.0\n'}
    two = {"a": '# HELP a_total x\n# TYPE a_total counter\na_total{process="2"} 3.0\n', "b": "# TYPE b gauge\nb 1.0\n"}
    told = read(merge([one, two]))
    assert told.sum("a_total") == 5 and told.sum("b") == 1


def test_it_answers_without_redis(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr("commandcenter.metrics.sharing.client", lambda: gone)
    monkeypatch.setattr("commandcenter.metrics.gauges.client", lambda: gone)
    told = scrape(Client(), city.token("sam"))
    assert told.sum("siaga_redis_up") == 0 and told.sum("siaga_postgres_up") == 1


@contextmanager
def whole_stack() -> Iterator[tuple[str, str]]:
    worker, sweeper = start_worker("watched"), start_sweeper()
    try:
        with web() as first, web(server="uvicorn") as second:
            yield first, second
    finally:
        end(worker)
        end(sweeper)


@pytest.mark.long
def test_it_adds_up_over_all_processes_of_a_running_stack(open_city: Cast) -> None:
    """Two web processes, a worker and a sweeper: whichever web process is scraped tells of all four, once."""
    redis_client().delete(ASKED_KEY, SHARED_KEY)
    sam = {"Authorization": f"Bearer {open_city.token('sam')}"}
    dana = {"Authorization": f"Bearer {open_city.token('dana')}"}
    with whole_stack() as urls:
        told: list[Scrape] = [_scrape(url, sam) for url in urls]
        for url in urls:
            for _ in range(3):
                assert httpx.post(f"{url}/api/v1/incidents", json=BURGLARY, headers=dana, timeout=20).status_code == 201
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and not all(_is_whole(one) for one in told):
            time.sleep(1)
            told = [_scrape(url, sam) for url in urls]
    for one in told:
        assert _is_whole(one), one.samples
        services = {labels["service"] for name, labels, _ in one.samples if name == "siaga_build"}
        assert services == {"web", "worker", "sweeper"}
        assert one.sum("siaga_build") == 4
        assert one.sum("siaga_alive", kind="worker") == one.sum("siaga_alive", kind="sweeper") == 1
        assert one.sum("siaga_sweep_seconds_count") > 0


def _scrape(url: str, headers: dict[str, str]) -> Scrape:
    return read(httpx.get(f"{url}/metrics", headers=headers, timeout=20).raise_for_status().text)


def _is_whole(told: Scrape) -> bool:
    opened = told.sum("siaga_request_seconds_count", operation="incidents_open", status="2xx")
    routed = told.sum("siaga_job_seconds_count", kind="route_incident", result="done")
    return (opened, routed) == (6, 6)
