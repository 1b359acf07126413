"""Whatever a socket was opened with no longer stands: within seconds it is closed with 4401, on both servers, a console's as a
tracker's; whoever still may stays."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from dispatch.models import Unit
from incidents.accounts import digest_of, make_token
from incidents.models import Token, User
from tests.cast import Cast
from tests.live.closing import keep_closing, until_closed
from tests.processes import web

CODE_REVOKED = 4401


def _user(city: Cast, name: str, role: str = "operator") -> User:
    return User.objects.create_user(f"{city.center.code}-{name}", password="rahasia-112", role=role, center=city.center)


def _bearer(user: User, **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(user, **more)}"}


def _cookie(user: User, origin: str) -> tuple[Client, dict[str, str]]:
    client = Client()
    client.force_login(user, backend="incidents.accounts.AccountBackend")
    return client, {"Cookie": f"sessionid={client.cookies['sessionid'].value}", "Origin": origin}


def _digest(headers: dict[str, str]) -> bytes:
    return digest_of(headers["Authorization"].removeprefix("Bearer "))


def causes(city: Cast, url: str) -> dict[str, tuple[str, dict[str, str], Any]]:
    """Name → (address, headers, what ends it)."""
    made: dict[str, tuple[str, dict[str, str], Any]] = {}

    def of_token(name: str, change: Any, role: str = "operator", path: str = "/ws/live", **more: Any) -> None:
        user = _user(city, name, role)
        headers = _bearer(user, **more)
        made[name] = (path, headers, lambda: change(user, Token.objects.filter(digest=_digest(headers))))

    of_token("token revoked", lambda user, token: token.update(revoked_at=timezone.now()))
    of_token("token expired", lambda user, token: token.update(expires_at=timezone.now()))
    of_token("scope removed", lambda user, token: token.update(scopes=["see_calls"]), scopes=["see_board"])
    of_token("deactivated", lambda user, token: User.objects.filter(pk=user.pk).update(is_active=False))
    of_token("role changed", lambda user, token: User.objects.filter(pk=user.pk).update(role="supervisor"))
    elsewhere = city.users["outsider"].center
    of_token("center changed", lambda user, token: User.objects.filter(pk=user.pk).update(center=elsewhere))
    of_token("tracker revoked", lambda user, token: token.update(revoked_at=timezone.now()), "tracker", "/ws/positions")
    of_token(
        "tracker deactivated",
        lambda user, token: User.objects.filter(pk=user.pk).update(is_active=False),
        "tracker",
        "/ws/positions",
    )
    crew = _user(city, "awak", "crew")
    Unit.objects.get(center=city.center, call_sign="PMK-01").crew.add(crew)
    made["crew of another agency"] = (
        "/ws/live",
        _bearer(crew),
        lambda: crew.units.set(Unit.objects.filter(center=city.center, call_sign="POL-01")),
    )
    leaving = _user(city, "keluar")
    client, headers = _cookie(leaving, url)
    made["logged out"] = ("/ws/live", headers, lambda: client.post("/logout"))
    changed = _user(city, "sandi")
    _, headers = _cookie(changed, url)

    def set_password() -> None:
        changed.set_password("lain-sekali-112")
        changed.save(update_fields=["password"])

    made["password changed"] = ("/ws/live", headers, set_password)
    return made


async def close_all(
    url: str, made: dict[str, tuple[str, dict[str, str], Any]], stays: dict[str, str]
) -> dict[str, float]:
    """Seconds from each cause until its socket is closed. The one that stays must still hear."""
    there = url.replace("http", "ws")
    sockets = {
        name: await websockets.connect(f"{there}{path}", additional_headers=headers, origin=None)
        for name, (path, headers, _) in made.items()
    }
    staying = await websockets.connect(f"{there}/ws/live", additional_headers=stays)
    listening = {name: asyncio.ensure_future(until_closed(socket)) for name, socket in sockets.items()}
    begun: dict[str, float] = {}
    for name, (_, _, end) in made.items():
        await sync_to_async(end)()
        begun[name] = time.monotonic()
    took = {}
    for name, closing in listening.items():
        code, at = await closing
        assert code == CODE_REVOKED, name
        took[name] = at - begun[name]
    async with asyncio.timeout(10):
        while b'"beat"' not in (text.encode() if isinstance(text := await staying.recv(), str) else b""):
            pass
    await staying.close()
    return took


@pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=pytest.mark.long)])
def test_it_closes_the_socket_of_whoever_may_no_longer(open_city: Cast, server: str) -> None:
    with web(server) as url:
        made = causes(open_city, url)
        took = asyncio.run(close_all(url, made, {"Authorization": f"Bearer {open_city.token('dana')}"}))
    assert set(took) == set(made) and len(took) == 11
    how = "`script/test -m 'long or not long' tests/access/test_revoked_sockets.py`"
    keep_closing(
        f"revoked-{server}", took, f"causes (token, scope, session, user, role, center, crew, password; {server})", how
    )
