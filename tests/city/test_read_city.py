"""Promises of the city folders: they can be read, they hang together, and a wrong row is refused by file and line.
Needs no database; seeding is promised in `test_seed_city.py`."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from django.contrib.gis.geos import Point

from dispatch.cities.reader import CITIES, CityError, names_of_cities, read_city
from dispatch.cities.zones import compute_zones, outline_of


@pytest.mark.parametrize("name", names_of_cities())
def test_it_reads_every_city_folder(name: str) -> None:
    city = read_city(name)
    assert city.code == name
    assert city.units and city.zones and city.plans


def test_it_knows_surabaya_as_the_room_knows_it() -> None:
    city = read_city("surabaya")
    assert len(city.zones) == 31
    assert {agency.discipline for agency in city.agencies} == {
        "police", "fire", "social", "disaster", "medical", "traffic", "public_order"
    }  # fmt: skip
    assert 140 <= len(city.units) <= 170
    assert len(city.incident_types) == 38


def test_it_covers_every_incident_type_of_surabaya_with_a_response_plan() -> None:
    city = read_city("surabaya")
    planned = {item.incident_type for item in city.plans if item.priority is None}
    assert planned == {incident_type.code for incident_type in city.incident_types}


def test_it_leads_every_plan_with_the_agency_of_the_types_own_discipline() -> None:
    city = read_city("surabaya")
    discipline = {agency.code: agency.discipline for agency in city.agencies}
    leads: dict[str, set[str]] = defaultdict(set)
    for item in city.plans:
        leads[item.incident_type].add(discipline[item.agency])
    for incident_type in city.incident_types:
        assert incident_type.category in leads[incident_type.code], incident_type.code


@pytest.mark.parametrize("name", names_of_cities())
def test_it_has_units_enough_for_each_item_of_a_plan(name: str) -> None:
    city = read_city(name)
    for item in city.plans:
        able = [unit for unit in city.units if unit.agency == item.agency and item.capability in unit.capabilities]
        assert len(able) >= item.count, item


@pytest.mark.parametrize(
    ("code", "discipline"),
    [
        ("house_fire", "fire"),
        ("building_fire", "fire"),
        ("landslide", "disaster"),
        ("abandoned_elder", "social"),
        ("burglary", "police"),
    ],
)
def test_it_lets_the_lead_agency_send_units_by_itself(code: str, discipline: str) -> None:
    city = read_city("surabaya")
    [incident_type] = [found for found in city.incident_types if found.code == code]
    [agency] = [found for found in city.agencies if found.discipline == discipline]
    assert incident_type.category == discipline
    assert incident_type.default_priority <= agency.auto_dispatch_up_to


@pytest.mark.parametrize("name", names_of_cities())
def test_it_cuts_the_whole_outline_into_zones_that_do_not_overlap(name: str) -> None:
    city = read_city(name)
    outline, zones = outline_of(city), compute_zones(city)
    areas = sum(zone.area for zone in zones.values())
    assert areas == pytest.approx(outline.area, rel=0.001)
    whole = None
    for zone in zones.values():
        assert zone.valid
        whole = zone if whole is None else whole.union(zone)
    assert whole is not None
    assert whole.area == pytest.approx(outline.area, rel=0.001)


@pytest.mark.parametrize("name", names_of_cities())
def test_it_puts_every_station_inside_the_outline(name: str) -> None:
    city = read_city(name)
    outline = outline_of(city)
    outside = [station.name for station in city.stations if not outline.contains(Point(*station.location, srid=4326))]
    assert outside == []


def test_it_finds_each_kecamatan_in_its_own_zone() -> None:
    city = read_city("surabaya")
    zones = compute_zones(city)
    for fact in city.zones:
        assert zones[fact.code].contains(Point(*fact.location, srid=4326)), fact.name


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the small city and the common lists, to be spoiled."""
    for folder in ("mojokerto", "_common"):
        shutil.copytree(CITIES / folder, tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("zones.csv", "112.4480", "east", "mojokerto/zones.csv, line 3: lon is not a number"),
        ("zones.csv", "-7.4690", "-97.0", "lat is -97.0, outside"),
        ("units.csv", "pos-psc,ambulance", "pos-moon,ambulance", "there is no station 'pos-moon'"),
        ("units.csv", "PMK-02", "PMK-01", "'PMK-01' stands already in line 2"),
        ("plans.csv", "house_fire", "house_fyre", "there is no incident type 'house_fyre'"),
        ("agencies.csv", ",fire,3", ",fire,9", "auto_dispatch_up_to is 9, outside 0 to 5"),
        ("city.toml", "Asia/Jakarta", "Asia/Nowhere", "there is no time zone"),
        ("city.toml", "hotline_lines = 2", "", "hotline_lines is missing"),
        ("city.toml", "outline = [[", "outline = [", "mojokerto/city.toml"),
    ],
)
def test_it_refuses_a_wrong_fact_by_file_and_reason(broken: Path, file: str, old: str, new: str, words: str) -> None:
    path = broken / "mojokerto" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CityError) as refusal:
        read_city("mojokerto", root=broken)
    assert words in str(refusal.value)


def test_it_names_the_known_cities_when_asked_for_an_unknown_one() -> None:
    with pytest.raises(CityError, match="known cities: mojokerto, surabaya"):
        read_city("atlantis")
