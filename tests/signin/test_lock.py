"""Promises of the lock: five failures lock a name for the address that failed, and for no other; codes count; nobody learns which names
exist."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.handlers.asgi import ASGIRequest
from django.test import Client
from django.utils import timezone

from commandcenter.signin.lockout import address_of
from incidents.models import TimelineEntry
from tests.cast import Cast
from tests.signin.factors import PASSWORD, code_of, give_app, give_password, log_in

HERE, ELSEWHERE = {"REMOTE_ADDR": "192.0.2.10"}, {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture
def room(city: Cast, settings: Any) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    give_password(city.users["dana"], city.users["rian"], city.users["ada"])
    return city


def fail(username: str, times: int, **where: Any) -> list[int]:
    return [log_in(username, "salah-kata-sandi", **where)[1].status_code for _ in range(times)]


def test_it_locks_after_five_failures_for_that_address_alone(room: Cast) -> None:
    assert fail("dana", 5, **ELSEWHERE) == [200, 200, 200, 200, 429]
    locked = log_in("dana", **ELSEWHERE)[1]
    assert locked.status_code == 429 and int(locked.headers["Retry-After"]) == 900
    assert log_in("dana", **HERE)[1].status_code == 302  # her console is not locked out from elsewhere
    assert log_in("rian", **ELSEWHERE)[1].status_code == 302


def test_it_knows_who_asks_behind_a_trusted_proxy_alone(settings: Any) -> None:
    scope = {"type": "http", "method": "POST", "path": "/login", "client": ("192.0.2.1", 5000), "query_string": b""}
    request = ASGIRequest(scope | {"headers": [(b"x-forwarded-for", b"203.0.113.9, 198.51.100.7")]}, BytesIO())
    settings.TRUSTED_PROXIES = []
    assert address_of(request) == "192.0.2.1"
    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    assert address_of(request) == "198.51.100.7"


@pytest.mark.parametrize(("language", "word"), [("id", "percobaan gagal"), ("en", "failed attempts")])
def test_it_says_so_in_both_languages(room: Cast, language: str, word: str) -> None:
    client = Client()
    client.post("/language", {"language": language})
    fail("dana", 4)
    assert word in log_in("dana", "salah-kata-sandi", client)[1].content.decode()


def test_it_opens_after_its_time_and_forgets_failures_after_a_success(room: Cast) -> None:
    fail("dana", 5)
    assert log_in("dana")[1].status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in("dana")[1].status_code == 302
    fail("dana", 4)
    assert log_in("dana")[1].status_code == 302
    assert fail("dana", 4) == [200] * 4


def test_it_does_not_tell_which_names_exist(room: Cast, settings: Any) -> None:
    settings.SIAGA_DEMO = False
    room.users["rian"].is_active = False
    room.users["rian"].save()
    answers = {}
    for name in ("dana", "rian", "nobody"):
        client = Client()
        answers[name] = [
            (
                answer.status_code,
                answer.content.decode().replace(name, "NAME").split("csrf-token")[0],
                _error_of(answer),
            )
            for answer in (log_in(name, "salah-kata-sandi", client)[1] for _ in range(6))
        ]
    assert answers["dana"] == answers["rian"] == answers["nobody"]


def _error_of(answer: Any) -> str:
    page: str = answer.content.decode()
    return page[page.index('role="alert"') :].split("</p>")[0]


def test_it_hashes_as_often_for_a_name_that_does_not_exist(room: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"

    def encode(self: Any, password: str, salt: str) -> str:
        made.append(password)
        return f"md5${salt}${password}"

    monkeypatch.setattr(hasher, encode)
    for name in ("dana", "nobody", "hotline"):  # with a password, without an account, without a password
        made.clear()
        log_in(name, "salah-kata-sandi")
        assert len(made) == 1, name


def test_it_counts_codes_as_it_counts_passwords(room: Cast) -> None:
    secret = give_app(room.users["dana"])
    client, _ = log_in("dana")
    assert [client.post("/login/code", {"code": "000000"}).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    assert client.post("/login/code", {"code": code_of(secret)}).status_code == 429
    assert client.get("/").status_code == 302
    assert log_in("dana")[1].status_code == 429


def test_it_refuses_codes_of_one_person_from_ever_new_addresses(room: Cast) -> None:
    secret = give_app(room.users["dana"])
    for number in range(20):
        where = {"REMOTE_ADDR": f"203.0.113.{number + 1}"}
        client, _ = log_in("dana", **where)
        assert client.post("/login/code", {"code": "000000"}, **where).status_code == 200
    client, answer = log_in("dana", **HERE)
    assert answer.headers["Location"] == "/login/code"
    assert client.post("/login/code", {"code": code_of(secret)}, **HERE).status_code == 429


def test_it_lets_an_administrator_unlock(room: Cast) -> None:
    fail("dana", 5)
    ada, _ = log_in("ada")
    chosen = {"action": "unlock", "_selected_action": [room.users["dana"].pk]}
    assert ada.post("/admin/incidents/user/", chosen).status_code == 302
    assert log_in("dana")[1].status_code == 302
    assert TimelineEntry.objects.get(kind="user_changed").data == {"name": "dana", "fields": ["lock"]}


def test_it_keeps_no_password_and_no_code(room: Cast) -> None:
    fail("dana", 2)
    kept = str(list(AccessAttempt.objects.values()))
    assert "dana" in kept and "salah-kata-sandi" not in kept and PASSWORD not in kept


def test_it_writes_nothing_when_nobody_signs_in(room: Cast, django_assert_max_num_queries: Any) -> None:
    client, _ = log_in("dana")
    client.get("/api/v1/me")
    with django_assert_max_num_queries(10) as asked:
        client.get("/api/v1/me")
    assert [query["sql"] for query in asked.captured_queries if not query["sql"].startswith("SELECT")] == []
    assert not any("axes_" in query["sql"] for query in asked.captured_queries)
