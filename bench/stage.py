"""Where a measurement plays: a fresh database, cities in it, Siaga's own processes, and their CPU time.
Knows how to start and stop; measures nothing by itself."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from django.db import connection
from psycopg.conninfo import make_conninfo

from tests.cast import Cast, make_city
from tests.processes import end, free_port, start, start_sweeper, start_worker, wait_for, wait_for_port


@dataclass(frozen=True)
class Process:
    """A started process; `url` when it serves one."""

    pid: int
    url: str = ""

    @property
    def live_url(self) -> str:
        """Where its consoles follow."""
        return self.url.replace("http", "ws", 1) + "/ws/live"

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all its threads and children so far, from the scheduler (nanoseconds, not ticks)."""
        return cpu_seconds(self.pid)

    @property
    def rss_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Of a process and all below it."""
    total = 0.0
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
    return total + sum(cpu_seconds(child) for child in children_of(pid))


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def database() -> str:
    """Where the measured database is, for a floor that speaks to it by itself (libpq's conninfo)."""
    given = connection.get_connection_params()
    kept = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if given.get(name)}
    return make_conninfo(**kept)


@dataclass
class Stage:
    """What a workload is given."""

    repeats: int = 5
    is_quick: bool = False

    def city(self, code: str, units_each: int = 20) -> Cast:
        """A center of its own, with five agencies of `units_each` units; nothing of it is seen by another workload."""
        return make_city(units_each, code=code)

    @contextlib.contextmanager
    def web(self, server: str = "daphne", **environment: str) -> Iterator[Process]:
        port = free_port()
        argv = [sys.executable, "manage.py", "serve", "--port", str(port), "--server", server]
        with self._running(start(*argv, **environment)) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield Process(process.pid, f"http://127.0.0.1:{port}")

    @contextlib.contextmanager
    def worker(self, name: str = "bench") -> Iterator[Process]:
        with self._running(start_worker(name)) as process:
            yield Process(process.pid)

    @contextlib.contextmanager
    def sweeper(self) -> Iterator[Process]:
        with self._running(start_sweeper()) as process:
            yield Process(process.pid)

    @contextlib.contextmanager
    def other(self, *argv: str, port: int = 0, **environment: str) -> Iterator[Process]:
        """A floor's server: any command; waits until it listens on `port` when given."""
        with self._running(start(*argv, **environment)) as process:
            if port:
                wait_for_port(port, process)
            yield Process(process.pid, f"http://127.0.0.1:{port}")

    @contextlib.contextmanager
    def _running(self, process: Popen[bytes]) -> Iterator[Popen[bytes]]:
        try:
            yield process
        finally:
            end(process)
