"""A handful of clients that open incidents without end, each with its own keys, and remember what they were told. A request
without an answer is sent again with the same key, as the console does. No promise stands here."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field

import httpx

from bench.faults.checkers import CREATES
from bench.faults.history import FAIL, INFO, OK, History

BODY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
PAUSE_SECONDS = 0.05
UNKNOWN = (429, 502, 503, 504)
"""Answers after which the same request is sent again."""


@dataclass
class Load:
    url: str
    token: str
    clients: int = 4
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    history: History = field(default_factory=History)
    """What was asked and answered; several loads may share one."""
    told: list[float] = field(default_factory=list)
    """When (monotonic) somebody was told of an incident."""
    repeats: int = 0
    """Requests that had to be sent again."""
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=[number]) for number in range(self.clients)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """After each client's last request has had its answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a client never had its answer"

    def _run(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=15) as client:
            sent = 0
            while not self._stop.is_set():
                sent += 1
                self._insist(client, f"client-{self.name}-{number}-{sent}")
                time.sleep(PAUSE_SECONDS)

    def _insist(self, client: httpx.Client, key: str) -> None:
        while True:
            with self._lock:
                operation = self.history.invoke("a client", CREATES, key, {})
            try:
                answer = client.post("incidents", json=BODY | {"narrative": key}, headers={"Idempotency-Key": key})
            except httpx.HTTPError as error:
                status, outcome, told = None, INFO, type(error).__name__
            else:
                status = answer.status_code
                outcome = OK if status == 201 else INFO if status in UNKNOWN else FAIL
                told = (
                    answer.json() if outcome == OK or "json" in answer.headers.get("content-type", "") else answer.text
                )
            with self._lock:
                self.history.end(operation, outcome, status, told)
                if outcome == OK:
                    self.told.append(time.monotonic())
                    return
                self.repeats += 1
                if outcome == FAIL:
                    self.refused.append(f"{status} {str(told)[:200]}")
                    return
            time.sleep(0.2)

    def longest_silence(self, begun: float) -> float:
        """Seconds, from `begun` (monotonic) on, in which nobody was told anything: how long the room could not write."""
        times = sorted(at for at in self.told if at >= begun)
        assert times, "nobody was told anything any more"
        return max(later - sooner for sooner, later in zip([begun, *times], times, strict=False))
