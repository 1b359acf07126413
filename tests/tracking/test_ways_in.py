"""The ways in, on real servers: batch, single, /track and the websocket answer alike; bad ones are refused by name."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets
from django.utils import timezone

from dispatch.models import Device, PositionCount, Unit, UnitPosition
from incidents.models import Token
from tests.cast import Cast
from tests.live.console import Console
from tests.processes import end, free_port, start, wait_for, web

HERE = {"lat": -7.25, "lon": 112.75}


def point(unit: str = "PMK-01", ago: float = 1, **more: Any) -> dict[str, Any]:
    at = timezone.now() - timezone.timedelta(seconds=ago)
    return {"unit": unit, **HERE, "at": at.isoformat(), **more}


@pytest.fixture(params=["daphne", "uvicorn"])
def room(request: pytest.FixtureRequest, open_city: Cast) -> Iterator[tuple[str, Cast]]:
    Device.objects.create(center=open_city.center, device_id="phone-7", unit=Unit.objects.get(call_sign="PMK-02"))
    with web(request.param) as address:
        yield address, open_city


def bearer(city: Cast, who: str = "tracker") -> dict[str, str]:
    return {"Authorization": f"Bearer {city.token(who)}"}


def test_it_takes_batches_and_refuses_each_bad_point_by_name(room: tuple[str, Cast]) -> None:
    address, city = room
    with httpx.Client(base_url=address, headers=bearer(city), timeout=20) as client:
        items: list[Any] = [point(ago=2), 7, point(lat=95), point("NONE-1"), point(ago=1)]
        answer = client.post("/api/v1/positions", json={"positions": items})
        assert (answer.status_code, answer.json()["taken"]) == (202, 2)
        assert [(item["index"], item["code"]) for item in answer.json()["refused"]] == [
            (1, "invalid"),
            (2, "invalid"),
            (3, "unknown_unit"),
        ]
        assert "lat" in answer.json()["refused"][1]["message"]
        many = [point("TGC-01", ago=300 - number) for number in range(300)]
        assert client.post("/api/v1/positions", json={"positions": many}).json() == {"taken": 300, "refused": []}
        for content, status, code in [
            (b"{", 400, "malformed"),
            (b"[]", 422, "invalid"),
            (json.dumps({"positions": [0] * 5001}).encode(), 422, "invalid"),
            (b" " * 2_600_000, 413, "too_large"),
        ]:
            refusal = client.post("/api/v1/positions", content=content)
            assert (refusal.status_code, refusal.json()["error"]["code"]) == (status, code)
    assert UnitPosition.objects.count() == 2


def test_it_lets_only_trackers_in(room: tuple[str, Cast]) -> None:
    address, city = room
    body = {"positions": [point()]}
    for headers, status in [({"Authorization": "Bearer no"}, 401), (bearer(city, "dana"), 403)]:
        for answer in (
            httpx.post(f"{address}/api/v1/positions", json=body, headers=headers),
            httpx.get(f"{address}/track", params={"id": "PMK-01", "lat": "1", "lon": "1"}, headers=headers),
        ):
            assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert httpx.get(f"{address}/track?id=PMK-01&lat=1&lon=1").status_code == 401
    assert httpx.get(f"{address}/track/no?id=PMK-01&lat=1&lon=1").status_code == 401
    assert httpx.post(f"{address}/api/v1/positions", json=body).status_code == 403  # Django asks for the CSRF token
    assert httpx.get(f"{address}/api/v1/positions", headers=bearer(city)).status_code == 405
    assert not UnitPosition.objects.exists()


def test_it_takes_the_osmand_protocol_in_all_its_forms(room: tuple[str, Cast]) -> None:
    address, city = room
    token = city.token("tracker")
    asked = {"id": "phone-7", "lat": "-7.25", "lon": "112.75", "speed": "10", "bearing": "90", "batt": "80"}
    coords = {"latitude": -7.25, "longitude": 112.75, "speed": 5, "heading": 90, "accuracy": 4}
    location = {"timestamp": timezone.now().isoformat(), "coords": coords}
    with httpx.Client(base_url=address, timeout=20) as client:
        now = time.time()
        answers = [
            client.get("/track", params=asked | {"timestamp": str(int(now) - 9)}, headers=bearer(city)),
            client.get(f"/track/{token}", params=asked | {"timestamp": str(int(now * 1000) - 8000)}),
            client.get("/track", params=asked | {"timestamp": str(now - 7), "token": token}),
            client.post(f"/track/{token}", data=asked | {"id": "PMK-03", "timestamp": str(now - 6)}),
            client.post(f"/track/{token}", json={"location": location, "device_id": "phone-7"}),
        ]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"taken": 1, "refused": []})] * 5
        position = UnitPosition.objects.get(unit__call_sign="PMK-02")
        assert (position.speed_kmh, position.heading) == (18, 90)
        for wrong, field in [({"lat": "north"}, "lat"), ({"timestamp": "soon"}, "timestamp"), ({"id": "who"}, "id")]:
            refusal = client.get(f"/track/{token}", params=asked | wrong)
            assert refusal.status_code == 400 and field in refusal.json()["error"]["fields"]
        assert (
            client.post(f"/track/{token}", content=b"{", headers={"Content-Type": "application/json"}).status_code
            == 400
        )
        # A phone would send it for ever if this were an error.
        outside = client.get(f"/track/{token}", params=asked | {"lat": "0", "lon": "0"})
        assert (outside.status_code, outside.json()["refused"][0]["code"]) == (200, "null_island")
    assert PositionCount.objects.get(reason="invalid").count == 3


async def test_it_answers_each_message_of_a_socket_in_order(room: tuple[str, Cast]) -> None:
    address, city = room
    url = address.replace("http", "ws") + "/ws/positions"
    async with websockets.connect(url, additional_headers=bearer(city)) as socket:
        for message in (
            point(ago=5),
            [point("TGC-01", ago=4), point("NONE-1")],
            {"positions": [point(ago=3)]},
            "text",
            {"positions": 1},
            [point()] * 501,
            point("TGC-02", lat=None),
        ):
            await socket.send(json.dumps(message))
        await socket.send(b"\x00")
        await socket.send("{")
        answers = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(9)]
    assert [answer.get("taken") for answer in answers] == [1, 1, 1, 0, None, None, 0, None, None]
    assert [item["code"] for answer in answers for item in answer.get("refused", [])] == [
        "unknown_unit",
        "invalid",
        "invalid",
    ]
    assert [answer["error"]["code"] for answer in answers if "error" in answer] == [
        "invalid",
        "invalid",
        "malformed",
        "malformed",
    ]


async def test_it_refuses_other_roles_at_the_socket_and_closes_it_when_the_token_is_revoked(
    room: tuple[str, Cast],
) -> None:
    address, city = room
    url = address.replace("http", "ws") + "/ws/positions"
    for headers in ({}, bearer(city, "dana"), {"Authorization": "Bearer no"}):
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url, additional_headers=headers)
    async with websockets.connect(url, additional_headers=bearer(city)) as socket:
        await Token.objects.filter(user=city.users["tracker"]).aupdate(revoked_at=timezone.now())
        with pytest.raises(websockets.ConnectionClosed) as closed:
            for _ in range(100):
                await socket.send(json.dumps(point(ago=0)))
                await socket.recv()
                await asyncio.sleep(0.1)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


async def test_it_refuses_a_flood_and_answers_who_keeps_to_the_bound(room: tuple[str, Cast]) -> None:
    address, city = room
    url = address.replace("http", "ws") + "/ws/positions"
    async with websockets.connect(url, additional_headers=bearer(city), max_queue=None) as socket:
        message = json.dumps(point())
        for _ in range(600):
            await socket.send(message)
        answers = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(600)]
        taken = [answer for answer in answers if "taken" in answer]
        assert all(answer["error"]["code"] == "too_fast" for answer in answers if answer not in taken)
        assert len(taken) >= 256
        await socket.send(message)
        assert json.loads(await asyncio.wait_for(socket.recv(), 20))["taken"] == 1


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_it_answers_all_it_took_and_moves_trackers_over_when_it_is_told_to_stop(
    open_city: Cast, server: str
) -> None:
    port = free_port()
    process = start(sys.executable, "manage.py", "serve", "--port", str(port), "--server", server)
    try:
        await asyncio.to_thread(wait_for, f"http://127.0.0.1:{port}/healthz", process)
        url = f"ws://127.0.0.1:{port}/ws/positions"
        async with websockets.connect(url, additional_headers=bearer(open_city)) as socket:
            await socket.send(json.dumps(point(ago=3)))
            assert json.loads(await asyncio.wait_for(socket.recv(), 20))["taken"] == 1
            for _ in range(20):
                await socket.send(json.dumps(point(ago=0)))
            process.terminate()
            answers = [json.loads(answer) async for answer in _until_closed(socket)]
            assert socket.close_code == 1012
        assert all(answer["taken"] == 1 for answer in answers)
    finally:
        await asyncio.to_thread(end, process)


async def _until_closed(socket: Any) -> Any:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            yield await asyncio.wait_for(socket.recv(), 20)


async def test_it_shows_on_consoles_what_came_by_each_way_with_and_without_redis(open_city: Cast) -> None:
    for redis in ({}, {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}):
        with web(**redis) as address:
            console = Console(address, open_city.token("dana"))
            async with (
                console.socket() as socket,
                httpx.AsyncClient(base_url=address, headers=bearer(open_city), timeout=20) as client,
            ):
                await asyncio.sleep(1.5)
                answer = await client.post("/api/v1/positions", json={"positions": [point(ago=0)]})
                assert answer.json()["taken"] == 1
                answer = await client.get("/track", params={"id": "TGC-01", "lat": "-7.25", "lon": "112.75"})
                assert answer.json()["taken"] == 1
                seen: set[int] = set()
                while len(seen) < 2:
                    frame = await asyncio.wait_for(socket.recv(), 20)
                    if isinstance(frame, bytes):
                        seen |= {int.from_bytes(frame[at : at + 4], "little") for at in range(16, len(frame), 16)}
