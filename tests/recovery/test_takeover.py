"""A standby that has everything takes over while clients work: they go on by themselves with the same keys, and nothing they
were told is lost. The scripts of deploy/ do it, exactly as they stand."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

import httpx
import pytest

from tests.processes import ROOT
from tests.recovery import checks, results
from tests.recovery.installation import FAST, Installation, Postgres, come, installation, needs_postgres
from tests.recovery.load import Load

pytestmark = [pytest.mark.long, needs_postgres, pytest.mark.django_db]
LOADED_SECONDS = 8.0


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


def test_it_loses_nothing_when_the_standby_takes_over() -> None:
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
            load = Load(room.url, room.token("operator"))
            load.start()
            try:
                come(lambda: len(load.told) > 20, what="the load")
                # While the primary answers, nobody takes its place.
                old = {"OLD_HOST": "127.0.0.1", "OLD_PORT": str(room.postgres.port)}
                assert "still answers" in deploy(standby, "promote.sh", **old).stderr
                assert standby.sql("SELECT pg_is_in_recovery()") == [(True,)]
                killed_at = time.monotonic()
                room.postgres.stop(signal.SIGQUIT)
                promoted = deploy(standby, "promote.sh", **old)
                assert promoted.returncode == 0, promoted.stderr
                promoted_seconds = time.monotonic() - killed_at
                come(lambda: any(one.at > killed_at + promoted_seconds for one in load.told), 120, "the first write")
                time.sleep(LOADED_SECONDS)
            finally:
                load.stop()
            silence = load.longest_silence(killed_at)
            come(lambda: not owed(standby), 60, "the routing of all")
            assert load.refused == []
            assert checks.lost(standby, load.told) == set()
            assert checks.doubled(standby) == {}
            assert checks.holes(standby) == [] and checks.twice_assigned(standby) == []
            assert checks.routed_otherwise_than_once(standby) == []
            assert standby.sql("SHOW synchronous_standby_names") == [("",)]
            assert "whole" in room.manage("verify_timeline")
            room.manage("record_recovery", "takeover", json.dumps({"is_good": True, "seconds": silence}))
            results.keep_takeover(len(load.told), load.repeats, promoted_seconds, silence)
            assert silence < 60
        finally:
            standby.stop()


def test_it_writes_again_after_an_immediate_restart() -> None:
    with installation() as room:
        room.make("-c", "fsync=on")
        room.start_redis()
        room.start("web", "worker", "sweeper")
        room.come_ready()
        load = Load(room.url, room.token("operator"))
        load.start()
        silences = []
        try:
            for _ in range(results.RESTARTS):
                before = len(load.told)
                come(lambda before=before: len(load.told) > before + 20, what="the load")  # type: ignore[misc]
                stopped_at = time.monotonic()
                room.postgres.stop(signal.SIGQUIT)
                room.postgres.start("-c", "fsync=on")
                back_at = time.monotonic()
                come(lambda at=back_at: any(one.at > at for one in load.told), 120, "the first write")  # type: ignore[misc]
                silences.append((stopped_at, min(one.at for one in load.told if one.at > back_at) - back_at))
        finally:
            load.stop()
        come(lambda: not owed(room.postgres), 60, "the routing of all")
        assert load.refused == [] and checks.lost(room.postgres, load.told) == set()
        assert checks.doubled(room.postgres) == {} and checks.holes(room.postgres) == []
        assert checks.routed_otherwise_than_once(room.postgres) == []
        results.keep_restart(len(load.told), [seconds for _, seconds in silences])


def owed(cluster: Postgres) -> list[Any]:
    return cluster.sql("SELECT id FROM incidents_job WHERE status = 'due' AND kind = 'route_incident'")


def test_it_says_that_nothing_listens_when_no_host_takes_writes() -> None:
    """A standby alone is no database to write to: 503, and not a failure in the middle of a call."""
    with installation() as room:
        room.make()
        standby = make_standby(room)
        try:
            room.env["DATABASE_URL"] = f"postgis://siaga@127.0.0.1:{room.postgres.port},127.0.0.1:{standby.port}/siaga"
            room.start("web")
            come(lambda: room.ready()["postgres"] == "up")
            token = room.token("operator")
            room.postgres.stop(signal.SIGQUIT)
            with room.client(token) as client:
                answer = client.post("incidents", json={"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}})
            assert answer.status_code == 503
            assert httpx.get(f"{room.url}/healthz", timeout=10).status_code == 200
        finally:
            standby.stop()
