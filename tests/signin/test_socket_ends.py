"""A console's socket ends within five seconds of its session, whoever ends the session and however."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.test import Client

from incidents.actions.accounts import end_own_sessions, end_sessions, reset_second_factor
from incidents.models import User
from tests.cast import Cast
from tests.processes import web
from tests.signin.factors import give_app

TRIES = 4
PROMISED_SECONDS = 5.0
WAYS: dict[str, Callable[[Cast, User, str], Any]] = {
    "ended by an administrator": lambda city, user, key: end_sessions(city.center, city.users["ada"], [user]),
    "second factor taken off": lambda city, user, key: reset_second_factor(city.center, city.users["ada"], [user]),
    "ended by its person": lambda city, user, key: end_own_sessions(user, only=key),
    "password changed": lambda city, user, key: (user.set_password("sepeda tua di gudang"), user.save()),
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


def _open(user: User) -> str:
    client = Client()
    client.force_login(user, backend="incidents.accounts.AccountBackend")
    return client.cookies["sessionid"].value


async def _seconds_to_close(url: str, city: Cast, user: User, way: Callable[..., Any]) -> float:
    key = await sync_to_async(_open)(user)
    headers = {"Cookie": f"sessionid={key}", "Origin": url}
    async with websockets.connect(f"{url.replace('http', 'ws')}/ws/live", additional_headers=headers) as socket:
        await socket.recv()
        await sync_to_async(way)(city, user, key)
        begun = time.monotonic()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(30):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
        return time.monotonic() - begun


async def test_it_closes_the_socket_of_an_ended_session(open_city: Cast) -> None:
    took: dict[str, list[float]] = {name: [] for name in WAYS}
    with web() as url:
        for name, way in WAYS.items():
            for _ in range(TRIES):
                await sync_to_async(give_app)(open_city.users["dana"])
                took[name].append(await _seconds_to_close(url, open_city, open_city.users["dana"], way))
                await sync_to_async(open_city.users["dana"].authenticator_set.all().delete)()
    worst = max(max(times) for times in took.values())
    print(
        f"\n{TRIES * len(WAYS)} sessions ended, socket closed after {worst:.1f} s at most (promised {PROMISED_SECONDS:.0f})"
    )
