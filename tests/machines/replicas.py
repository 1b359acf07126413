"""A primary of its own and a streaming replica of it made by deploy/replica.sh, both thrown away afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.processes import ROOT, free_port

VERSIONS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
PROGRAMS = VERSIONS[-1] if VERSIONS else Path(shutil.which("postgres") or "/postgres").parent
needs_postgres = pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists(),
    reason="PostgreSQL's programs are not installed here: script/bootstrap installs them",
)
UNSAFE = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c", "autovacuum=off"]
START_SECONDS = 60


@dataclass
class Cluster:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgis://siaga@127.0.0.1:{self.port}/siaga"

    def sql(self, words: str) -> list[tuple[object, ...]]:
        """The rows, if any."""
        with psycopg.connect(self.url.replace("postgis", "postgresql"), autocommit=True) as session:
            done = session.execute(words)  # type: ignore[call-overload]
            return done.fetchall() if done.description else []

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@contextmanager
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """(primary, replica), with an empty database `siaga` that has Siaga's extensions. The primary's role is a superuser:
    it makes the copy."""
    with tempfile.TemporaryDirectory() as name:
        folder, account = Path(name), None
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        user = account.pw_uid if account else None
        env = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": name}
        data = folder / "primary"
        made = [PROGRAMS / "initdb", "-D", data, "-A", "trust", "-U", "siaga", "--no-sync"]
        subprocess.run(made, check=True, user=user, env=env, stdout=subprocess.DEVNULL, cwd=folder)
        ports = free_port(), free_port()
        started: list[Cluster] = []
        try:
            argv = [str(PROGRAMS / "postgres"), "-D", str(data), *_place(folder, ports[0]), *UNSAFE]
            started.append(Cluster(ports[0], subprocess.Popen(argv, user=user, env=env, cwd=folder)))
            _wait(ports[0], "postgres")
            with psycopg.connect(f"postgresql://siaga@127.0.0.1:{ports[0]}/postgres", autocommit=True) as session:
                session.execute("CREATE DATABASE siaga")
            for extension in ("postgis", "pg_trgm", "btree_gist"):
                started[0].sql(f"CREATE EXTENSION {extension}")
            copy = folder / "replica"
            copy.mkdir()
            if account:
                os.chown(copy, account.pw_uid, account.pw_gid)
            more = {"PGDATA": str(copy), "PGHOST": "127.0.0.1", "PGPORT": str(ports[0]), "PGUSER": "siaga"}
            argv = ["sh", str(ROOT / "deploy" / "replica.sh"), *_place(folder, ports[1]), *UNSAFE]
            with (ROOT / "deploy" / "replica.sh").open() as script:
                argv[1:2] = ["-s", "--"]  # the clone may be closed to PostgreSQL's account
                process = subprocess.Popen(argv, user=user, env=env | more, cwd=folder, stdin=script)
            started.append(Cluster(ports[1], process))
            _wait(ports[1], "siaga")
            yield started[0], started[1]
        finally:
            for cluster in reversed(started):
                if cluster.process.poll() is None:
                    cluster.stop()


def _place(folder: Path, port: int) -> list[str]:
    return ["-k", str(folder), "-p", str(port)]


def _wait(port: int, database: str) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            psycopg.connect(f"postgresql://siaga@127.0.0.1:{port}/{database}").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("the cluster did not start")
