"""A Redis that is full refuses what workers write to it. They wait for room; they do not end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.cast import Cast
from tests.processes import end, start, start_redis, start_worker

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
FULL_SECONDS = 5.0


def wait(is_so: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not is_so():
        assert process.poll() is None, "the worker ended"
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_worker_waits_for_room_in_redis(open_city: Cast, tmp_path: Path) -> None:
    broker, port = start_redis(tmp_path)
    url = f"redis://127.0.0.1:{port}/0"
    worker = None
    try:
        hand = "from incidents.hints import hand_job; import sys; sys.exit(not hand_job(7, 'dispatch'))"
        shell = (sys.executable, "manage.py", "shell", "-v", "0", "-c", hand)
        worker = start_worker("full", REDIS_URL=url)
        with redis.Redis(port=port) as client:
            wait(lambda: client.keys("siaga:worker:full@*"), worker)
            worker.send_signal(signal.SIGSTOP)
            assert start(*shell, REDIS_URL=url).wait(60) == 0
            client.config_set("maxmemory", 1)
            worker.send_signal(signal.SIGCONT)
            time.sleep(FULL_SECONDS)
            assert worker.poll() is None, "the worker ended"
            client.config_set("maxmemory", 0)
            assert start(*shell, REDIS_URL=url).wait(60) == 0
            wait(lambda: not client.llen("dispatch") and not client.zcard("unacked_index"), worker)
    finally:
        for process in (worker, broker):
            if process is not None:
                end(process)
