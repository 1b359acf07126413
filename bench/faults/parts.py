"""The parts that can be broken: a process with its log, PostgreSQL and Redis of the run's own. Starting, killing, stopping
in its tracks, waiting; which of it happens when is the nemesis's."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from tests.processes import ROOT

START_SECONDS = 180.0
WAL_SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "48MB", "shared_buffers": "128MB", "max_connections": "200"}
WALL_SECONDS_BETWEEN_LOOKS = 0.05


class NotStarted(Exception):
    """A part did not come up."""


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Raises NotStarted."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise NotStarted(f"{what} did not come up within {seconds:.0f} s")
        time.sleep(WALL_SECONDS_BETWEEN_LOOKS)


@dataclass
class Part:
    """A process in a group of its own. Whoever starts it again later gets the same one, with another id."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    user: int | None = None
    cwd: Path = ROOT
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                extra_groups=[] if self.user is not None else None,
            )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(20)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> None:
        self.send(signal.SIGCONT)
        self.send(number)
        if self.process is not None:
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()


class Cluster:
    """A PostgreSQL that listens on a socket in `folder` alone. Its role `siaga` owns the database and is no superuser."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.account = pwd.getpwnam(_unprivileged()) if os.geteuid() == 0 else None
        self._user = self.account.pw_uid if self.account else None
        self._programs = _programs()
        self._env = {"PATH": f"{self._programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        settings = [word for name, value in WAL_SETTINGS.items() for word in ("-c", f"{name}={value}")]
        settings += ["-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "jit=off"]
        argv = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(folder), "-p", "5432", *settings]
        self.part = Part("postgres", argv, self._env, log, user=self._user, cwd=folder)

    @property
    def url(self) -> str:
        return f"postgis://siaga@/{self.folder}/siaga"

    @property
    def socket(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    def make(self) -> None:
        """The cluster, the role, an empty database with Siaga's extensions; running."""
        if self.account is not None:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        argv = [self._programs / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        subprocess.run(
            [*argv, "--locale=C.UTF-8", "--wal-segsize=4"],
            check=True,
            user=self._user,
            env=self._env,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        self.start()
        self.sql("CREATE ROLE siaga LOGIN CREATEDB", "postgres")
        self.sql("CREATE DATABASE siaga OWNER siaga", "postgres")
        for extension in ("postgis", "pg_trgm", "btree_gist"):
            self.sql(f"CREATE EXTENSION {extension}")

    def start(self) -> None:
        """Until it answers; started once more when it gave up by itself. Raises NotStarted."""
        if not self.part.is_running:
            self.part.start()
        wait_until(self._is_up_or_again, "PostgreSQL")

    def _is_up_or_again(self) -> bool:
        if not self.part.is_running:
            self.part.start()
        return self.is_up

    def stop_at_once(self) -> None:
        """As `pg_ctl -m immediate stop`: no checkpoint, every session cut; the next start recovers."""
        self.part.stop(signal.SIGQUIT)

    @property
    def is_up(self) -> bool:
        try:
            self.sql("SELECT 1", "postgres")
        except psycopg.Error:
            return False
        return True

    def sql(self, words: str, database: str = "siaga") -> list[tuple[object, ...]]:
        """As the superuser. The rows, if any."""
        address = f"host={self.folder} dbname={database} user=postgres connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as session:
            done = session.execute(words)  # type: ignore[call-overload]
            return done.fetchall() if done.description else []


class RedisPart:
    """A Redis that keeps an append-only file, as the deployed one does."""

    def __init__(self, folder: Path, port: int, log: Path, env: dict[str, str]) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise NotStarted("no redis-server here: run script/bootstrap")
        self.port = port
        argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        self.part = Part("redis", [*argv, "--appendonly", "yes", "--appendfsync", "everysec"], env, log, cwd=folder)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        if not self.part.is_running:
            self.part.start()
        wait_until(lambda: self.is_up, "Redis")

    @property
    def is_up(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=2, socket_connect_timeout=2)


def _unprivileged() -> str:
    """PostgreSQL does not run as root."""
    for name in ("postgres", "siaga", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NotStarted("no unprivileged account here")


def _programs() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    found = versions[-1] if versions else Path(shutil.which("initdb") or "/initdb")
    if not found.exists():
        raise NotStarted("no PostgreSQL server here: run script/bootstrap")
    return found.parent
