"""A base backup and the archived WAL bring a room back to the second before somebody deleted it, and the drill proves it
beside a living room. script/backup, script/restore and script/drill do it, exactly as they stand."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, environment, free_port
from tests.recovery import checks, results
from tests.recovery.installation import Installation, Postgres, come, installation, needs_postgres
from tests.recovery.load import Load

pytestmark = [pytest.mark.long, needs_postgres, pytest.mark.django_db]
NEAR = timedelta(seconds=1)


def script(room: Installation, name: str, *words: str, ok: bool = True) -> str:
    env = environment(**room.env) | {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(room.postgres.port),
        "PGUSER": "siaga",
        "SIAGA_PYTHON": sys.executable,
        "SIAGA_MANAGE": f"{sys.executable} {ROOT / 'manage.py'}",
    }
    ran = subprocess.run([ROOT / "script" / name, *words], env=env, capture_output=True, text=True, timeout=300)
    assert (ran.returncode == 0) is ok, f"{name}: {ran.stdout}{ran.stderr}"
    return ran.stdout if ok else ran.stderr


def backups_of(room: Installation) -> Path:
    folder = room.folder / "backups"
    room.postgres.run("mkdir", "-m", "700", str(folder), str(folder / "wal"), str(folder / "base"))
    return folder


def archiving_into(room: Installation, folder: Path) -> list[str]:
    """The settings that docs/recovery.md gives; the script is a copy that the cluster's account can read."""
    copy = room.folder / "archive-wal.sh"
    copy.write_text((ROOT / "deploy" / "archive-wal.sh").read_text())
    command = f"sh '{copy}' '{folder / 'wal'}' '%p' '%f'"
    return ["-c", "archive_mode=on", "-c", "archive_timeout=60s", "-c", f"archive_command={command}", "-c", "fsync=off"]


@pytest.fixture(scope="module")
def room() -> Iterator[Installation]:
    """A room that archives its WAL, with everything running; the tests follow one another in it."""
    with installation() as made:
        folder = backups_of(made)
        made.make(*archiving_into(made, folder))
        made.start_redis()
        made.start("web", "worker", "sweeper")
        made.come_ready()
        yield made


def test_it_drills_beside_the_living_room_and_writes_down_what_it_found(room: Installation) -> None:
    folder = room.folder / "backups"
    assert "no backup" in script(room, "drill", str(folder), ok=False)
    for _ in range(2):
        script(room, "backup", str(folder), "--keep", "1")
    [base] = [path for path in (folder / "base").iterdir() if path.is_dir()]
    assert stat.S_IMODE(base.stat().st_mode) == 0o700
    token = room.token("operator")
    with room.client(token) as client:
        for _ in range(5):
            client.post("incidents", json={"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}})
    archived(room)
    found = json.loads(script(room, "drill", str(folder)))
    assert found["is_good"] and found["backup"] == base.name and "whole" in found["verified"]
    assert found["incidents"] == 5
    assert not list((folder / "drill").iterdir())
    with room.client(token) as client:
        assert client.get("board").json()["incidents"]  # the living room did not notice

    # A backup that was damaged since is found out, and the administrator is told.
    with (base / "global" / "pg_control").open("r+b") as file:
        file.write(os.urandom(64))
    script(room, "drill", str(folder), ok=False)
    records = room.postgres.sql("SELECT kind, is_good FROM incidents_recoveryrecord ORDER BY id")
    assert records == [
        ("restore_drill", False),
        ("backup", True),
        ("backup", True),
        ("restore_drill", True),
        ("restore_drill", False),
    ]


def test_it_comes_back_to_the_second_before_a_deletion(room: Installation) -> None:
    folder = room.folder / "backups"
    load = Load(room.url, room.token("operator"))
    load.start()
    try:
        come(lambda: len(load.told) > 10, what="the load")
        script(room, "backup", str(folder))
        after_backup = len(load.told)
        come(lambda: len(load.told) > after_backup + 20, what="the load")
    finally:
        load.stop()
    come(lambda: not room.postgres.sql("SELECT id FROM incidents_job WHERE status = 'due' AND kind LIKE 'route%'"))
    for name in ("web", "worker", "sweeper"):
        room.end(name)
    time.sleep(NEAR.total_seconds())
    before = counts(room.postgres)
    room.postgres.sql("SELECT pg_sleep(0.5)")
    [(deleted_at,)] = room.postgres.sql("SELECT clock_timestamp()")
    time.sleep(0.5)
    # As a superuser who means it: without triggers the database itself refuses.
    room.postgres.sql(
        "SET session_replication_role = replica; DELETE FROM incidents_timelineentry; DELETE FROM dispatch_assignment;"
        " DELETE FROM incidents_incident"
    )
    room.postgres.sql("SELECT pg_switch_wal()")
    assert counts(room.postgres) != before
    archived(room)

    into, port = room.folder / "back", free_port()
    target = deleted_at.astimezone(UTC)
    copy = Postgres(room.folder, "back")
    copy.port = port
    began = time.monotonic()
    env = environment() | {"SIAGA_PYTHON": sys.executable}
    words = [str(folder), "--into", str(into), "--to", target.isoformat(), "--serve", str(port)]
    serving = subprocess.Popen([ROOT / "script" / "restore", *words], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert serving.stdout is not None and "restored from" in serving.stdout.readline()
        seconds = time.monotonic() - began
        assert counts(copy) == before
        assert checks.breaches(copy, load.history) == {}
        began = time.monotonic()
        said = room.manage("verify_timeline", DATABASE_URL=f"postgis://siaga@127.0.0.1:{port}/siaga")
        verify = time.monotonic() - began
        assert f"{before['incidents_timelineentry']} entries, whole" in said
        assert copy.sql("SHOW archive_mode") == [("off",)]
    finally:
        serving.terminate()
        serving.wait(60)
    # The deleted room itself is found out by the same checks.
    found = checks.breaches(room.postgres, load.history)
    assert {"a. nothing acknowledged is lost", "e. seq has no holes", "f. the chain verifies"} <= set(found)
    newest = before["newest"]
    results.keep_restore(before["incidents_timelineentry"], seconds, verify, (deleted_at - newest).total_seconds())


def archived(room: Installation) -> None:
    """Until what was written is in the archive."""
    [(name,)] = room.postgres.sql("SELECT pg_walfile_name(pg_switch_wal())")
    come(
        lambda: (room.postgres.sql("SELECT last_archived_wal FROM pg_stat_archiver")[0][0] or "") >= name,
        what=f"{name} in the archive",
    )


def counts(cluster: Postgres) -> dict[str, Any]:
    tables = ("incidents_incident", "incidents_timelineentry", "incidents_call", "dispatch_assignment", "incidents_job")
    found: dict[str, Any] = {table: cluster.sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables}
    [(newest,)] = cluster.sql("SELECT max(at) FROM incidents_timelineentry")
    return found | {"newest": newest or datetime.fromtimestamp(0, UTC)}
