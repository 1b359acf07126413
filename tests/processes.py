"""Starts Siaga's own processes against the test's database, and ends them. Real servers, real sockets."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**more: str) -> dict[str, str]:
    """The settings of a child: the test's database, its Redis, its secret (so that sessions hold)."""
    at = connection.settings_dict
    host = at["HOST"] or ""
    user = quote(at["USER"] or "") + (f":{quote(at['PASSWORD'])}" if at["PASSWORD"] else "")
    place = (
        f"/{quote(host, safe='')}" if host.startswith("/") else f"{host}{':' + str(at['PORT']) if at['PORT'] else ''}"
    )
    url = (
        f"postgis://{user}@{place}/{at['NAME']}"
        if not host.startswith("/")
        else f"postgis://{user}@/{host}/{at['NAME']}"
    )
    return os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "SIAGA_SECRET_KEY": settings.SECRET_KEY,
        "SIAGA_DEMO": "1",
        "SIAGA_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SIAGA_DRAIN_SECONDS": "0",
        # A test that starts a few processes only would be told of those it did not start.
        "SIAGA_ALARM_AFTER_SECONDS": "0",
        "SIAGA_SAVE_BOARD_SECONDS": "0",
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "commandcenter.settings",
        **more,
    }


def start(*argv: str, stdout: int | None = None, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, cwd=ROOT, env=environment(**more), start_new_session=True, stdout=stdout)


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


@contextmanager
def web(server: str = "daphne", port: int | None = None, **more: str) -> Iterator[str]:
    """A web process; gives its address."""
    port = port or free_port()
    process = start(sys.executable, "manage.py", "serve", "--port", str(port), "--server", server, **more)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until something listens there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def worker_argv(name: str) -> list[str]:
    """One job at a time, of every queue, none fetched ahead; quiet."""
    options = "-A commandcenter worker -Q dispatch,notify,report --pool solo --prefetch-multiplier 1 -l WARNING"
    return [sys.executable, "-m", "celery", *options.split(), "-n", f"{name}@%h"]


def start_worker(name: str, **more: str) -> subprocess.Popen[bytes]:
    return start(*worker_argv(name), **more)


def start_sweeper() -> subprocess.Popen[bytes]:
    return start(sys.executable, "manage.py", "sweep")


def start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """(a Redis of one's own, its port), listening."""
    program = shutil.which("redis-server")
    assert program is not None, "no redis-server here: run script/bootstrap"
    port = free_port()
    argv = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for_port(port, process)
    except AssertionError:
        end(process)
        raise
    return process, port
