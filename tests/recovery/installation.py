"""A whole installation of a test's own, whose every part can be stopped and started again: PostgreSQL, Redis, web, worker,
sweeper. Real programs on loopback; all are ended and thrown away afterwards. No promise stands here."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.machines.replicas import PROGRAMS, needs_postgres
from tests.processes import end, free_port, start, worker_argv

__all__ = ["BURGLARY", "Installation", "Postgres", "come", "installation", "needs_postgres"]

SMALL = ["-c", "shared_buffers=32MB", "-c", "autovacuum=off", "-c", "max_connections=80"]
FAST = ["-c", "fsync=off", "-c", "full_page_writes=off"]


def come(is_so: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
    """Until it is so, and what it then says; a bound only so that a broken test ends."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = is_so()
        except (httpx.HTTPError, psycopg.OperationalError, OSError):
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} never came to be"
        time.sleep(0.1)


class Postgres:
    """One cluster, owned by the account that runs it: PostgreSQL does not run as root."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.data, self.port = folder, folder / name, free_port()
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.env = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> int | None:
        return self.account.pw_uid if self.account else None

    def make(self) -> None:
        argv = [PROGRAMS / "initdb", "-D", self.data, "-A", "trust", "-U", "siaga", "--no-sync"]
        self.run(*map(str, argv))

    def run(self, *argv: str, **env: str) -> str:
        """A command as the cluster's account; what it says."""
        done = subprocess.run(
            argv, user=self.user, env=self.env | env, cwd=self.folder, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *settings: str) -> None:
        argv = [str(PROGRAMS / "postgres"), "-D", str(self.data), "-k", str(self.folder), "-p", str(self.port)]
        self.spawn([*argv, *SMALL, *settings])
        self.wait()

    def spawn(self, argv: list[str], script: Path | None = None, **env: str) -> None:
        """A server of this cluster; `script` is fed to a shell, for the clone may be closed to the account."""
        with (self.folder / f"{self.data.name}.log").open("ab") as log, (script or Path(os.devnull)).open() as fed:
            self.process = subprocess.Popen(
                argv, user=self.user, env=self.env | env, cwd=self.folder, stdin=fed, stdout=log, stderr=log
            )

    def wait(self, database: str = "postgres") -> None:
        come(lambda: self.sql("SELECT 1", database), what=f"PostgreSQL {self.data.name}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT: fast, SIGQUIT: immediate, as a crash."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)
        self.process = None

    def sql(self, words: str, database: str = "siaga") -> list[tuple[Any, ...]]:
        address = f"postgresql://siaga@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(address, autocommit=True, connect_timeout=3) as session:
            done = session.execute(words)  # type: ignore[call-overload]
            return done.fetchall() if done.description else []


class Installation:
    """Everything of one room. `env` is what its processes are given."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.var = folder, folder / "var"
        self.var.mkdir(mode=0o700)
        self.postgres = Postgres(folder, "primary")
        self.redis_port, self.port = free_port(), free_port()
        self.redis: subprocess.Popen[bytes] | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            "DATABASE_URL": f"postgis://siaga@127.0.0.1:{self.postgres.port}/siaga",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "SIAGA_VAR": str(self.var),
            "SIAGA_ALARM_AFTER_SECONDS": "1",
            "SIAGA_SAVE_BOARD_SECONDS": "2",
            "SIAGA_DISK_FREE_MB": "1",
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make(self, *settings: str) -> None:
        """A cluster with the demo city in it, running."""
        self.postgres.make()
        self.postgres.start(*(settings or FAST))
        self.postgres.sql("CREATE DATABASE siaga", "postgres")
        for extension in ("postgis", "pg_trgm", "btree_gist"):
            self.postgres.sql(f"CREATE EXTENSION {extension}")
        self.manage("migrate", "--noinput", "-v0")
        self.manage("seed_city", "surabaya", "--once")

    def manage(self, *words: str, **env: str) -> str:
        process = start(sys.executable, "manage.py", *words, stdout=subprocess.PIPE, **(self.env | env))
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, words
        return said.decode()

    def token(self, username: str) -> str:
        return self.manage("create_token", username).splitlines()[-1]

    def start_redis(self) -> None:
        argv = ["redis-server", "--port", str(self.redis_port), "--save", "", "--dir", str(self.folder)]
        self.redis = subprocess.Popen(argv, stdout=subprocess.DEVNULL)

    def stop_redis(self) -> None:
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait(10)

    def start(self, *names: str) -> None:
        """`web`, `worker`, `sweeper`."""
        commands = {
            "web": [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            "worker": worker_argv("one"),
            "sweeper": [sys.executable, "manage.py", "sweep"],
        }
        for name in names:
            self.processes[name] = start(*commands[name], **self.env)

    def end(self, name: str, number: int = signal.SIGKILL) -> None:
        end(self.processes.pop(name), number)

    def ready(self) -> dict[str, Any]:
        """What /readyz says, with its status code as `code`."""
        answer = httpx.get(f"{self.url}/readyz", timeout=20)
        body: dict[str, Any] = answer.json()
        return body | {"code": answer.status_code}

    def come_ready(self) -> None:
        come(lambda: self.ready()["code"] == 200, 90, "readiness")

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=30)

    def close(self) -> None:
        for name in list(self.processes):
            self.end(name)
        self.stop_redis()
        self.postgres.stop()


@contextmanager
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="siaga-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    made = Installation(folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


BURGLARY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}, "narrative": "pintu belakang dibobol"}
