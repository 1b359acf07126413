"""A handful of clients that open incidents without end, each with its own keys, and remember what they were told. A request
without an answer is sent again with the same key, as the console does. No promise stands here."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field

import httpx

BODY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
PAUSE_SECONDS = 0.05


@dataclass
class Told:
    """One answer: the key, the incident, when it came (monotonic)."""

    key: str
    incident: int
    at: float


@dataclass
class Load:
    url: str
    token: str
    clients: int = 4
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    told: list[Told] = field(default_factory=list)
    tries: int = 0
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
                self.tries += 1
            try:
                answer = client.post("incidents", json=BODY | {"narrative": key}, headers={"Idempotency-Key": key})
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 201:
                with self._lock:
                    self.told.append(Told(key, answer.json()["id"], time.monotonic()))
                return
            with self._lock:
                self.repeats += 1
                if answer is not None and answer.status_code not in (429, 502, 503, 504):
                    self.refused.append(f"{answer.status_code} {answer.text[:200]}")
                    return
            time.sleep(0.2)

    def longest_silence(self, begun: float) -> float:
        """Seconds, from `begun` (monotonic) on, in which nobody was told anything: how long the room could not write."""
        times = sorted(told.at for told in self.told if told.at >= begun)
        assert times, "nobody was told anything any more"
        return max(later - sooner for sooner, later in zip([begun, *times], times, strict=False))
