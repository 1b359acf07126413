"""Promises of the client: a request sent again keeps its key, a refusal keeps its name, a room may go and come back.
The room here is a function; a real one is played in `test_simulate.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from commandcenter.simulation import client
from commandcenter.simulation.client import Refused, Room, TokenRefused, Unreachable

Answer = TypeVar("Answer")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_SECONDS", 0.0)


def ask(
    handle: Callable[[httpx.Request], httpx.Response], use: Callable[[Room], Awaitable[Answer]], patience: float = 5.0
) -> Answer:
    async def run() -> Answer:
        transport = httpx.MockTransport(handle)
        async with Room("http://room", {"operator": "secret"}, patience, transport) as room:
            return await use(room)

    return asyncio.run(run())


def test_it_sends_a_request_again_with_the_same_key_until_the_room_is_back() -> None:
    keys: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ConnectError("gone")
        return httpx.Response(503 if len(keys) == 2 else 201, json={"id": 5})

    assert ask(handle, lambda room: room.post("operator", "calls", {})) == {"id": 5}
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_it_gives_each_request_its_own_key() -> None:
    keys: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(200, json={})

    async def use(room: Room) -> None:
        await room.post("operator", "calls", {})
        await room.post("operator", "calls", {})

    ask(handle, use)
    assert len(set(keys)) == 2


def test_it_names_a_refusal_as_the_room_does() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(409, json={"error": {"code": "unit_not_available", "message": "busy", "fields": {}}})

    with pytest.raises(Refused) as refusal:
        ask(handle, lambda room: room.post("operator", "incidents/1/assignments", {"unit": "PMK-01"}))
    assert (refusal.value.status, refusal.value.code) == (409, "unit_not_available")


def test_it_names_a_refusal_that_is_not_in_the_rooms_form_by_its_status() -> None:
    with pytest.raises(Refused) as refusal:
        ask(lambda request: httpx.Response(404, text="<h1>nothing</h1>"), lambda room: room.get("operator", "board"))
    assert refusal.value.code == "http_404"


def test_it_stops_at_a_token_the_room_does_not_take() -> None:
    with pytest.raises(TokenRefused, match="operator"):
        ask(lambda request: httpx.Response(401, json={}), lambda room: room.get("operator", "me"))


def test_it_gives_up_on_a_room_that_stays_away() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    with pytest.raises(Unreachable, match="did not answer"):
        ask(handle, lambda room: room.get("operator", "board"), patience=0.05)
