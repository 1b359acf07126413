"""What the administrator is shown of backups, drills, the WAL archive and standbys, and how scripts tell it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from incidents.models import RecoveryRecord
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/incidents/recoveryrecord/"


def page_of(city: Cast, who: str = "ada") -> Any:
    client = Client()
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    return client.get(PAGE)


def record(kind: str, *, age: timedelta = timedelta(), **values: Any) -> None:
    call_command("record_recovery", kind, json.dumps({"is_good": True, "seconds": 48.2} | values))
    newest = RecoveryRecord.objects.order_by("-pk")[0]
    RecoveryRecord.objects.filter(pk=newest.pk).update(at=timezone.now() - age)


def test_it_warns_while_nothing_was_ever_backed_up_or_restored(open_city: Cast) -> None:
    page = page_of(open_city).content.decode()
    assert page.count("belum ada") == 2
    assert page.count('class="warns"') == 3  # the archive of the tests' database is off too


def test_it_shows_the_ages_and_warns_only_past_the_bounds(open_city: Cast) -> None:
    record("backup", backup="20261124T010203Z", age=timedelta(hours=3))
    record("restore_drill", reached_at=timezone.now().isoformat(), seqs={"kota": 7}, age=timedelta(days=3))
    page = page_of(open_city).content.decode()
    assert "20261124T010203Z" in page and "3\xa0hari" in page and "48,2" in page
    assert page.count('class="warns"') == 1
    RecoveryRecord.objects.filter(kind="restore_drill").update(at=timezone.now() - timedelta(days=9))
    assert page_of(open_city).content.decode().count('class="warns"') == 2


def test_it_says_when_the_latest_try_failed_though_an_older_one_is_good(open_city: Cast) -> None:
    record("restore_drill", age=timedelta(days=1))
    record("restore_drill", is_good=False, error="the copy's timeline is not whole")
    page = page_of(open_city).content.decode()
    assert "yang terakhir gagal" in page and "timeline is not whole" in page


def test_it_shows_them_to_nobody_else(open_city: Cast) -> None:
    assert page_of(open_city, "sam").status_code in (302, 403)


def test_it_keeps_what_a_drill_found_and_refuses_what_says_nothing(open_city: Cast) -> None:
    record("restore_drill", seqs={"kota": 7}, incidents=3)
    assert RecoveryRecord.objects.get().data == {"seqs": {"kota": 7}, "incidents": 3}
    for values in ("{}", "[]", "no json", '{"is_good": true, "seconds": "soon"}'):
        with pytest.raises(CommandError):
            call_command("record_recovery", "backup", values)
