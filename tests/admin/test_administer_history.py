"""Promises of the pages of what happened: they are looked through and searched in years of data without reading years."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.admin_site import NewestOnly
from incidents.models import Call, Incident, IncidentType, User
from tests.admin.cities import City

PAGE = "/admin/incidents/"


@pytest.fixture
def ada(city: City, login: Callable[[User], Client]) -> Client:
    words = ["--center", city.center.code, "--incidents", "40", "--years", "0.4", "--position-days", "0"]
    call_command("make_history", *words, stdout=StringIO())
    return login(city.administrator)


def shown(client: Client, page: str) -> list[int]:
    return [row.pk for row in client.get(PAGE + page).context["cl"].result_list]


def test_it_finds_an_incident_by_words_and_by_number_at_any_age(ada: Client) -> None:
    newest, oldest = Incident.objects.latest("opened_at"), Incident.objects.earliest("opened_at")
    assert newest.pk in shown(ada, f"incident/?q={newest.address}")
    assert newest.pk in shown(ada, f"incident/?q={newest.narrative}")
    assert shown(ada, f"incident/?q={oldest.number}") == [oldest.pk]
    assert oldest.opened_at < timezone.now() - timedelta(days=90) and oldest.pk not in shown(
        ada, f"incident/?q={oldest.address}"
    )
    assert "Searches the last 90 days" in ada.get(PAGE + "incident/").content.decode()


def test_it_finds_a_call_of_the_last_ninety_days(ada: Client) -> None:
    newest, oldest = Call.objects.latest("rang_at"), Call.objects.earliest("rang_at")
    assert shown(ada, f"call/?q={newest.external_id}")[0] == newest.pk
    assert oldest.pk not in shown(ada, f"call/?q={oldest.external_id}")


def test_it_finds_entries_by_the_number_of_their_incident_and_by_kind(ada: Client) -> None:
    incident = Incident.objects.earliest("opened_at")
    assert set(shown(ada, f"timelineentry/?q={incident.number}")) == set(incident.timeline.values_list("pk", flat=True))
    assert len(shown(ada, "timelineentry/?q=incident_closed")) == 40


def test_it_counts_no_further_than_anybody_looks(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NewestOnly, "ROWS_MAX", 7)
    with CaptureQueriesContext(connection) as captured:
        assert ada.get(PAGE + "timelineentry/").context["cl"].result_count == 7
    assert [one["sql"] for one in captured if "COUNT(*)" in one["sql"] and "LIMIT 7" not in one["sql"]] == []


def test_it_offers_the_kinds_of_the_center_without_reading_its_incidents(
    ada: Client, city: City, elsewhere: City
) -> None:
    IncidentType.objects.create(
        center=city.center, code="flood", name_id="Banjir", name_en="Flood", category="disaster"
    )
    with CaptureQueriesContext(connection) as captured:
        page = ada.get(PAGE + "incident/").content.decode()
    assert f"type__id__exact={city.type.pk}" in page and f"type__id__exact={elsewhere.type.pk}" not in page
    assert [one["sql"] for one in captured if "DISTINCT" in one["sql"] and "incidents_incident" in one["sql"]] == []


def test_it_narrows_by_priority(ada: Client, city: City) -> None:
    some = Incident.objects.latest("pk")
    kept = shown(ada, f"incident/?priority__exact={some.priority}")
    assert set(kept) == set(Incident.objects.filter(priority=some.priority).values_list("pk", flat=True))
    assert len(shown(ada, "incident/?priority__exact=99")) == 40
