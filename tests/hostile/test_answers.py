"""What every answer has and no answer does: what is kept, passwords, sessions, methods, sizes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from incidents.models import Incident, User
from tests.cast import MIDDLE, Cast

SECRET = "  Kata Sandi yang panjang sekali, lebih dari enam puluh empat huruf: 0123456789 ñ  "


def client_of(city: Cast, who: str) -> Client:
    client = Client()
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    return client


def test_it_lets_no_answer_be_kept(city: Cast) -> None:
    client = client_of(city, "dana")
    city.ring()
    incident = city.open("burglary")
    for path in (
        "/",
        "/map",
        "/api/v1/board",
        f"/api/v1/incidents/{incident['id']}",
        "/api/v1/incidents",
        "/api/v1/me",
    ):
        kept = client.get(path)["Cache-Control"]
        assert "no-store" in kept, (path, kept)


def test_it_says_what_an_answer_is(city: Cast) -> None:
    client = client_of(city, "dana")
    assert client.get("/")["Content-Type"] == "text/html; charset=utf-8"
    assert client.get("/api/v1/board")["Content-Type"] == "application/json"


def test_it_takes_a_password_exactly_as_it_was_typed(city: Cast) -> None:
    user = city.users["dana"]
    user.set_password(SECRET)
    user.save()
    assert len(SECRET) > 64
    for typed, is_right in ((SECRET, True), (SECRET.strip(), False), (SECRET.lower(), False), (SECRET[:64], False)):
        answer = Client().post("/login", {"username": "dana", "password": typed})
        assert (answer.status_code == 302) == is_right, typed


def test_it_keeps_passwords_by_argon2(city: Cast) -> None:
    city.users["dana"].set_password(SECRET)
    assert city.users["dana"].password.startswith("argon2")


def test_it_begins_a_new_session_at_login_and_ends_it_at_logout(city: Cast, settings: Any) -> None:
    user = city.users["dana"]
    user.set_password(SECRET)
    user.save()
    client = Client()
    client.get("/login")
    client.post("/language", {"language": "en"})
    before = client.cookies.get(settings.SESSION_COOKIE_NAME)
    client.post("/login", {"username": "dana", "password": SECRET})
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert before is None or before.value != key
    client.post("/logout")
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = key
    assert old.get("/api/v1/me").status_code == 401


def test_it_shuts_out_who_is_disabled(city: Cast) -> None:
    client = client_of(city, "dana")
    assert client.get("/api/v1/me").status_code == 200
    User.objects.filter(pk=city.users["dana"].pk).update(is_active=False)
    assert client.get("/api/v1/me").status_code == 401
    assert city.refused("GET", "me") == (401, "not_authenticated")


def test_it_changes_nothing_by_get(city: Cast) -> None:
    """Every verb of the API answers 405 to GET, or reads."""
    incident = city.open("burglary")
    before = city.board()["seq"]
    for verb in ("notes", "close", "duplicate", "assignments", "referrals"):
        assert city.refused("GET", f"incidents/{incident['id']}/{verb}") == (405, "method_not_allowed")
    client = client_of(city, "dana")
    assert client.get("/logout").status_code in (403, 405) and client.get("/language").status_code == 405
    assert client.get("/api/v1/me").status_code == 200 and city.board()["seq"] == before


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_it_sends_nobody_to_another_site(city: Cast, target: str) -> None:
    user = city.users["dana"]
    user.set_password(SECRET)
    user.save()
    answer = Client().post(f"/login?next={target}", {"username": "dana", "password": SECRET, "next": target})
    assert answer.status_code == 302 and answer["Location"] == "/"


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/manage.py", "/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/var/secret"],
)
def test_it_serves_no_file_that_is_not_its_own(city: Cast, path: str) -> None:
    assert Client().get(path).status_code in (302, 403, 404)


def test_it_knows_no_trace(city: Cast) -> None:
    for path in ("/", "/api/v1/board", "/login"):
        assert client_of(city, "dana").trace(path).status_code in (403, 405), path


def test_it_answers_413_in_the_one_form(city: Cast, settings: Any) -> None:
    body = {"type": "burglary", "location": MIDDLE, "narrative": "a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}
    assert city.refused("POST", "incidents", body) == (413, "too_large")


def test_it_takes_no_field_that_a_verb_does_not_know(city: Cast) -> None:
    more = {"status": "closed", "number": "X", "version": 99, "opened_by": "sam", "center": 1, "id": 1}
    opened = city.open("burglary", **more)
    kept = Incident.objects.get(pk=opened["id"])
    assert (kept.status, kept.version, kept.opened_by) == ("pending", 1, city.users["dana"])
    assert kept.number != "X" and kept.center == city.center


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"type": "burglary", "location": {"lat": 1e999, "lon": 112.75}}',
        b'{"type": "burglary", "location": {"lat": NaN, "lon": 112.75}}',
        b'{"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}, "priority": ' + b"9" * 10_000 + b"}",
        b'{"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}, "narrative": "\\ud800"}',
        b'{"type": "burglary", "type": ["x"], "location": {"lat": -7.25, "lon": 112.75}}',
        b"\xff\xfe{}",
        b"",
        b"null",
    ],
)
def test_it_refuses_json_of_death(city: Cast, body: bytes) -> None:
    client = Client(headers={"Authorization": f"Bearer {city.token('dana')}"})
    for path in ("/api/v1/incidents", "/api/v1/positions"):
        answer = client.generic("POST", path, body, content_type="application/json")
        assert answer.status_code in (400, 403, 422) and set(answer.json()) == {"error"}, (path, answer.content[:200])


def test_it_names_every_page(city: Cast) -> None:
    """What requests are counted by, instead of their paths."""
    assert all(pattern.name for pattern in get_resolver().url_patterns if hasattr(pattern, "name"))
