"""A standby that has everything takes over while clients work: they go on by themselves with the same keys, and nothing they
were told is lost. The scripts of deploy/ do it, exactly as they stand."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bench.faults.history import History
from tests.processes import ROOT
from tests.recovery import checks, results
from tests.recovery.installation import FAST, Installation, Postgres, come, installation, needs_postgres
from tests.recovery.load import Load

pytestmark = [pytest.mark.long, needs_postgres, pytest.mark.django_db]
LOADED_SECONDS = 8.0
Pair = tuple[Installation, Postgres, History]


def deploy(cluster: Postgres, script: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A script of deploy/ as the cluster's account, speaking to that cluster."""
    with (ROOT / "deploy" / script).open() as file:
        return subprocess.run(
            ["sh", "-s", "--", *words],
            stdin=file,
            user=cluster.user,
            env=cluster.env | {"PGHOST": "127.0.0.1", "PGPORT": str(cluster.port), "PGUSER": "siaga"} | env,
            cwd=cluster.folder,
            capture_output=True,
            text=True,
            timeout=180,
        )


def make_standby(room: Installation) -> Postgres:
    standby = Postgres(room.folder, "standby")
    argv = ["sh", "-s", "--", "-k", str(room.folder), "-p", str(standby.port), "-c", "max_connections=80", *FAST]
    primary = {"PGHOST": "127.0.0.1", "PGPORT": str(room.postgres.port), "PGUSER": "siaga"}
    more = {"PGDATA": str(standby.data), "SIAGA_STANDBY": "second"}
    standby.run("mkdir", "-m", "700", str(standby.data))
    standby.spawn(argv, ROOT / "deploy" / "replica.sh", **primary, **more)
    standby.wait()
    return standby


def is_followed(cluster: Postgres) -> bool:
    return cluster.sql("SELECT application_name, sync_state FROM pg_stat_replication") == [("second", "sync")]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A room whose processes know a primary and its synchronous standby; the tests follow one another in it, and what
    the first was told must outlast the second."""
    with installation() as room:
        room.make()
        standby = make_standby(room)
        try:
            assert deploy(room.postgres, "synchronous.sh", "on", "second").returncode == 0
            come(lambda: is_followed(room.postgres), what="the synchronous standby")
            room.env["DATABASE_URL"] = f"postgis://siaga@127.0.0.1:{room.postgres.port},127.0.0.1:{standby.port}/siaga"
            room.start_redis()
            room.start("web", "worker", "sweeper")
            room.come_ready()
            yield room, standby, History()
        finally:
            standby.stop()


def test_it_writes_again_after_an_immediate_restart(pair: Pair) -> None:
    room, _, history = pair
    load = Load(room.url, room.token("operator"), history=history)
    load.start()
    seconds = []
    try:
        for _ in range(results.RESTARTS):
            before = len(load.told)
            come(lambda before=before: len(load.told) > before + 20, what="the load")  # type: ignore[misc]
            room.postgres.stop(signal.SIGQUIT)
            room.postgres.start("-c", "fsync=off")
            back_at = time.monotonic()
            come(lambda at=back_at: any(told > at for told in load.told), 120, "the first write")  # type: ignore[misc]
            seconds.append(min(told for told in load.told if told > back_at) - back_at)
    finally:
        load.stop()
    nothing_is_amiss(room.postgres, load)
    results.keep_restart(len(load.told), seconds)


def test_it_loses_nothing_when_the_standby_takes_over(pair: Pair) -> None:
    room, standby, history = pair
    load = Load(room.url, room.token("operator"), history=history)
    load.start()
    try:
        come(lambda: len(load.told) > 20, what="the load")
        # While the primary answers, nobody takes its place.
        old = {"OLD_HOST": "127.0.0.1", "OLD_PORT": str(room.postgres.port)}
        assert "still answers" in deploy(standby, "promote.sh", **old).stderr
        assert standby.sql("SELECT pg_is_in_recovery()") == [(True,)]
        killed_at = time.monotonic()
        room.postgres.stop(signal.SIGQUIT)
        # A standby alone is no database to write to: 503, and the process lives.
        with room.client(load.token) as client:
            assert client.get("board").status_code == 503
        promoting_at = time.monotonic()
        promoted = deploy(standby, "promote.sh", **old)
        assert promoted.returncode == 0, promoted.stderr
        promoted_at = time.monotonic()
        come(lambda: any(told > promoted_at for told in load.told), 120, "the first write")
        time.sleep(LOADED_SECONDS)
    finally:
        load.stop()
    nothing_is_amiss(standby, load)
    assert standby.sql("SHOW synchronous_standby_names") == [("",)]
    assert "whole" in room.manage("verify_timeline")
    silence = load.longest_silence(killed_at)
    results.keep_takeover(len(load.told), load.repeats, promoted_at - promoting_at, silence)


def nothing_is_amiss(cluster: Postgres, load: Load) -> None:
    come(lambda: not owed(cluster), 60, "the routing of all")
    assert load.refused == []
    assert checks.breaches(cluster, load.history) == {}


def owed(cluster: Postgres) -> list[Any]:
    return cluster.sql("SELECT id FROM incidents_job WHERE status = 'due' AND kind = 'route_incident'")
