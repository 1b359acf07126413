"""`manage.py retain`: what no longer serves goes, everything else stays."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from commandcenter.history import upkeep
from incidents.accounts import make_token
from incidents.models import IdempotencyKey, Job, Session, Token
from tests.cast import Cast


def retain() -> str:
    said = StringIO()
    call_command("retain", stdout=said)
    return said.getvalue()


def ago(**words: Any) -> Any:
    return timezone.now() - timedelta(**words)


def test_it_deletes_jobs_done_long_ago_and_no_others(city: Cast) -> None:
    for key, status, days in [("old", "done", 31), ("new", "done", 29), ("due", "due", 99), ("parked", "parked", 99)]:
        Job.objects.create(
            center=city.center, key=key, kind="route_incident", status=status, due_at=ago(days=days),
            done_at=ago(days=days) if status == "done" else None,
        )  # fmt: skip
    assert "jobs: 1 deleted" in retain()
    assert set(Job.objects.values_list("key", flat=True)) == {"new", "due", "parked"}


def test_it_deletes_idempotency_keys_that_nobody_repeats_any_more(city: Cast) -> None:
    body = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
    for key in ("old", "new"):
        assert city.call("POST", "incidents", body, key=key)[0] == 201
    IdempotencyKey.objects.filter(key="old").update(created_at=ago(hours=49))
    assert "idempotency keys: 1 deleted" in retain()
    first = city.call("POST", "incidents", body, key="new")
    assert first[0] == 201 and IdempotencyKey.objects.get().key == "new"


def test_it_deletes_expired_sessions_and_tokens_that_ended_long_ago(city: Cast) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=ago(minutes=1))
    Session.objects.create(session_key="new", session_data="", expire_date=ago(minutes=-1))
    tokens = {}
    for name in ("expired", "revoked", "just_revoked", "valid"):
        make_token(city.users["hotline"])
        tokens[name] = Token.objects.latest("pk").pk
    Token.objects.filter(pk=tokens["expired"]).update(expires_at=ago(days=91))
    Token.objects.filter(pk=tokens["revoked"]).update(revoked_at=ago(days=91))
    Token.objects.filter(pk=tokens["just_revoked"]).update(revoked_at=ago(days=1))
    before = Token.objects.count()
    said = retain()
    assert "sessions: 1 deleted" in said and "tokens: 2 deleted" in said
    assert Session.objects.get().session_key == "new" and Token.objects.count() == before - 2
    assert Token.objects.filter(pk__in=[tokens["just_revoked"], tokens["valid"]]).count() == 2


def test_it_deletes_in_small_batches(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH_ROWS", 3)
    for number in range(7):
        Session.objects.create(session_key=f"s{number}", session_data="", expire_date=ago(days=1))
    deleted = upkeep.delete_a_batch()
    assert deleted["sessions"] == 3 and upkeep.is_more_left(deleted)
    assert "sessions: 4 deleted" in retain()


def test_it_makes_the_months_ahead_and_moves_what_waited_for_them(city: Cast) -> None:
    upkeep.make_months_of_words()
    upkeep.make_months_of_words()
    opened = city.open()
    city.ok("POST", f"incidents/{opened['id']}/close", {"disposition": "handled"})
    assert city.ok("GET", f"incidents?q={opened['number']}&status=closed")
