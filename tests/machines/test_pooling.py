"""Web process, worker and sweeper through PgBouncer in transaction mode: more clients than connections, nothing of a
session is left behind or needed."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml
from asgiref.sync import sync_to_async
from django.utils import timezone

from incidents.models import Job
from tests.cast import Cast
from tests.live.console import Console, rows_of, without_places
from tests.machines.pooler import needs_pgbouncer, pgbouncer
from tests.machines.test_behind_nginx import BURGLARY, serve, until
from tests.processes import ROOT, end, environment, free_port, start, wait_for

CONNECTIONS = 4
READERS = 50
INCIDENTS = 20


@pytest.mark.long
@needs_pgbouncer
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_it_works_through_a_pool_smaller_than_its_clients(server: str, open_city: Cast) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with pgbouncer(CONNECTIONS) as database:
        pooled = {"DATABASE_URL": database, "SIAGA_PGBOUNCER": "1"}
        worker = "-m celery -A commandcenter worker -Q dispatch --pool solo -l WARNING -n pooled@%h"
        processes = [
            serve(port, server, **pooled),
            start(sys.executable, *worker.split(), **pooled),
            start(sys.executable, "manage.py", "sweep", **pooled),
        ]
        following: list[asyncio.Task[None]] = []
        try:
            await asyncio.to_thread(wait_for, f"{url}/healthz", processes[0])
            consoles = [Console(url, open_city.token("sam")) for _ in range(3)]
            following = [asyncio.create_task(console.follow()) for console in consoles]
            await until(lambda: all(console.rows for console in consoles))
            headers = {"Authorization": f"Bearer {open_city.token('dana')}"}
            limits = httpx.Limits(max_connections=READERS)
            async with httpx.AsyncClient(
                base_url=f"{url}/api/v1/", headers=headers, timeout=60, limits=limits
            ) as client:
                opened = [await client.post("incidents", json=BURGLARY) for _ in range(INCIDENTS)]
                read = await asyncio.gather(*[client.get("board") for _ in range(READERS)])
                assert {answer.status_code for answer in opened} == {201}
                assert {answer.status_code for answer in read} == {200}
                ids = {answer.json()["id"] for answer in opened}
                assert all({row["id"] for row in answer.json()["incidents"]} == ids for answer in read)
                await until_done("route_incident", INCIDENTS)
                # The lanes with SQL of their own: points of trackers, search of what is closed.
                tracker = {"Authorization": f"Bearer {open_city.token('tracker')}"}
                point = {"lat": -7.25, "lon": 112.75, "at": timezone.now().isoformat()}
                signs = [f"{sign}-0{number}" for sign in ("PMK", "POL") for number in (1, 2, 3)]
                batch = {"positions": [{"unit": sign, **point} for sign in signs]}
                said = await asyncio.gather(
                    *[client.post("positions", json=batch, headers=tracker) for _ in range(READERS)]
                )
                assert {answer.status_code for answer in said} == {202}
                last = opened[-1].json()
                closing = {"disposition": "selesai"}
                assert (await client.post(f"incidents/{last['id']}/close", json=closing)).status_code == 200
                found = (await client.get("incidents", params={"status": "closed", "q": last["number"]})).json()
                assert [row["id"] for row in found] == [last["id"]]
                fresh = (await client.get("board")).json()
            await until(lambda: all(console.seq >= fresh["seq"] for console in consoles))
            for console in consoles:
                console.stop.set()
            await asyncio.gather(*following)
        finally:
            for process in processes:
                end(process)
        # What a session would carry is there all the same, and nothing was left behind in one.
        with psycopg.connect(database.replace("postgis", "postgresql"), prepare_threshold=None) as session:
            for name, value in (("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "5s")):
                assert session.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
            assert session.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
            assert session.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    assert len({row["unit"] for row in fresh["assignments"]}) == 3  # as many as the police of the small city has
    assert len(fresh["incidents"]) == INCIDENTS - 1
    for console in consoles:
        assert (console.gaps, console.reconnects) == (0, 0)
        assert without_places(console.rows) == without_places(rows_of(fresh))


@needs_pgbouncer
@pytest.mark.django_db(transaction=True)
def test_the_check_notices_a_pooler_that_bounds_nothing(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with pgbouncer(2) as database:
        assert "no issues" in check(database)
    careless = Path(ROOT / "deploy" / "pgbouncer.ini").read_text().split(" connect_query=")
    monkeypatch.setattr("tests.machines.pooler.DEPLOYED", _Text(careless[0] + careless[1][careless[1].index("\n") :]))
    with pgbouncer(2) as database:
        assert "siaga.W001" in check(database)


def test_compose_runs_the_pooler_as_it_is_tested() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert services["pgbouncer"]["profiles"] == ["pgbouncer"]
    dockerfile = (ROOT / services["pgbouncer"]["build"]["dockerfile"]).read_text()
    assert "COPY deploy/pgbouncer.ini /etc/pgbouncer/pgbouncer.ini" in dockerfile
    # Migrations hold locks and settings of a session: past the pooler.
    assert "@postgres:5432/" in services["migrate"]["environment"]["DATABASE_URL"]
    assert services["migrate"]["environment"]["SIAGA_PGBOUNCER"] == "0"


# Each would be somebody else's as soon as the transaction is over, or lost.
OF_A_SESSION = re.compile(
    r"pg_(try_)?advisory_(un)?lock\b|\bLISTEN \w|WITH HOLD|set_config\([^)]*false\)|[\"']SET (?!LOCAL |TRANSACTION )[a-z_]+ ?(=|TO )"
)


def test_nothing_in_the_code_belongs_to_a_session() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for app in ("commandcenter", "dispatch", "incidents")
        for path in sorted((ROOT / app).rglob("*.py"))
        for match in OF_A_SESSION.finditer(path.read_text())
    ]
    assert found == []
    for session in (
        "SELECT pg_advisory_lock(1)",
        '"SET lock_timeout = 5"',
        "set_config('a', 'b', false)",
        "LISTEN siaga",
    ):
        assert OF_A_SESSION.search(session), session
    for transaction in ("pg_advisory_xact_lock(1)", '"SET LOCAL lock_timeout = 5"', "set_config('a', 'b', true)"):
        assert not OF_A_SESSION.search(transaction), transaction


class _Text:
    """Stands for a file with this text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read_text(self) -> str:
        return self.text


def check(database: str) -> str:
    argv = [sys.executable, "manage.py", "check", "--database", "default"]
    env = environment(DATABASE_URL=database, SIAGA_PGBOUNCER="1", PATH=os.environ["PATH"])
    ran = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return ran.stdout + ran.stderr


async def until_done(kind: str, count: int) -> None:
    """Until so many jobs of that kind are done; a bound only so that a broken test ends."""
    done = Job.objects.filter(kind=kind, status=Job.Status.DONE)
    for _ in range(600):
        if await sync_to_async(done.count)() >= count:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the jobs are not done")
