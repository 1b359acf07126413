"""Promises of the live feed, over real sockets, on Daphne and on uvicorn."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from incidents.models import Token
from tests.cast import Cast
from tests.live.console import Console, rows_of, without_places
from tests.processes import free_port, web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["daphne", "uvicorn"])
def url(request: pytest.FixtureRequest, open_city: Cast) -> Iterator[str]:
    with web(request.param) as address:
        yield address


@pytest.fixture
async def api(url: str, open_city: Cast) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {open_city.token('dana')}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", headers=headers, timeout=20) as client:
        yield client


BURGLARY = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}


async def _until(socket: Any, kind: str, seconds: float = 8) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        while True:
            text = await socket.recv()
            if isinstance(text, str):
                message: dict[str, Any] = json.loads(text)
                if message["type"] == kind:
                    return message


async def test_it_feeds_resumes_and_refuses(url: str, api: httpx.AsyncClient, open_city: Cast) -> None:
    """One server start for many promises: each is named where it is checked."""
    console = Console(url, open_city.token("dana"))
    await console.load()

    async with console.socket(console.seq) as socket:
        hello = await _until(socket, "hello")
        assert hello["seq"] == console.seq and hello["server_time"].endswith("Z")
        incident = (await api.post("incidents", json=BURGLARY)).json()
        frame = await _until(socket, "frame")
        assert (frame["since"], frame["seq"]) == (console.seq, console.seq + 1)
        assert frame["rows"]["incidents"][0] == incident
        assert frame["entries"][0]["kind"] == "incident_opened"
        assert (await _until(socket, "beat"))["seq"] == frame["seq"]

    # It resumes with what was missed, and the board with it is the fresh board.
    for _ in range(3):
        await api.post("incidents", json=BURGLARY)
    async with console.socket(console.seq) as socket:
        assert console.take(await _until(socket, "frame"))
    fresh = await console.board()
    assert (console.seq, console.rows) == (fresh["seq"], rows_of(fresh))

    # It tells a console that cannot be right to resync.
    for since in (10_000, "x", "-1"):
        async with console.socket(since) as socket:
            assert (await _until(socket, "resync"))["type"] == "resync"
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)
            assert socket.close_code == 4408

    # It sends positions as one binary frame of 16 bytes a unit.
    tracker = {"Authorization": f"Bearer {open_city.token('tracker')}"}
    async with console.socket(console.seq) as socket:
        await _until(socket, "hello")
        body = {
            "positions": [
                {"unit": "PMK-01", "lat": -7.3, "lon": 112.7, "at": timezone.now().isoformat(), "heading": 90}
            ]
        }
        assert (await api.post("positions", json=body, headers=tracker)).json()["taken"] == 1
        async with asyncio.timeout(5):
            while not isinstance(frame := await socket.recv(), bytes):
                pass
        magic, count, _ = struct.unpack_from("<4sId", frame)
        assert (magic, count, len(frame)) == (b"SGP1", 1, 16 + 16)
        assert struct.unpack_from("<IiiBB", frame, 16)[1:] == (-73_000_000, 1_127_000_000, 45, 255)

    # It refuses in the handshake: a bare socket, other origins, a stale token, a role without a board.
    address = f"{url.replace('http', 'ws')}/ws/live"
    session = await sync_to_async(_session_of)(open_city)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    for headers in (
        {},
        cookie,
        cookie | {"Origin": "http://evil.example"},
        cookie | {"Origin": "null"},
        {"Authorization": "Bearer stale"},
        {"Authorization": f"Bearer {open_city.token('hotline')}"},
    ):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(address, additional_headers=headers):
                pass
        assert refused.value.response.status_code == 403, headers

    # The session of our own page is let in.
    async with websockets.connect(address, additional_headers=cookie | {"Origin": url}) as socket:
        assert (await _until(socket, "hello"))["audience"] == "room"

    # A crew gets its own agency's rows, and no calls.
    crew = Console(url, open_city.token("crew"))
    async with crew.socket() as socket:
        await _until(socket, "hello")
        fire = (await api.post("incidents", json=BURGLARY)).json()
        await api.post(f"incidents/{fire['id']}/assignments", json={"unit": "PMK-02"})
        seen = [await _until(socket, "frame"), await _until(socket, "frame")]
        assert {row["discipline"] for frame in seen for row in frame["rows"]["units"]} == {"fire"}
        assert all(frame["rows"]["calls"] == [] for frame in seen)

    # A revoked token's socket is closed within five seconds and a beat.
    async with console.socket() as socket:
        await _until(socket, "hello")
        await sync_to_async(_revoke)(open_city)
        async with asyncio.timeout(7):
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await socket.recv()
        assert socket.close_code == 4401


def _session_of(city: Cast) -> str:
    client = Client()
    client.force_login(city.users["sam"], backend="incidents.accounts.AccountBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _revoke(city: Cast) -> None:
    Token.objects.filter(user=city.users["dana"]).update(revoked_at=timezone.now())


async def test_it_shows_twenty_consoles_the_same_board_while_one_does_not_read(
    url: str, api: httpx.AsyncClient, open_city: Cast
) -> None:
    consoles = [Console(url, open_city.token("sam")) for _ in range(20)]
    tasks = [asyncio.create_task(console.follow()) for console in consoles]
    stalled = await websockets.connect(
        f"{url.replace('http', 'ws')}/ws/live", additional_headers=consoles[0].headers, max_queue=1
    )
    await asyncio.sleep(1)
    for number in range(30):
        incident = (await api.post("incidents", json=BURGLARY | {"narrative": "x" * 5000})).json()
        if number % 3 == 0:
            await api.post(f"incidents/{incident['id']}/close", json={"disposition": "selesai"})
    await asyncio.sleep(2)
    fresh = await consoles[0].board()
    for console in consoles:
        console.stop.set()
        assert without_places(console.rows) == without_places(rows_of(fresh))
        assert (console.seq, console.reconnects) == (fresh["seq"], 0)
    await asyncio.gather(*tasks)
    stalled.transport.abort()


async def test_it_goes_on_without_redis(open_city: Cast) -> None:
    with web(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") as address:
        console = Console(address, open_city.token("dana"))
        async with console.socket() as socket, httpx.AsyncClient(headers=console.headers, timeout=20) as client:
            await _until(socket, "hello")
            assert (await client.post(f"{address}/api/v1/incidents", json=BURGLARY)).status_code == 201
            assert (await _until(socket, "frame"))["rows"]["incidents"]


async def test_it_goes_on_after_the_database_has_ended_its_connections(open_city: Cast) -> None:
    def end_all_others() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with web() as address:
        console = Console(address, open_city.token("dana"))
        for _ in range(6):  # so many that each of the feed's threads has a connection
            async with console.socket() as socket:
                await _until(socket, "hello")
        await sync_to_async(end_all_others)()
        for _ in range(6):
            async with console.socket() as socket:
                await _until(socket, "hello")
