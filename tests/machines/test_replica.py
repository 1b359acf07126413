"""A real streaming replica: what may be a little old is read there while it keeps up, everything else never is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.test import Client

from commandcenter.routers import ReplicaRouter
from incidents import replica
from incidents.models import Incident
from incidents.replica import Watch, is_reading_old, read_old
from tests.cast import Cast
from tests.machines.replicas import needs_postgres, pair
from tests.machines.test_behind_nginx import BURGLARY, serve
from tests.processes import ROOT, end, environment, free_port, wait_for

LAG_SECONDS = 10


@pytest.mark.long
@needs_postgres
def test_it_reads_what_may_be_old_from_the_replica_and_falls_back() -> None:
    """One pair of clusters for many promises: each is named where it is checked."""
    with pair() as (primary, standby):
        env = {
            "DATABASE_URL": primary.url,
            "SIAGA_REPLICA_URL": standby.url,
            "SIAGA_REPLICA_LAG_SECONDS": str(LAG_SECONDS),
        }
        manage("migrate", "--noinput", **env)
        manage("seed_city", "surabaya", "--once", **env)
        token = manage("create_token", "operator", **env).splitlines()[-1]
        port = free_port()
        process = serve(port, "daphne", **env)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/", headers=headers, timeout=60) as client:
                closed = {"status": "closed", "since": "24h"}

                def open_and_close() -> int:
                    opened: dict[str, Any] = client.post("api/v1/incidents", json=BURGLARY).raise_for_status().json()
                    end_of_it = {"disposition": "selesai"}
                    client.post(f"api/v1/incidents/{opened['id']}/close", json=end_of_it).raise_for_status()
                    return int(opened["id"])

                def listed() -> set[int]:
                    return {
                        row["id"] for row in client.get("api/v1/incidents", params=closed).raise_for_status().json()
                    }

                def is_fresh() -> bool:
                    lag = client.get("readyz").json()["replica_lag_seconds"]
                    return lag is not None and lag <= LAG_SECONDS

                first = open_and_close()
                come(lambda: first in listed())
                come(is_fresh)

                # The list of closed incidents is the replica's: a row that only the replica lacks is not on it. The
                # replica stands still by order, so this does not depend on how fast anything is.
                standby.sql("SELECT pg_wal_replay_pause()")
                come(lambda: standby.sql("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])
                second = open_and_close()
                assert listed() == {first}
                # The board, one incident and the list of open ones are never the replica's.
                third = client.post("api/v1/incidents", json=BURGLARY).raise_for_status().json()["id"]
                assert third in {row["id"] for row in client.get("api/v1/board").json()["incidents"]}
                assert client.get(f"api/v1/incidents/{second}").json()["status"] == "closed"
                assert third in {row["id"] for row in client.get("api/v1/incidents").json()}

                # Once it lags more than the bound, the primary answers.
                come(lambda: listed() == {first, second})
                assert not is_fresh()
                # It is used again when it has caught up.
                standby.sql("SELECT pg_wal_replay_resume()")
                come(is_fresh)

                # When it dies, nobody is refused: the request that finds it dead is answered by the primary.
                fourth = open_and_close()
                standby.stop()
                assert listed() == {first, second, fourth}
                assert client.get("readyz").json()["replica_lag_seconds"] is None
        finally:
            end(process)


@pytest.mark.django_db(transaction=True)
def test_it_never_reads_old_inside_a_write(open_city: Cast, fit: None) -> None:
    assert read_old(is_reading_old)
    with transaction.atomic():
        assert not read_old(is_reading_old)


@pytest.mark.django_db(transaction=True)
def test_it_asks_the_primary_when_the_replica_fails_halfway(open_city: Cast, fit: None) -> None:
    asked = []

    def read() -> str:
        asked.append(ReplicaRouter().db_for_read(Incident))
        if asked[-1] == "replica":
            raise OperationalError("canceling statement due to conflict with recovery")
        return "answer"

    assert read_old(read) == "answer"
    assert asked == ["replica", "default"]
    assert read_old(read) == "answer"  # and leaves it alone for a while
    assert asked == ["replica", "default", "default"]


def test_it_writes_and_migrates_only_the_primary() -> None:
    router = ReplicaRouter()
    mark = replica._is_reading_old.set(True)
    try:
        assert (router.db_for_read(Incident), router.db_for_write(Incident)) == ("replica", "default")
    finally:
        replica._is_reading_old.reset(mark)
    assert router.db_for_read(Incident) == DEFAULT_DB_ALIAS
    assert router.allow_migrate("replica", "incidents") is False
    assert router.allow_migrate("default", "incidents") is None


def test_it_measures_lag_by_what_the_primary_had_written(settings: Any) -> None:
    settings.REPLICA_LAG_SECONDS = 5
    watch = Watch()
    assert watch_at(watch, 0, written=100, replayed=90) is None  # nobody knows how old that is
    assert watch_at(watch, 1, written=100, replayed=100) == 0
    assert watch_at(watch, 2, written=150, replayed=100) == 1
    assert watch_at(watch, 3, written=200, replayed=160) == 1  # it has what the primary had a second ago
    assert watch_at(watch, 9, written=300, replayed=160) == 7
    assert watch_at(watch, 10, written=300, replayed=300) == 0


@pytest.mark.django_db(transaction=True)
def test_the_administrators_lists_may_be_old_and_nothing_else_of_theirs(
    open_city: Cast, fit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = open_city.open("burglary", address="Jl. Melati 1")
    client = Client()
    client.force_login(open_city.users["ada"], backend="incidents.accounts.AccountBackend")
    asked: set[bool] = set()

    def note(self: ReplicaRouter, model: Any, **hints: Any) -> str:
        """Where incidents would be read; there is only one database here."""
        if model is Incident:
            asked.add(is_reading_old())
        return "default"

    monkeypatch.setattr(ReplicaRouter, "db_for_read", note)
    for url, is_old in (("", True), (f"{incident['id']}/change/", False)):
        asked.clear()
        page = client.get(f"/admin/incidents/incident/{url}")
        assert page.status_code == 200 and b"Jl. Melati 1" in page.content
        assert asked == {is_old}


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if there were a replica that keeps up."""
    watch = Watch()
    watch.lag_seconds, watch._looked_at = 0.0, float("inf")
    monkeypatch.setattr(replica, "watch", watch)
    monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
    yield


def watch_at(watch: Watch, now: float, *, written: int, replayed: int) -> float | None:
    watch._written.append((now, written))
    return watch._lag(now, replayed)


def manage(*words: str, **env: str) -> str:
    argv = [sys.executable, "manage.py", *words]
    return subprocess.run(argv, cwd=ROOT, env=environment(**env), check=True, capture_output=True, text=True).stdout


def come(is_so: Any) -> None:
    """Until it is so; a bound only so that a broken test ends."""
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to be")
