"""The driver's hand on `bench.load.consoles`: starts it, waits for a seq to be with all sockets, asks for its counts."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.stage import Process
from tests.processes import ROOT

READY_SECONDS = 60


class Consoles:
    """`count` sockets in a process of their own."""

    def __init__(self, process: subprocess.Popen[str], count: int) -> None:
        self._process = process
        self.count = count
        self.cpu = Process(process.pid)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self.done: dict[int, float] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "seq" in message:
                with self._arrived:
                    self.done[message["seq"]] = message["last"]
                    self._arrived.notify_all()
            else:
                self._lines.put(message)

    def ready(self) -> None:
        assert self._lines.get(timeout=READY_SECONDS) == {"ready": self.count}

    def all_have(self, seq: int, seconds: float = 10) -> float:
        """When (monotonic) the last socket had the frame of `seq`, or of a later one. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                later = [at for known, at in self.done.items() if known >= seq]
                if later:
                    return min(later)
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"seq {seq} is not with all {self.count} sockets")

    def stats(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write("stats\n")
        self._process.stdin.flush()
        stats: dict[str, Any] = self._lines.get(timeout=10)["stats"]
        return stats


@contextlib.contextmanager
def consoles(
    url: str, count: int, token: str = "", module: str = "bench.load.consoles", *more: str
) -> Iterator[Consoles]:
    """`url` is ws://…; ends the process afterwards."""
    argv = [sys.executable, "-m", module, url, str(count), token, *more]
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        made = Consoles(process, count)
        made.ready()
        yield made
    finally:
        process.kill()
        process.wait()
