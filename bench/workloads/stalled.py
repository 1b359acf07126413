"""One console that stops reading while the room is at the rate of a surge: what the others and the server feel of it."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import threading
import time
from functools import partial
from urllib.parse import urlsplit

from bench.changes import change
from bench.consoles import Consoles, consoles
from bench.measure import SIAGA, Result, percentile
from bench.stage import Process, Stage
from incidents.models import Incident
from tests.cast import Cast

TITLE = "one console stalls for a minute while 100 changes a second go to 100 others"
GOALS = ("G13",)
CONSOLES, CHANGES_A_SECOND = 100, 100
CALM_SECONDS, STALLED_SECONDS = 3, 5
LONG_SECONDS = {"daphne": 60, "uvicorn": 40}
NARRATIVE_CHARACTERS = 3000
RSS_BYTES_MAX = 8 * 2**20


def run(stage: Stage) -> Result:
    city = stage.city("stalled")
    incident = Incident.objects.get(pk=city.open("burglary", narrative="x" * NARRATIVE_CHARACTERS)["id"])
    result = Result()
    for name in ("daphne", "uvicorn"):
        calm, beside = [], []
        seconds = 10 if stage.is_quick else LONG_SECONDS[name]
        with (
            stage.web(name) as web,
            consoles(web.live_url, CONSOLES, city.token("dana")) as readers,
        ):
            _changes(city, incident, readers, 2)
            for _ in range(stage.repeats):
                calm.append(percentile(_changes(city, incident, readers, CALM_SECONDS), 99))
                with stalled(web, city.token("dana")):
                    beside.append(percentile(_changes(city, incident, readers, STALLED_SECONDS), 99))
            before = web.rss_bytes
            with stalled(web, city.token("dana")) as console:
                top, end = _watch(web, partial(_changes, city, incident, readers, seconds))
                closed_after = console.closed_after()
            resynced = _resumes(web, city, readers)
        side = f"{SIAGA}, {name}"
        alone = result.add("commit → all 100 consoles, p99, nobody stalled", side, "ms", calm)
        others = result.add("commit → all 100 consoles, p99, beside a stalled one", side, "ms", beside)
        grown = result.add("RSS growth while it stalls, highest", side, "MiB", [(top - before) / 2**20])
        result.add("RSS growth afterwards", side, "MiB", [(end - before) / 2**20])
        times = others.median / alone.median
        result.judge("G13", f"others' p99 ≤ 1.2 × ({name})", f"{times:.2f} ×", times <= 1.2)
        result.judge(
            "G13", f"RSS growth ≤ 8 MiB ({name})", f"{grown.median:.1f} MiB", grown.median * 2**20 <= RSS_BYTES_MAX
        )
        result.judge(
            "G13",
            f"the stalled client is closed and later resynced ({name})",
            f"cut after {closed_after:.0f} s, resumed: {resynced}" if closed_after else "not closed",
            bool(closed_after) and resynced,
        )
    result.notes.append(
        f"Each change carries a row of about {NARRATIVE_CHARACTERS:,} bytes. The stalled client has a small receive buffer and reads "
        f"nothing after its handshake: for {LONG_SECONDS['daphne']} s on Daphne, {LONG_SECONDS['uvicorn']} s on uvicorn."
    )
    return result


class Stalled:
    """A websocket that reads its handshake and then nothing."""

    def __init__(self, web: Process, token: str) -> None:
        at = urlsplit(web.url)
        assert at.hostname is not None and at.port is not None
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect((at.hostname, at.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /ws/live HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        assert b" 101 " in self._socket.recv(256)
        self._port = self._socket.getsockname()[1]
        self._begun = time.monotonic()
        self._cut_at = 0.0
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._is_over = threading.Event()
        self._thread.start()

    def _wait(self) -> None:
        """Without reading: whether the kernel still holds the connection (state 01 is established)."""
        mine = f":{self._port:04X}"
        while not self._is_over.wait(0.2):
            with open("/proc/net/tcp") as table:
                states = [fields[3] for fields in map(str.split, table) if fields[1].endswith(mine)]
            if states != ["01"]:
                self._cut_at = time.monotonic()
                return

    def closed_after(self) -> float:
        """Seconds until the server cut it; 0: it has not."""
        return self._cut_at - self._begun if self._cut_at else 0.0

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()
        self._socket.close()


@contextlib.contextmanager
def stalled(web: Process, token: str):  # type: ignore[no-untyped-def]
    console = Stalled(web, token)
    try:
        yield console
    finally:
        console.close()


def _changes(city: Cast, incident: Incident, readers: Consoles, seconds: float) -> list[float]:
    """CHANGES_A_SECOND for so long, from a thread of its own; each one's time from its commit to the last console, in ms."""
    sent: dict[int, float] = {}
    begun = time.monotonic()
    for number in range(int(seconds * CHANGES_A_SECOND)):
        time.sleep(max(0.0, begun + number / CHANGES_A_SECOND - time.monotonic()))
        seq, committed_at = change(city, incident, "narrative")
        sent[seq] = committed_at
    readers.all_have(seq)
    seen = sorted((seq, at) for seq, at in list(readers.done.items()) if seq >= min(sent))
    waits, at = [], 0
    for seq, sent_at in sent.items():
        while seen[at][0] < seq:
            at += 1
        waits.append((seen[at][1] - sent_at) * 1000)
    return waits


def _watch(web: Process, work):  # type: ignore[no-untyped-def]
    """(highest, last) RSS of the server while `work` runs."""
    rss = [web.rss_bytes]
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.5):
            rss.append(web.rss_bytes)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        work()
    finally:
        is_over.set()
        thread.join()
    return max(rss), web.rss_bytes


def _resumes(web: Process, city: Cast, readers: Consoles) -> bool:
    """Whether a console that comes back with the seq of long ago is told to resync, as one is that was cut."""
    with socket.create_connection((urlsplit(web.url).hostname, urlsplit(web.url).port), timeout=10) as back:  # type: ignore[arg-type]
        key = base64.b64encode(os.urandom(16)).decode()
        back.sendall(
            f"GET /ws/live?since=1 HTTP/1.1\r\nHost: {urlsplit(web.url).netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {city.token('dana')}\r\n\r\n".encode()
        )
        data = b""
        while b'"resync"' not in data:
            more = back.recv(65536)
            if not more:
                return False
            data += more
        return True
