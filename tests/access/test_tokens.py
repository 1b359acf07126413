"""Promises of tokens: scopes, a name, an end, the last use, rotation with an overlap, revocation; a secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commandcenter.live.accounts import Credential, revoked
from incidents import accounts
from incidents.accounts import digest_of, make_token, user_of_token
from incidents.models import TimelineEntry, Token
from tests.cast import Cast


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    accounts._noted_at.clear()


def _made(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return lines[0]


def _as(city: Cast, secret: str) -> Cast:
    city.tokens["machine"] = secret
    return city


def test_it_opens_all_that_the_role_may_when_no_scope_is_named(city: Cast) -> None:
    _as(city, _made("dana"))
    assert city.call("GET", "board", who="machine")[0] == 200
    assert (
        city.call("POST", "incidents", {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}, "machine")[0]
        == 201
    )


def test_it_opens_only_its_scopes(city: Cast) -> None:
    _as(city, _made("dana", "--scope", "see_board", "--scope", "open_incident"))
    body = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
    assert city.call("GET", "board", who="machine")[0] == 200
    assert city.call("POST", "incidents", body, "machine")[0] == 201
    assert city.refused("GET", "incidents", who="machine") == (403, "not_allowed")
    _as(city, _made("dana", "--scope", "read"))
    assert city.call("GET", "incidents", who="machine")[0] == 200
    assert city.refused("POST", "incidents", body, "machine") == (403, "not_allowed")


def test_it_makes_no_token_that_promises_more_than_the_role_may(city: Cast) -> None:
    for arguments in (
        ("hotline", "--scope", "administer"),
        ("dana", "--scope", "everything"),
        ("dana", "--name", "x" * 81),
    ):
        with pytest.raises(CommandError):
            _made(*arguments)
    assert city.refused("GET", "jobs", who="dana") == (403, "not_allowed")


def test_it_reads_and_notes_the_use_in_one_statement_and_once_a_minute(city: Cast) -> None:
    secret = make_token(city.users["dana"])
    token = Token.objects.get(digest=digest_of(secret))
    for _ in range(3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert user_of_token(secret) == city.users["dana"]
        assert len(asked) == 1
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None and timezone.now() - first < timedelta(minutes=1)
    accounts._noted_at.clear()  # another process
    user_of_token(secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    Token.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=2))
    accounts._noted_at.clear()
    user_of_token(secret)
    token.refresh_from_db()
    assert token.last_used_at is not None and token.last_used_at > first


def test_it_rotates_with_an_overlap(city: Cast) -> None:
    old = _made("dana", "--name", "papan dinding", "--scope", "read")
    number = Token.objects.get(digest=digest_of(old)).pk
    out = StringIO()
    call_command("rotate_token", str(number), "--overlap-hours", "2", stdout=out)
    new = out.getvalue().splitlines()[-1]
    row = Token.objects.get(digest=digest_of(new))
    assert (row.name, row.scopes, row.user) == ("papan dinding", ["read"], city.users["dana"])
    assert user_of_token(old) and user_of_token(new)
    ends = Token.objects.get(pk=number).expires_at
    assert timedelta(hours=1.9) < ends - timezone.now() < timedelta(hours=2)
    call_command("rotate_token", str(row.pk), "--overlap-hours", "0", stdout=StringIO())
    assert user_of_token(new) is None
    with pytest.raises(CommandError):
        call_command("rotate_token", str(row.pk), stdout=StringIO())


def test_it_revokes_and_tells_the_timeline(city: Cast) -> None:
    secret = _made("hotline")
    token = Token.objects.get(digest=digest_of(secret))
    call_command("revoke_token", str(token.pk), stdout=StringIO())
    assert user_of_token(secret) is None
    entry = TimelineEntry.objects.order_by("-seq").first()
    assert entry is not None and entry.kind == "user_changed" and entry.data["fields"] == ["token"]


def test_it_shows_the_administrator_everything_but_the_secret(city: Cast) -> None:
    secret = _made("hotline", "--name", "sentral telepon", "--scope", "ring_call")
    token = Token.objects.get(digest=digest_of(secret))
    theirs = Token.objects.filter(user=city.users["outsider"]).get()
    ada = Client()
    ada.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    shown = ada.get("/admin/incidents/token/").content.decode()
    assert "sentral telepon" in shown and "ring_call" in shown
    for hidden in (secret, digest_of(secret).hex(), str(digest_of(secret))):
        assert hidden not in shown
    answer: Any = ada.post(
        "/admin/incidents/token/", {"action": "rotate", "_selected_action": [token.pk, theirs.pk]}, follow=True
    )
    new = Token.objects.filter(user=city.users["hotline"]).latest("pk")
    page = answer.content.decode()
    assert new.pk != token.pk and page.count("<code") == 1 and "no-store" in answer["Cache-Control"]
    fresh = page.split("<code")[1].split(">")[1].split("<")[0]
    assert digest_of(fresh) == bytes(new.digest)
    assert fresh not in ada.get("/admin/incidents/token/").content.decode()
    ada.post("/admin/incidents/token/", {"action": "revoke", "_selected_action": [new.pk, theirs.pk]})
    new.refresh_from_db()
    theirs.refresh_from_db()
    assert new.revoked_at is not None and theirs.revoked_at is None


def test_it_no_longer_stands_for_a_socket_when_its_scope_is_gone(city: Cast) -> None:
    secret = make_token(city.users["dana"], scopes=["see_board"])
    user = city.users["dana"]
    held = Credential(user.pk, user.role, user.center_id, digest=digest_of(secret))
    assert revoked([held]) == set()
    Token.objects.filter(digest=digest_of(secret)).update(scopes=["see_calls"])
    assert revoked([held]) == {held}
