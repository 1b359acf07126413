"""Promises of `manage.py seed_city`: the folder is in the database, whole, once, and what people changed stays.
Real PostGIS; what stands in the folders is promised in `test_read_city.py`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.core.management.base import CommandError

from dispatch.models import Agency, PlanItem, ResponsePlan, Station, Unit
from incidents.models import Center, IncidentType, User, Zone

pytestmark = pytest.mark.django_db


def seed(city: str = "surabaya", *options: str) -> str:
    out = StringIO()
    call_command("seed_city", city, *options, stdout=out)
    return out.getvalue()


def counts() -> tuple[int, ...]:
    models = (Center, Zone, IncidentType, User, Agency, Station, Unit, ResponsePlan, PlanItem)
    return tuple(model.objects.count() for model in models)


def test_it_seeds_surabaya() -> None:
    assert "31 zones, 7 agencies, 38 incident types" in seed()
    center = Center.objects.get(code="surabaya")
    assert (center.timezone, center.lines) == ("Asia/Jakarta", 17)
    assert Unit.objects.filter(center=center).count() == 166
    unit = Unit.objects.get(center=center, call_sign="PMK-01")
    assert unit.station is not None
    assert unit.station.name == "Rayon I Pasar Turi"
    assert set(unit.capabilities.values_list("code", flat=True)) == {"pumper"}
    assert len(unit.unit_type.speeds_kmh) == 24


def test_it_changes_nothing_the_second_time() -> None:
    seed()
    first = counts()
    seed()
    assert counts() == first


def test_it_does_nothing_once_the_city_is_there() -> None:
    seed()
    Agency.objects.filter(code="dpkp").update(auto_dispatch_up_to=0)
    assert "nothing changed" in seed("surabaya", "--once")
    assert Agency.objects.get(code="dpkp").auto_dispatch_up_to == 0


def test_it_never_overwrites_zones_that_are_there() -> None:
    seed()
    Zone.objects.filter(code="35.78.05").update(name="Tegalsari (resmi)")
    seed()
    assert Zone.objects.get(code="35.78.05").name == "Tegalsari (resmi)"


def test_it_never_resets_a_password() -> None:
    seed()
    user = User.objects.get(username="operator")
    user.set_password("my own words")
    user.save(update_fields=["password"])
    seed()
    user.refresh_from_db()
    assert user.check_password("my own words")


def test_it_marks_every_user_as_a_demo_user() -> None:
    seed()
    assert {"operator", "supervisor", "admin", "crew", "hotline", "tracker"} <= set(
        User.objects.filter(is_demo=True).values_list("username", flat=True)
    )
    assert not User.objects.filter(is_demo=False).exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert set(Unit.objects.get(call_sign="PMK-01").crew.values_list("username", flat=True)) == {"crew"}


def test_it_finds_tegalsari_where_tegalsari_is() -> None:
    seed()
    assert Zone.objects.get(outline__contains=Point(112.7368, -7.2755, srid=4326)).name == "Tegalsari"


def test_it_keeps_two_cities_apart() -> None:
    seed()
    seed("mojokerto")
    mojokerto = Center.objects.get(code="mojokerto")
    assert Unit.objects.filter(center=mojokerto).count() == 3
    assert User.objects.get(username="operator").center.code == "surabaya"
    assert User.objects.get(username="operator.mojokerto").center == mojokerto
    for unit in Unit.objects.filter(crew__isnull=False):
        assert all(member.center == unit.center for member in unit.crew.all())


def test_it_refuses_an_unknown_city_and_writes_nothing() -> None:
    with pytest.raises(CommandError, match="known cities: mojokerto, surabaya"):
        seed("atlantis")
    assert not Center.objects.exists()
