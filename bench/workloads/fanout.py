"""One change to 250 consoles: from its commit, and from its POST, until the last console has the whole frame."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench import peers
from bench.api import Api
from bench.changes import change
from bench.consoles import Consoles, consoles
from bench.measure import SIAGA, Result, percentile
from bench.peers import Peer
from bench.stage import Process, Stage
from commandcenter.live.audiences import ROOM_AUDIENCE
from commandcenter.live.feed import read_change
from incidents.models import Incident
from tests.cast import MIDDLE, Cast

TITLE = "one change to 250 consoles, and what a delivery costs the server"
GOALS = ("G1", "G2")
CONSOLES = 250
ROUNDS, PAUSE_SECONDS = 40, 0.02
STOCK_ROUNDS = 15
POSTS = 40


@dataclass
class Side:
    """One system under the same load: how to send a change, who reads it, what it cost."""

    name: str
    server: Process
    readers: Consoles
    send: Callable[[], tuple[int, float]]
    """Sends one change; (its seq, when it was sent)."""
    rounds: int = ROUNDS
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def measure(self) -> None:
        waits = []
        frames, cpu = self.readers.stats()["frames"], self.server.cpu_seconds
        for _ in range(self.rounds):
            seq, sent_at = self.send()
            waits.append((self.readers.all_have(seq) - sent_at) * 1000)
            time.sleep(PAUSE_SECONDS)
        delivered = self.readers.stats()["frames"] - frames
        self.p50.append(percentile(waits, 50))
        self.p99.append(percentile(waits, 99))
        self.cpu_us.append((self.server.cpu_seconds - cpu) * 1e6 / delivered)


def run(stage: Stage) -> Result:
    city = stage.city("fanout")
    incident = Incident.objects.get(
        pk=city.open("burglary", narrative="pintu belakang dibobol, pelaku lari ke gang")["id"]
    )
    result = Result()
    with contextlib.ExitStack() as stack:
        sides: list[Side] = []
        webs: dict[str, tuple[Process, Consoles]] = {}
        for name in ("daphne", "uvicorn"):
            web = stack.enter_context(stage.web(name))
            readers = stack.enter_context(consoles(web.live_url, CONSOLES, city.token("dana")))
            webs[name] = (web, readers)
            sides.append(Side(f"siaga, {name}", web, readers, lambda: change(city, incident)))
        size = len(read_change(city.center.pk, change(city, incident)[0] - 1).frame_for(ROOM_AUDIENCE).payload)
        for make in _peers():
            peer = stack.enter_context(make(stage))
            readers = stack.enter_context(consoles(peer.url, CONSOLES))
            rounds = STOCK_ROUNDS if "stock" in peer.name else ROUNDS
            sides.append(Side(peer.name, peer.server, readers, _teller(peer, size), rounds))
        stack.enter_context(stage.worker())
        posts: dict[str, list[float]] = {name: [] for name in webs}
        for _ in range(stage.repeats):
            for side in sides:
                side.measure()
            for name, (web, readers) in webs.items():
                posts[name].append(percentile(_post(web, readers, city), 99))
    _report(result, sides, posts, size)
    return result


def _peers() -> list[Callable[[Stage], Any]]:
    every: list[Callable[[Stage], Any]] = [
        peers.node,
        peers.websockets,
        lambda stage: peers.stock(stage, "daphne", "core"),
        lambda stage: peers.stock(stage, "uvicorn", "core"),
        lambda stage: peers.stock(stage, "daphne", "pubsub"),
    ]
    return every + ([peers.nchan] if peers.has_nchan() else [])


def _teller(peer: Peer, size: int) -> Callable[[], tuple[int, float]]:
    seq = 0

    def send() -> tuple[int, float]:
        nonlocal seq
        seq += 1
        head = f'{{"seq":{seq},"pad":"'
        text = head + "x" * (size - len(head) - 2) + '"}'
        sent_at = time.monotonic()
        peer.tell(text)
        return seq, sent_at

    return send


def _post(web: Process, readers: Consoles, city: Cast) -> list[float]:
    """POST of an incident → the frame that holds it is complete on every console; routing goes on beside it."""
    api, waits = Api(web.url, city.token("dana")), []
    for _ in range(POSTS):
        before = max(readers.done, default=0)
        sent_at = time.monotonic()
        api.post("incidents", {"type": "burglary", "location": MIDDLE, "narrative": "kaca depan pecah"})
        waits.append((readers.all_have(before + 1) - sent_at) * 1000)
        time.sleep(0.1)
    return waits


def _report(result: Result, sides: list[Side], posts: dict[str, list[float]], size: int) -> None:
    p50, p99, cpu = {}, {}, {}
    for side in sides:
        p50[side.name] = result.add("commit or publish → all consoles, p50", side.name, "ms", side.p50).median
    for side in sides:
        p99[side.name] = result.add("commit or publish → all consoles, p99", side.name, "ms", side.p99).median
    for side in sides:
        cpu[side.name] = result.add("server CPU per delivery", side.name, "µs", side.cpu_us).median
    for name, waits in posts.items():
        row = result.add("POST → all consoles, p99", f"{SIAGA}, {name}", "ms", waits)
        result.judge(
            "G1", f"POST → all {CONSOLES} consoles p99 ≤ 50 ms ({name})", f"{row.median:.1f} ms", row.median <= 50
        )
    node, core = "Node ws + Redis", "stock Channels core, {}"
    for name in posts:
        mine = f"siaga, {name}"
        times = p99[mine] / p99[node]
        result.judge(
            "G1",
            f"fan-out leg ≤ 2 × Node ws + Redis, p99 ({name})",
            f"{times:.2f} × (p50 {p50[mine] / p50[node]:.2f} ×)",
            times <= 2,
        )
        stock = p99[core.format(name)] / p99[mine]
        result.judge("G1", f"≥ 8 × faster than stock Channels core, p99 ({name})", f"{stock:.1f} ×", stock >= 8)
        bound = {"daphne": 45, "uvicorn": 20}[name]
        result.judge("G2", f"CPU per delivery ≤ {bound} µs ({name})", f"{cpu[mine]:.1f} µs", cpu[mine] <= bound)
        over = cpu[mine] / cpu["websockets broadcast"]
        result.judge("G2", f"≤ 1.6 × websockets.broadcast ({name})", f"{over:.2f} ×", over <= 1.6)
        cheaper, demand = cpu[core.format(name)] / cpu[mine], {"daphne": 8, "uvicorn": 12}[name]
        result.judge("G2", f"≥ {demand} × cheaper than stock core ({name})", f"{cheaper:.1f} ×", cheaper >= demand)
    result.notes.append(
        f"{CONSOLES} sockets a side, {size:,} bytes a message on every side. Siaga's leg begins at the commit and holds the reading "
        "of the change from PostgreSQL; a peer's begins at its publish and reads nothing."
    )
