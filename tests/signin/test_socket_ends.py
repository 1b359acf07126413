"""A console's socket ends with its session, whoever ends the session and however; how soon is kept in docs/reliability.md."""

from __future__ import annotations

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
from tests.live.closing import keep_closing, until_closed
from tests.processes import web
from tests.signin.factors import give_app

TRIES = 4
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
        code, at = await until_closed(socket)
        assert code == 4401
        return at - begun


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_it_closes_the_socket_of_an_ended_session(open_city: Cast, server: str) -> None:
    took: dict[str, float] = {}
    with web(server) as url:
        for name, way in WAYS.items():
            for turn in range(1, TRIES + 1):
                await sync_to_async(give_app)(open_city.users["dana"])
                took[f"{name} {turn}"] = await _seconds_to_close(url, open_city, open_city.users["dana"], way)
                await sync_to_async(open_city.users["dana"].authenticator_set.all().delete)()
    how = "`script/test -m long tests/signin/test_socket_ends.py`"
    keep_closing(f"sessions-{server}", took, f"sessions ended in {len(WAYS)} ways ({server})", how)
