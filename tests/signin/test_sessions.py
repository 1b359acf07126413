"""Promises of sessions: each is listed and can be ended, by its person or an administrator; they end by themselves too."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from commandcenter.live.accounts import Credential, revoked
from incidents.models import Session, TimelineEntry, User
from incidents.sessions import extend
from tests.cast import Cast
from tests.signin.factors import PASSWORD, give_app, give_password, log_in

PHONE = (
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
NEW = "sepeda tua di gudang"


@pytest.fixture
def room(city: Cast, settings: Any) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    give_password(*(city.users[who] for who in ("dana", "ada", "crew")))
    return city


def of(user: User) -> Session:
    return Session.objects.filter(user=user).latest("started_at")


def test_it_lists_where_one_is_logged_in_and_ends_one_of_them(room: Cast) -> None:
    phone, _ = log_in("dana", HTTP_USER_AGENT=PHONE, REMOTE_ADDR="192.0.2.44")
    desk, _ = log_in("dana")
    page = desk.get("/account").content.decode()
    assert page.count('data-testid="session-row"') == 2 and "Chrome · Android" in page and "192.0.2.44" in page
    assert not any(session.session_key in page for session in Session.objects.all())
    [mark] = set(re.findall(r'name="session" value="(\w{16})"', page)) - {of_mark(desk)}
    assert desk.post("/account/sessions/end", {"session": mark}).status_code == 302
    assert phone.get("/").status_code == 302 and desk.get("/").status_code == 200


def of_mark(client: Any) -> str:
    return Session.objects.get(session_key=client.session.session_key).mark


def test_it_ends_all_others_and_nobody_elses(room: Cast) -> None:
    clients = [log_in("dana")[0] for _ in range(3)]
    ada, _ = log_in("ada")
    clients[0].post("/account/sessions/end", {"session": "others"})
    assert [client.get("/").status_code for client in clients] == [200, 302, 302]
    assert clients[0].post("/account/sessions/end", {"session": of_mark(ada)}).status_code == 404
    assert ada.get("/").status_code == 200


def test_it_lets_an_administrator_end_a_persons_sessions(room: Cast) -> None:
    dana, _ = log_in("dana")
    ada, _ = log_in("ada")
    ada.post("/admin/incidents/user/", {"action": "end_sessions", "_selected_action": [room.users["dana"].pk]})
    assert dana.get("/").status_code == 302 and ada.get("/").status_code == 200
    assert TimelineEntry.objects.get(kind="user_changed").data == {"name": "dana", "fields": ["sessions"]}


def test_it_ends_the_others_with_a_new_password(room: Cast) -> None:
    here, _ = log_in("dana")
    there, _ = log_in("dana")
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/password", form).headers["Location"] == "/account"
    assert here.get("/").status_code == 200 and there.get("/").status_code == 302
    assert Session.objects.filter(user=room.users["dana"]).count() == 1
    assert log_in("dana", NEW)[1].status_code == 302


@pytest.mark.parametrize("new", ["pendek-sekali"[:11], "password1234", "danadanadana"[:5] * 2])
def test_it_refuses_short_and_common_passwords_and_asks_no_composition(room: Cast, new: str) -> None:
    dana, _ = log_in("dana")
    page = dana.post("/account/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert b'data-testid="password-error"' in page.content
    assert log_in("dana", new)[1].status_code == 200


def test_it_survives_a_shift_and_ends_after_it(room: Cast) -> None:
    dana, _ = log_in("dana")
    session = of(room.users["dana"])
    assert timedelta(hours=1, minutes=59) < session.expire_date - timezone.now() <= timedelta(hours=2)
    _pass(dana, hours=12)
    extend([session.session_key])
    session.refresh_from_db()
    assert (
        timedelta(minutes=59) < session.expire_date - timezone.now() <= timedelta(hours=1)
    )  # the absolute end, not two hours
    assert dana.get("/").status_code == 200
    _pass(dana, hours=1.01)
    extend([session.session_key])
    assert dana.get("/").status_code == 302


def _pass(client: Any, hours: float) -> None:
    """As if the session had begun so much earlier."""
    session, gone = client.session, hours * 3600
    facts = session["siaga"]
    session["siaga"] = facts | {"started": facts["started"] - gone, "seen": facts["seen"] - gone}
    session.save()


def test_it_ends_what_nobody_uses_but_not_a_crews(room: Cast) -> None:
    dana, crew = log_in("dana")[0], log_in("crew")[0]
    for client in (dana, crew):
        _pass(client, hours=2.5)
    assert dana.get("/").status_code == 302
    assert crew.get("/crew").status_code == 200


def test_it_writes_a_sign_of_life_once_in_five_minutes(room: Cast, django_assert_num_queries: Any) -> None:
    dana, _ = log_in("dana")
    _pass(dana, hours=0.1)
    before = of(room.users["dana"])
    dana.get("/account")
    after = of(room.users["dana"])
    assert after.seen_at > before.seen_at and after.expire_date > before.expire_date
    dana.get("/account")
    assert of(room.users["dana"]).seen_at == after.seen_at


def test_it_takes_an_open_socket_for_use(room: Cast) -> None:
    dana, _ = log_in("dana")
    _pass(dana, hours=1.9)
    session = dana.session
    credential = Credential(
        room.users["dana"].pk,
        "operator",
        room.center.pk,
        session_key=session.session_key,
        session_hash=session["_auth_user_hash"],
    )
    assert revoked({credential}) == set()
    assert of(room.users["dana"]).expire_date > timezone.now() + timedelta(hours=1.9)
    Session.objects.all().delete()
    assert revoked({credential}) == {credential}


def test_it_drops_a_sign_in_that_is_not_finished(room: Cast) -> None:
    Session.objects.all().delete()
    give_app(room.users["dana"])
    log_in("dana")  # the code is still to come
    begun = Session.objects.get()
    assert begun.user is None and begun.expire_date < timezone.now() + timedelta(minutes=16)
