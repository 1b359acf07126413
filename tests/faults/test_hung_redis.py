"""A Redis that hangs (kill -STOP) is nastier than one that is gone: its kernel still takes what is sent. Nobody waits long for it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidents import hints
from tests.processes import end, start_redis

LONG_SECONDS = 4.0
"""Far more than the time-outs of hints, far less than Celery's own: those held a request for ten and then twenty seconds."""


@pytest.fixture
def redis(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    process, port = start_redis(tmp_path)
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    for name, value in (("_client", None), ("_broker", None), ("_silent_until", 0.0), ("_is_doubtful", True)):
        monkeypatch.setattr(hints, name, value)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        end(process)


def seconds_of_handing_out() -> float:
    hints._silent_until = 0.0
    begun = time.monotonic()
    assert not hints.hand_job(7, "dispatch")
    return time.monotonic() - begun


def test_it_gives_up_a_redis_that_hangs_soon_and_finds_it_again(redis: subprocess.Popen[bytes]) -> None:
    assert hints.hand_job(7, "dispatch")
    redis.send_signal(signal.SIGSTOP)
    # Over a connection that was good just now, then with a new one that the kernel accepts and nobody serves.
    assert seconds_of_handing_out() < LONG_SECONDS
    assert seconds_of_handing_out() < LONG_SECONDS
    redis.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 30
    while not hints.hand_job(7, "dispatch"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_hands_out_a_job_where_celery_looks_for_it(redis: subprocess.Popen[bytes]) -> None:
    assert hints.hand_job(7, "notify") and hints.hand_job(8, "dispatch")
    assert (hints.client().llen("notify"), hints.client().llen("dispatch")) == (1, 1)
