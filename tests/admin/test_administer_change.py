"""Promises of a change by an administrator: it is on the timeline and its rows go to the consoles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from dispatch.actions.assign import assign_unit
from dispatch.models import Agency, Station, Unit
from incidents.accounts import make_token, user_of_token
from incidents.actions.incidents import open_incident
from incidents.models import TimelineEntry, User, Zone
from tests.admin.cities import City


def url(row: Any, name: str = "change") -> str:
    args = [] if name in {"add", "changelist"} else [row.pk]
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=args)


def last(city: City) -> TimelineEntry:
    return TimelineEntry.objects.filter(center=city.center).latest("seq")


def unit_form(city: City, **changes: Any) -> dict[str, Any]:
    return {
        "call_sign": city.unit.call_sign,
        "agency": city.agency.pk,
        "unit_type": city.unit_type.pk,
        "station": city.station.pk,
        "capabilities": [city.capability.pk],
        "is_active": "on",
        **changes,
    }


def test_it_tells_a_changed_unit(ada: Client, city: City) -> None:
    answer = ada.post(url(city.unit), unit_form(city, call_sign="PMK-77", capabilities=[]))
    assert answer.status_code == 302
    city.unit.refresh_from_db()
    assert city.unit.call_sign == "PMK-77"
    assert not city.unit.capabilities.exists()
    entry = last(city)
    assert (entry.kind, entry.actor_id, entry.touched) == (
        "unit_changed",
        city.administrator.pk,
        {"units": [city.unit.pk]},
    )


def test_it_says_nothing_when_nothing_changed(ada: Client, city: City) -> None:
    assert ada.post(url(city.unit), unit_form(city)).status_code == 302
    assert not TimelineEntry.objects.filter(center=city.center).exists()


def test_it_leaves_the_status_that_the_room_set_meanwhile(
    ada: Client, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Unit.refresh_from_db
    stale = Unit.objects.get(pk=city.unit.pk)
    Unit.objects.filter(pk=city.unit.pk).update(status="dispatched")
    from_db = Unit.from_db.__func__  # type: ignore[attr-defined]

    def old_status(cls: type[Unit], db: str | None, names: Any, values: Any) -> Unit:
        row: Unit = from_db(cls, db, names, values)
        row.status, row.version = stale.status, stale.version
        return row

    monkeypatch.setattr(Unit, "from_db", classmethod(old_status))
    ada.post(url(city.unit), unit_form(city, call_sign="PMK-78"))
    monkeypatch.undo()
    read(city.unit)
    assert (city.unit.call_sign, city.unit.status) == ("PMK-78", "dispatched")


def test_it_adds_a_unit_to_the_own_center(ada: Client, city: City) -> None:
    ada.post(url(city.unit, "add"), unit_form(city, call_sign="PMK-02"))
    unit = Unit.objects.get(call_sign="PMK-02")
    assert (unit.center_id, unit.status) == (city.center.pk, "available")
    assert last(city).touched == {"units": [unit.pk]}


def test_it_refuses_a_call_sign_used_twice(ada: Client, city: City) -> None:
    answer = ada.post(url(city.unit, "add"), unit_form(city))
    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()


def test_it_refuses_an_agency_of_another_center(ada: Client, city: City, elsewhere: City) -> None:
    answer = ada.post(url(city.unit), unit_form(city, agency=elsewhere.agency.pk))
    assert answer.status_code == 200
    city.unit.refresh_from_db()
    assert city.unit.agency_id == city.agency.pk


def test_it_tells_a_changed_agency_with_its_units(ada: Client, city: City) -> None:
    form = {
        "code": "dpkp",
        "name_id": "DPKP",
        "name_en": "Fire",
        "discipline": "fire",
        "auto_dispatch_up_to": 3,
        "acceptance_seconds": 30,
        "is_active": "on",
    }
    assert ada.post(url(city.agency), form).status_code == 302
    assert (last(city).kind, last(city).touched) == ("agency_changed", {"units": [city.unit.pk]})


def test_it_says_why_an_agency_with_units_cannot_be_deleted(ada: Client, city: City) -> None:
    answer = ada.post(url(city.agency, "delete"), {"post": "yes"})
    assert answer.status_code == 200
    assert city.unit.call_sign in answer.content.decode()
    assert Agency.objects.filter(pk=city.agency.pk).exists()


def test_it_tells_a_deleted_zone(ada: Client, city: City) -> None:
    assert ada.post(url(city.zone, "delete"), {"post": "yes"}).status_code == 302
    assert not Zone.objects.filter(pk=city.zone.pk).exists()
    assert last(city).kind == "zones_changed"


def test_it_takes_an_outline_and_refuses_one_that_crosses_itself(ada: Client, city: City) -> None:
    def outline(*corners: tuple[float, float]) -> str:
        return json.dumps({"type": "MultiPolygon", "coordinates": [[[*corners, corners[0]]]]})

    sound = outline((112.7, -7.3), (112.8, -7.3), (112.8, -7.2))
    answer = ada.post(url(city.zone), {"code": "01", "name": "Tengah", "outline": sound})
    assert answer.status_code == 302
    assert last(city).kind == "zones_changed"
    crossing = outline((112.7, -7.3), (112.8, -7.2), (112.8, -7.3), (112.7, -7.2))
    for bad in (crossing, "not a shape", ""):
        answer = ada.post(url(city.zone), {"code": "01", "name": "Barat", "outline": bad})
        assert answer.status_code == 200
    city.zone.refresh_from_db()
    assert (city.zone.name, len(city.zone.outline[0][0])) == ("Tengah", 4)


def test_it_takes_a_station_on_the_map(ada: Client, city: City) -> None:
    point = json.dumps({"type": "Point", "coordinates": [112.761, -7.261]})
    form = {"name": "Pos Baru", "code": "baru", "kind": "post", "location": point}
    assert ada.post(url(city.station, "add"), form).status_code == 302
    station = Station.objects.get(code="baru")
    assert (station.center_id, round(station.location.x, 3)) == (city.center.pk, 112.761)
    assert last(city).kind == "station_changed"


def test_it_keeps_a_unit_on_an_incident_in_use(ada: Client, city: City) -> None:
    incident = open_incident(city.center, city.operator, type_code="house_fire", location=Point(112.75, -7.25))
    assign_unit(city.center, city.operator, incident.pk, call_sign=city.unit.call_sign)
    form = unit_form(city)
    del form["is_active"]
    answer = ada.post(url(city.unit), form)
    assert incident.number in answer.content.decode()
    city.unit.refresh_from_db()
    assert city.unit.is_active


def test_it_keeps_units_and_people(ada: Client, city: City) -> None:
    assert ada.post(url(city.unit, "delete"), {"post": "yes"}).status_code == 403
    assert ada.post(url(city.operator, "delete"), {"post": "yes"}).status_code == 403


def test_it_makes_a_login_of_the_own_center(ada: Client, city: City) -> None:
    form = {
        "username": "rian",
        "role": "supervisor",
        "language": "id",
        "usable_password": "true",
        "password1": "langit-biru-17",
        "password2": "langit-biru-17",
    }
    answer = ada.post(url(city.operator, "add"), form)
    assert answer.status_code == 302, answer.content.decode()
    rian = User.objects.get(username="rian")
    assert (rian.center_id, rian.role, rian.check_password("langit-biru-17")) == (city.center.pk, "supervisor", True)
    assert (last(city).kind, last(city).data) == ("user_changed", {"name": f"#{rian.pk}"})


def test_it_sets_a_password(ada: Client, city: City) -> None:
    form = {"usable_password": "true", "password1": "langit-biru-18", "password2": "langit-biru-18"}
    answer = ada.post(reverse("admin:auth_user_password_change", args=[city.operator.pk]), form)
    assert answer.status_code == 302
    city.operator.refresh_from_db()
    assert city.operator.check_password("langit-biru-18")
    assert last(city).kind == "user_changed"


def test_it_keeps_an_administrator_from_locking_themselves_out(ada: Client, city: City) -> None:
    form = {"username": city.administrator.username, "language": "en", "role": "operator"}
    ada.post(url(city.administrator), form)
    city.administrator.refresh_from_db()
    assert (city.administrator.role, city.administrator.is_active) == ("administrator", True)


def test_it_revokes_a_token(ada: Client, city: City) -> None:
    secret = make_token(city.operator)
    token = city.operator.tokens.get()
    ada.post(url(token, "changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    assert user_of_token(secret) is None
    assert last(city).kind == "user_changed"
