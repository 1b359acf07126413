"""Promises of the administrator's site: who may enter, and that each page opens and shows one center only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from incidents.admin_site import site
from incidents.models import User
from tests.admin.cities import City

MODELS = sorted(site._registry, key=lambda model: model.__name__)
READ_ONLY = {"Alarm", "Call", "Incident", "Job", "PositionCount", "RecoveryRecord", "TimelineEntry", "Token"}
SETTINGS = [model for model in MODELS if model.__name__ not in READ_ONLY]


def page(model: type, name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)  # type: ignore[attr-defined]


def test_it_sends_a_stranger_to_the_login_page(client: Client, db: None) -> None:
    answer = client.get("/admin/", follow=False)
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("role", ["operator", "supervisor", "crew", "hotline", "tracker"])
def test_it_refuses_every_other_role(role: str, city: City, login: Callable[[User], Client]) -> None:
    city.operator.role = role
    city.operator.is_superuser = True
    city.operator.save(update_fields=["role", "is_superuser"])
    assert login(city.operator).get("/admin/", follow=True).status_code == 403


def test_it_lets_an_administrator_in_without_superuser_or_staff(ada: Client, city: City) -> None:
    assert not city.administrator.is_superuser
    assert not city.administrator.is_staff
    assert ada.get("/admin/").status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_opens_each_list(model: type, ada: Client) -> None:
    assert ada.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model.__name__)
def test_it_opens_each_form_for_a_new_row(model: type, ada: Client) -> None:
    assert ada.get(page(model, "add")).status_code == 200


@pytest.mark.parametrize("model", [m for m in MODELS if m.__name__ in READ_ONLY], ids=lambda model: model.__name__)
def test_it_offers_no_new_row_of_what_happened(model: type, ada: Client) -> None:
    assert ada.get(page(model, "add")).status_code == 403


@pytest.mark.parametrize(
    "name", ["agency", "capability", "unit_type", "station", "unit", "type", "zone", "administrator"]
)
def test_it_opens_each_row_and_none_of_another_center(name: str, ada: Client, city: City, elsewhere: City) -> None:
    own, other = getattr(city, name), getattr(elsewhere, name)
    assert ada.get(page(type(own), "change", own.pk)).status_code == 200
    refused = ada.get(page(type(own), "change", other.pk), follow=True)
    assert refused.request["PATH_INFO"] == "/admin/"


def test_it_lists_and_offers_the_own_center_only(ada: Client, city: City, elsewhere: City) -> None:
    listed = ada.get(page(type(city.unit), "changelist")).content.decode()
    assert city.unit.call_sign in listed
    assert elsewhere.unit.call_sign not in listed
    form = ada.get(page(type(city.unit), "change", city.unit.pk)).content.decode()
    assert city.agency.name_id in form
    assert elsewhere.agency.name_id not in form


def test_it_draws_the_own_zones_under_the_map_fields(ada: Client, city: City, elsewhere: City) -> None:
    names = [zone["properties"]["name"] for zone in ada.get("/admin/zones.geojson").json()["features"]]
    assert names == [city.zone.name]
