"""Two web processes behind the nginx that is deployed: pages, API, sockets, and a process that is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from tests.cast import Cast
from tests.live.console import Console, rows_of, without_places
from tests.machines.front import SILENCE_SECONDS, needs_nginx, nginx
from tests.processes import end, free_port, start, wait_for

pytestmark = [needs_nginx, pytest.mark.long, pytest.mark.django_db(transaction=True)]
BURGLARY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
INCIDENTS = 30
CONSOLES = 10


@dataclass
class Room:
    url: str
    ports: list[int]
    processes: list[Popen[bytes]] = field(default_factory=list)


def serve(port: int, server: str, **more: str) -> Popen[bytes]:
    return start(sys.executable, "manage.py", "serve", "--port", str(port), "--server", server, **more)


@pytest.fixture(params=["daphne", "uvicorn"])
def room(request: pytest.FixtureRequest, open_city: Cast, tmp_path: Path) -> Iterator[Room]:
    ports = [free_port(), free_port()]
    processes = [serve(port, request.param, SIAGA_TLS="0") for port in ports]
    try:
        for port, process in zip(ports, processes, strict=True):
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
        with nginx(tmp_path, ports) as url:
            yield Room(url, ports, processes)
    finally:
        for process in processes:
            end(process)


async def test_it_serves_pages_api_and_sockets(room: Room, open_city: Cast) -> None:
    """One start for many promises: each is named where it is checked."""
    dana = {"Authorization": f"Bearer {open_city.token('dana')}"}
    session = await sync_to_async(_session_of)(open_city)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    async with httpx.AsyncClient(base_url=room.url, timeout=20) as client:
        # Pages, their static files, and the health of the process behind.
        page = await client.get("/", headers=cookie)
        assert (page.status_code, "Content-Security-Policy" in page.headers) == (200, True)
        assert (await client.get("/static/js/live.js")).status_code == 200
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        # The API, with its own errors as they are.
        opened = await client.post("/api/v1/incidents", json=BURGLARY, headers=dana)
        assert opened.status_code == 201
        assert (await client.post("/api/v1/incidents", json={}, headers=dana)).status_code == 422
        # A body past the bound is refused in the API's own form.
        refused = await client.post("/api/v1/incidents", content=b"x" * 3_200_000, headers=dana)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
        # A browser's write needs its token and its origin; the page's own origin is the address of nginx.
        written = await client.post("/language", data={"language": "en"}, headers=cookie | {"Origin": room.url})
        assert written.status_code == 403

    # The socket: our own origin is let in, others and none are not.
    address = f"{room.url.replace('http', 'ws')}/ws/live"
    for headers in (cookie, cookie | {"Origin": "http://evil.example"}, cookie | {"Origin": "null"}):
        with pytest.raises(websockets.InvalidStatus) as denied:
            async with websockets.connect(address, additional_headers=headers):
                pass
        assert denied.value.response.status_code == 403, headers
    async with websockets.connect(address, additional_headers=cookie | {"Origin": room.url}) as socket:
        assert json.loads(await socket.recv())["type"] == "hello"
        # It lives longer than the silence that nginx allows: its beats hold it.
        beats = 0
        while beats < SILENCE_SECONDS:  # two seconds apart: twice as long
            text = await asyncio.wait_for(socket.recv(), 10)
            beats += isinstance(text, str) and json.loads(text)["type"] == "beat"


async def test_its_consoles_go_on_at_the_other_process_when_one_is_killed(room: Room, open_city: Cast) -> None:
    consoles = [Console(room.url, open_city.token("sam")) for _ in range(CONSOLES)]
    following = [asyncio.create_task(console.follow()) for console in consoles]
    headers = {"Authorization": f"Bearer {open_city.token('dana')}"}
    async with httpx.AsyncClient(base_url=f"{room.url}/api/v1/", headers=headers, timeout=20) as client:
        await until(lambda: all(console.rows for console in consoles))
        for number in range(INCIDENTS):
            if number == INCIDENTS // 2:
                await asyncio.to_thread(end, room.processes[0], signal.SIGKILL)
            answer = await persistent_post(client, f"n{number}")
            assert answer.status_code == 201
        fresh = (await client.get("board")).json()
    assert len(fresh["incidents"]) == INCIDENTS
    await until(lambda: all(console.seq == fresh["seq"] for console in consoles))
    for console in consoles:
        console.stop.set()
    await asyncio.gather(*following)

    # With no process left, nginx says so in the API's form.
    await asyncio.to_thread(end, room.processes[1], signal.SIGKILL)
    async with httpx.AsyncClient(base_url=room.url, timeout=20) as client:
        answer = await client.get("/api/v1/board")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"

    assert sum(console.reconnects for console in consoles) > 0, "no console was on the process that was killed"
    for console in consoles:
        assert console.gaps == 0
        assert without_places(console.rows) == without_places(rows_of(fresh))


async def test_it_believes_only_nginx_whether_a_request_was_encrypted(open_city: Cast, tmp_path: Path) -> None:
    port = free_port()
    process = serve(port, "daphne", SIAGA_TLS="1")
    try:
        await asyncio.to_thread(wait_for, f"http://127.0.0.1:{port}/healthz", process)
        with nginx(tmp_path, [port]) as url:
            async with httpx.AsyncClient(base_url=url, timeout=20) as client:
                for said in ({}, {"X-Forwarded-Proto": "https"}):
                    answer = await client.get("/login", headers=said)
                    assert (answer.status_code, answer.headers["Location"]) == (
                        301,
                        f"{url.replace('http', 'https')}/login",
                    )
        # What nginx would say over HTTPS is believed.
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            answer = await client.get("/login", headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code == 200
        assert all("Secure" in cookie for cookie in answer.headers.get_list("Set-Cookie"))
    finally:
        end(process)


async def persistent_post(client: httpx.AsyncClient, key: str) -> httpx.Response:
    """Opens an incident as a machine should: the same key until there is an answer."""
    for _ in range(30):
        try:
            answer = await client.post("incidents", json=BURGLARY, headers={"Idempotency-Key": key})
            if answer.status_code < 500:
                return answer
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.2)
    raise AssertionError("nobody answers")


async def until(is_so: Any) -> None:
    """Until it is so; a bound only so that a broken test ends."""
    for _ in range(400):
        if is_so():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to be")


def _session_of(city: Cast) -> str:
    client = Client()
    client.force_login(city.users["sam"], backend="incidents.accounts.AccountBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value
