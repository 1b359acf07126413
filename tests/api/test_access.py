"""Promises of access: logins, roles, demo mode, the one form of error."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from commandcenter.checks import networks_that_can_be_read, no_demo_in_a_deployment
from incidents.models import Token, User
from tests.cast import Cast


def _log_in(username: str, password: str = "siaga-112") -> Client:
    client = Client()
    client.post("/login", {"username": username, "password": password})
    return client


@pytest.fixture
def demo_user(city: Cast) -> User:
    user = User(username="demo", role="operator", center=city.center, is_demo=True)
    user.set_password("siaga-112")
    user.save()
    return user


def test_it_lets_demo_logins_in_only_in_demo_mode(demo_user: User, settings: Any) -> None:
    settings.SIAGA_DEMO = False
    assert _log_in("demo").get("/").status_code == 302
    assert b"siaga-112" not in Client().get("/login").content
    settings.SIAGA_DEMO = True
    assert _log_in("demo").get("/").status_code == 200
    assert b"siaga-112" in Client().get("/login").content


def test_it_fails_the_deployment_check_in_demo_mode(settings: Any) -> None:
    settings.SIAGA_DEMO = True
    assert [error.id for error in no_demo_in_a_deployment(None)] == ["siaga.E001"]
    settings.SIAGA_DEMO = False
    assert no_demo_in_a_deployment(None) == []


def test_it_says_which_word_is_no_network(settings: Any) -> None:
    settings.TRUSTED_PROXIES, settings.METRICS_ADDRESSES = ["10.0.0.0/8", "nginx"], ["::1"]
    [error] = networks_that_can_be_read(None)
    assert (error.id, "'nginx'" in error.msg) == ("siaga.E002", True)
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert networks_that_can_be_read(None) == []


@pytest.mark.parametrize(
    ("who", "page", "status"),
    [
        ("dana", "/", 200),
        ("sam", "/map", 200),
        ("ada", "/admin/", 200),
        ("dana", "/admin/", 302),
        ("crew", "/", 302),
        ("crew", "/crew", 200),
        ("crew", "/map", 403),
        ("dana", "/crew", 403),
        ("hotline", "/", 403),
    ],
)
def test_it_shows_each_role_its_own_pages(city: Cast, who: str, page: str, status: int) -> None:
    client = Client()
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    assert client.get(page).status_code == status


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        ("hotline", "GET", "board"),
        ("tracker", "GET", "board"),
        ("crew", "POST", "incidents"),
        ("dana", "POST", "positions"),
        ("hotline", "POST", "positions"),
        ("dana", "GET", "jobs"),
    ],
)
def test_it_refuses_what_a_role_may_not(city: Cast, who: str, method: str, path: str) -> None:
    body: Any = (
        {"positions": []} if path == "positions" else {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
    )
    assert city.refused(method, path, None if method == "GET" else body, who=who) == (403, "not_allowed")


def test_it_refuses_stale_tokens_and_says_so_in_one_form(city: Cast) -> None:
    Token.objects.filter(user=city.users["dana"]).update(expires_at="2020-01-01T00:00:00Z")
    assert city.refused("GET", "board") == (401, "not_authenticated")
    assert city.refused("GET", "nowhere") == (404, "not_found")
    assert city.refused("DELETE", "board") == (405, "method_not_allowed")


def test_it_asks_a_session_for_its_csrf_token(city: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.users["dana"], backend="incidents.accounts.AccountBackend")
    assert client.get("/api/v1/board").status_code == 200
    answer = client.post("/api/v1/incidents", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


def test_it_shows_a_crew_only_its_agencys_part(city: Cast) -> None:
    city.ring()
    city.open("burglary")
    city.open("building_fire")
    city.work()
    board = city.board("crew")
    assert board["calls"] == [] and board["alarms"] == []
    assert {row["type"] for row in board["incidents"]} == {"building_fire"}
    assert {row["agency"] for row in board["units"]} == {"dpkp"}


def test_it_answers_health_checks(city: Cast) -> None:
    assert Client().get("/healthz").status_code == 200
    ready = Client().get("/readyz")
    assert ready.status_code in (200, 503) and set(ready.json()) >= {
        "postgres",
        "redis",
        "workers",
        "oldest_due_job_seconds",
    }
