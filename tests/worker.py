"""A Redis of its own for each of several parallel test workers: tests wipe it, count its commands and take its hints for theirs.
Loaded as a plugin (`-p tests.worker`) before the settings are read. The database is kept apart by pytest-django. And no second
factor but where one is tested: the cast signs in by name."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time

START_SECONDS = 20.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start_redis() -> str:
    """The address of a Redis that lives as long as this process."""
    port, folder = _free_port(), tempfile.mkdtemp(prefix="siaga-redis-")
    argv = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
    redis = subprocess.Popen(argv, stdout=subprocess.DEVNULL)

    @atexit.register
    def _stop() -> None:
        redis.terminate()
        redis.wait(10)
        shutil.rmtree(folder, ignore_errors=True)

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and redis.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return f"redis://127.0.0.1:{port}/0"
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("no Redis for the tests: run script/bootstrap")


os.environ["SIAGA_REQUIRE_MFA"] = "0"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["REDIS_URL"] = _start_redis()
