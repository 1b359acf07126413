"""A new version is deployed: a web process is told to stop, its consoles move over, its successor takes part. Nobody
notices: no hole in a sequence, no request lost, no console without its beats."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from django.utils import timezone

from tests.cast import Cast
from tests.live.console import Console, rows_of, without_places
from tests.machines.front import needs_nginx, nginx
from tests.machines.test_behind_nginx import BURGLARY, serve, until
from tests.processes import end, free_port, wait_for

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
CONSOLES = 20
INCIDENTS = 60
POINT = {"lat": -7.25, "lon": 112.75}
MISSED_BEATS_MAX = 2
"""Beats of the room that a console may not have heard while it moves. The browser calls it STALE after 2.5."""


class Watched(Console):
    """A console that counts for how many beats of the room it heard nothing."""

    beats = 0
    """Of the room, as the one counter hears them; the same for all."""

    def __init__(self, url: str, token: str, is_counter: bool = False) -> None:
        super().__init__(url, token)
        self.is_counter = is_counter
        self.missed_most = 0
        self.heard_at: int | None = None

    def heard(self, message: dict[str, Any]) -> None:
        if self.is_counter:
            Watched.beats += message["type"] == "beat"
            return
        if self.heard_at is not None:
            self.missed_most = max(self.missed_most, Watched.beats - self.heard_at)
        self.heard_at = Watched.beats


@needs_nginx
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_it_moves_consoles_over_without_a_gap(server: str, open_city: Cast, tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    processes = [serve(port, server, SIAGA_DRAIN_SECONDS="2") for port in ports]
    tasks: list[asyncio.Task[None]] = []
    try:
        for port, process in zip(ports, processes, strict=True):
            await asyncio.to_thread(wait_for, f"http://127.0.0.1:{port}/healthz", process)
        with nginx(tmp_path, ports) as url:
            token = open_city.token("sam")
            counter = Watched(f"http://127.0.0.1:{ports[1]}", token, is_counter=True)
            consoles = [Watched(url, token) for _ in range(CONSOLES)]
            tasks = [asyncio.create_task(console.follow()) for console in (counter, *consoles)]
            await until(lambda: all(console.heard_at is not None for console in consoles))
            headers = {"Authorization": f"Bearer {open_city.token('dana')}"}
            async with httpx.AsyncClient(base_url=f"{url}/api/v1/", headers=headers, timeout=20) as client:
                answers = []
                for number in range(INCIDENTS):
                    if number == INCIDENTS // 3:
                        processes[0].send_signal(signal.SIGTERM)
                    if number > INCIDENTS // 3 and len(processes) == 2 and processes[0].poll() is not None:
                        processes.append(serve(ports[0], server, SIAGA_DRAIN_SECONDS="2"))
                    answers.append((await client.post("incidents", json=BURGLARY)).status_code)
                    await asyncio.sleep(0.1)
                assert processes[0].wait(20) == 0
                if len(processes) == 2:
                    processes.append(serve(ports[0], server, SIAGA_DRAIN_SECONDS="2"))
                await asyncio.to_thread(wait_for, f"http://127.0.0.1:{ports[0]}/healthz", processes[2])
                answers.append((await client.post("incidents", json=BURGLARY)).status_code)
                fresh = (await client.get("board")).json()
            await until(lambda: all(console.seq == fresh["seq"] for console in (counter, *consoles)))
            for console in (counter, *consoles):
                console.stop.set()
            await asyncio.gather(*tasks)
    finally:
        for process in processes:
            end(process)
    # Every request was answered, at the first try.
    assert answers == [201] * (INCIDENTS + 1)
    # Who was on the process moved, and nobody else; none fell into silence or lost anything.
    assert 0 < sum(console.moves for console in consoles) < CONSOLES
    assert max(console.moves for console in consoles) == 1
    for console in (counter, *consoles):
        assert (console.reconnects, console.gaps) == (0, 0)
        assert without_places(console.rows) == without_places(rows_of(fresh))
    assert Watched.beats > MISSED_BEATS_MAX
    assert max(console.missed_most for console in consoles) <= MISSED_BEATS_MAX


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_it_says_so_first_and_takes_nobody_new(server: str, open_city: Cast) -> None:
    """Notice, drain: /readyz says it while requests are still taken; a console that reads nothing holds nobody up."""
    port = free_port()
    process = serve(port, server, SIAGA_DRAIN_SECONDS="1", SIAGA_DRAIN_NOTICE_SECONDS="5")
    url = f"http://127.0.0.1:{port}"
    try:
        await asyncio.to_thread(wait_for, f"{url}/healthz", process)
        console = Console(url, open_city.token("sam"))
        stalled = await websockets.connect(
            f"{url.replace('http', 'ws')}/ws/live", additional_headers=console.headers, max_queue=1
        )
        tracker = await websockets.connect(
            f"{url.replace('http', 'ws')}/ws/positions",
            additional_headers={"Authorization": f"Bearer {open_city.token('tracker')}"},
        )
        async with console.socket() as socket, httpx.AsyncClient(headers=console.headers, timeout=20) as client:
            process.send_signal(signal.SIGTERM)
            await until(process_says(client, url))
            assert (await client.post(f"{url}/api/v1/incidents", json=BURGLARY)).status_code == 201
            await tracker.send(json.dumps({"unit": "PMK-01", **POINT, "at": timezone.now().isoformat()}))
            assert json.loads(await tracker.recv())["taken"] == 1
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(socket.recv(), 20)
            assert socket.close_code == 1012
        # A tracker is answered what it said, and sent elsewhere too.
        await tracker.wait_closed()
        assert tracker.close_code == 1012
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient() as client:
                await client.get(f"{url}/healthz")
        assert await asyncio.to_thread(process.wait, 30) == 0
        stalled.transport.abort()
    finally:
        end(process)


def process_says(client: httpx.AsyncClient, url: str) -> Any:
    """Whether /readyz answers 503 `draining` by now."""

    def says() -> bool:
        answer = httpx.get(f"{url}/readyz", timeout=10)
        return answer.status_code == 503 and answer.json()["status"] == "draining"

    return says
