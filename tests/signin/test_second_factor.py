"""Promises of the second factor: who needs one reaches nothing without it, codes work once, an administrator can take a lost one off."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from incidents.models import Session, TimelineEntry
from tests.cast import Cast
from tests.signin.factors import code_of, give_app, give_password, give_recovery_codes, log_in, secret_of


@pytest.fixture
def strict(settings: Any) -> None:
    settings.REQUIRE_MFA = True
    settings.SIAGA_DEMO = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the tests' time is short


@pytest.fixture
def room(city: Cast, strict: None) -> Cast:
    give_password(*(city.users[who] for who in ("dana", "sam", "ada", "crew")))
    return city


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_it_takes_supervision_without_a_factor_to_enrolment_and_nowhere_else(room: Cast, who: str) -> None:
    client, _ = log_in(who)
    for page in ("/", "/map", "/admin/", "/admin/incidents/user/", "/account/password", "/account/recovery-codes/new"):
        answer = client.get(page)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/account"), page
    assert client.post("/account/sessions/end", {"session": "others"}).headers["Location"] == "/account"
    assert b'data-testid="enrol-first"' in client.get("/account").content
    assert client.get("/account/app").status_code == client.get("/account/passkeys/add").status_code == 200
    for path in ("board", "me", "incidents"):
        refused = client.get(f"/api/v1/{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_required"), path
    assert room.call("GET", "board", who=who)[0] == 200  # a bearer token is no session


@pytest.mark.parametrize(("who", "page"), [("dana", "/"), ("crew", "/crew")])
def test_it_asks_no_second_factor_of_other_roles(room: Cast, who: str, page: str) -> None:
    client, _ = log_in(who)
    assert client.get(page).status_code == 200


def test_it_asks_none_of_the_demo_city(room: Cast, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    assert log_in("ada")[0].get("/admin/").status_code == 200


def test_it_opens_the_room_once_the_app_is_set_up_and_asks_its_code_the_next_time(room: Cast) -> None:
    first, _ = log_in("sam")
    second, _ = log_in("sam")
    page = second.get("/account/app")
    secret = second.session["mfa.totp.secret"]
    assert secret.encode() in page.content and b"data:image/svg+xml;base64," in page.content
    assert second.post("/account/app", {"code": "12 34 56"}).status_code == 200
    done = second.post("/account/app", {"code": f" {code_of(secret)[:3]} {code_of(secret)[3:]}"})
    assert done.headers["Location"] == "/account/recovery-codes"
    assert second.get("/account/recovery-codes").content.count(b"<li>") == 10
    assert b"<li>" not in second.get("/account/recovery-codes").content
    assert second.get("/").status_code == 200
    assert first.get("/").status_code == 302 and first.get("/account").status_code == 302  # it had shown none

    again, answer = log_in("sam")
    assert answer.headers["Location"] == "/login/code"
    assert again.get("/").status_code == again.get("/account").status_code == 302
    assert again.get("/api/v1/board").status_code == 401
    assert b'data-testid="code-error"' in again.post("/login/code", {"code": "000000"}).content
    assert again.post("/login/code", {"code": code_of(secret, 1)}).headers["Location"] == "/"
    assert again.get("/").status_code == 200


def test_it_takes_each_code_once(room: Cast) -> None:
    secret, codes = give_app(room.users["sam"]), give_recovery_codes(room.users["sam"])
    for code in (code_of(secret), codes[3]):
        client, _ = log_in("sam")
        assert client.post("/login/code", {"code": code}).headers["Location"] == "/"
        assert client.get("/").status_code == 200
        client, _ = log_in("sam")
        assert client.post("/login/code", {"code": code}).status_code == 200
        assert client.get("/").status_code == 302


def test_it_keeps_secrets_unreadable(room: Cast) -> None:
    secret, codes = give_app(room.users["sam"]), give_recovery_codes(room.users["sam"])
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept and secret_of(room.users["sam"]) == secret
    page = _as_administrator(room).get(f"/admin/incidents/user/{room.users['sam'].pk}/change/").content.decode()
    assert secret not in page and not any(code in page for code in codes)


def _as_administrator(room: Cast) -> Client:
    Authenticator.objects.filter(user=room.users["ada"]).delete()
    secret = give_app(room.users["ada"])
    client, _ = log_in("ada")
    client.post("/login/code", {"code": code_of(secret)})
    return client


def test_it_lets_an_administrator_take_a_lost_factor_off(room: Cast) -> None:
    secret = give_app(room.users["sam"])
    sam, _ = log_in("sam")
    sam.post("/login/code", {"code": code_of(secret)})
    assert sam.get("/").status_code == 200
    ada = _as_administrator(room)
    chosen = {"action": "reset_second_factor", "_selected_action": [room.users["sam"].pk, room.users["ada"].pk]}
    assert ada.post("/admin/incidents/user/", chosen).status_code == 302
    assert not Authenticator.objects.filter(user=room.users["sam"]).exists()
    assert Authenticator.objects.filter(user=room.users["ada"]).exists()  # nobody takes off the own one so
    assert sam.get("/").headers["Location"].startswith("/login")
    told = TimelineEntry.objects.get(kind="user_changed")
    assert (told.actor, told.data) == (room.users["ada"], {"name": "sam", "fields": ["second_factor"]})
    assert log_in("sam")[0].get("/account").status_code == 200


def test_it_leaves_the_last_factor_of_a_role_that_needs_one(room: Cast) -> None:
    ada = _as_administrator(room)
    assert b'data-testid="remove-refused"' in ada.get("/account/app/remove").content
    ada.post("/account/app/remove")
    assert Authenticator.objects.filter(user=room.users["ada"], type="totp").exists()
    room.users["dana"].refresh_from_db()
    secret = give_app(room.users["dana"])
    dana, _ = log_in("dana")
    dana.post("/login/code", {"code": code_of(secret)})
    dana.post("/account/app/remove")
    assert not Authenticator.objects.filter(user=room.users["dana"]).exists()


def test_it_asks_again_before_the_account_is_changed_later(room: Cast, settings: Any) -> None:
    secret = give_app(room.users["dana"])
    dana, _ = log_in("dana")
    dana.post("/login/code", {"code": code_of(secret)})
    assert dana.get("/account/app/remove").status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert dana.get("/account/app/remove").headers["Location"].startswith("/account/confirm?next=")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
    session = dana.session
    session["siaga"] = session["siaga"] | {"started": session["siaga"]["started"] - 3600}
    session.save()
    asked = dana.get("/account/app/remove").headers["Location"]
    assert asked.startswith("/account/confirm?next=")
    assert dana.get(asked).status_code == 200
    assert dana.post(asked, {"password": "bukan-ini-sandinya"}).status_code == 200
    assert dana.get("/account/app/remove").status_code == 302
    dana.post(asked, {"password": "kata-sandi-uji"})
    assert dana.get("/account/app/remove").status_code == 200


def test_it_sends_a_session_whose_role_rose_to_sign_in_anew(room: Cast) -> None:
    dana, _ = log_in("dana")
    assert dana.get("/").status_code == 200
    room.users["dana"].role = "supervisor"
    room.users["dana"].save()
    assert dana.get("/").headers["Location"] == "/account"
    give_app(room.users["dana"])
    assert dana.get("/account").headers["Location"] == "/login"
    assert not Session.objects.filter(user=room.users["dana"]).exists()


def test_it_offers_no_page_that_it_does_not_need(db: None) -> None:
    for path in ("/signup/", "/accounts/signup/", "/account/email", "/account/password/reset", "/login/trust"):
        assert Client().get(path).status_code == 404, path


def test_it_refuses_a_malformed_passkey(room: Cast) -> None:
    client = Client()
    options = client.get("/login/passkey", headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["userVerification"] == "required"
    for credential in ("", "{}", "[]", '{"id": 1}', "null", '{"response": {"userHandle": "AAAA"}}'):
        answer = client.post("/login/passkey", {"credential": credential})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login?passkey=refused"), credential
    assert b'data-testid="login-error"' in client.get("/login?passkey=refused").content
