"""`manage.py seed_city CITY`: writes a city folder into the database, whole or not at all; again is harmless.
Only writing: what stands in a folder is read and checked by `dispatch/cities/reader.py`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import Point
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from dispatch.cities.facts import City, PlanItemFact
from dispatch.cities.people import PEOPLE, Person
from dispatch.cities.reader import CityError, names_of_cities, read_city
from dispatch.cities.zones import SRID, as_multipolygon, compute_zones, outline_of
from dispatch.models import Agency, Capability, PlanItem, ResponsePlan, Station, Unit, UnitType
from incidents.models import Center, IncidentType, User, Zone


class Command(BaseCommand):
    help = "Seeds a city from its folder: center, zones, agencies, types, plans, stations, units, demo users."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=f"one of: {', '.join(names_of_cities())}")
        parser.add_argument("--once", action="store_true", help="do nothing when the city is there already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            city = read_city(options["city"])
            zones = compute_zones(city)
        except (CityError, ValueError) as error:
            raise CommandError(str(error)) from None
        if options["once"] and Center.objects.filter(code=city.code).exists():
            self.stdout.write(f"{city.city} is there already; nothing changed")
            return
        with transaction.atomic():
            center = _seed_center(city)
            _seed_zones(center, city, zones)
            types = _seed_incident_types(center, city)
            agencies = _seed_agencies(center, city)
            capabilities = _seed_capabilities(center, city)
            stations = _seed_stations(center, city, agencies)
            units = _seed_units(center, city, agencies, capabilities, stations)
            _seed_plans(center, city, types, agencies, capabilities)
            # Hashed once: a good hash is slow on purpose, and the demo's password is no secret.
            password = make_password(settings.DEMO_PASSWORD)
            people = [_seed_person(center, person, units, password) for person in PEOPLE]
        self.stdout.write(
            f"{city.city}: {len(zones)} zones, {len(agencies)} agencies, {len(types)} incident types,"
            f" {len(stations)} stations, {len(units)} units, {len(people)} demo users"
        )


def _point(place: tuple[float, float]) -> Point:
    return Point(*place, srid=SRID)


def _seed_center(city: City) -> Center:
    center, _ = Center.objects.update_or_create(
        code=city.code,
        defaults={
            "name": city.name,
            "timezone": city.timezone,
            "location": _point(city.location),
            "outline": as_multipolygon(outline_of(city)),
            "detour_factor": city.detour_factor,
            "lines": city.hotline_lines,
        },
    )
    return center


def _seed_zones(center: Center, city: City, zones: dict[str, Any]) -> None:
    """Only a center without zones gets indicative ones: those that are there may be official by now."""
    if Zone.objects.filter(center=center).exists():
        return
    for fact in city.zones:
        Zone.objects.create(center=center, code=fact.code, name=fact.name, outline=zones[fact.code])


def _seed_incident_types(center: Center, city: City) -> dict[str, IncidentType]:
    return {
        fact.code: IncidentType.objects.update_or_create(
            center=center,
            code=fact.code,
            defaults={
                "name_id": fact.name_id,
                "name_en": fact.name_en,
                "category": fact.category,
                "default_priority": fact.default_priority,
                "keywords": list(fact.keywords),
                "apco_code": fact.apco_code,
            },
        )[0]
        for fact in city.incident_types
    }


def _seed_agencies(center: Center, city: City) -> dict[str, Agency]:
    return {
        fact.code: Agency.objects.update_or_create(
            center=center,
            code=fact.code,
            defaults={
                "name_id": fact.name_id,
                "name_en": fact.name_en,
                "discipline": fact.discipline,
                "auto_dispatch_up_to": fact.auto_dispatch_up_to,
                "acceptance_seconds": fact.acceptance_seconds,
            },
        )[0]
        for fact in city.agencies
    }


def _seed_capabilities(center: Center, city: City) -> dict[str, Capability]:
    return {
        fact.code: Capability.objects.update_or_create(
            center=center, code=fact.code, defaults={"name_id": fact.name_id, "name_en": fact.name_en}
        )[0]
        for fact in city.capabilities
    }


def _seed_stations(center: Center, city: City, agencies: dict[str, Agency]) -> dict[str, Station]:
    return {
        fact.code: Station.objects.update_or_create(
            center=center,
            code=fact.code,
            defaults={
                "agency": agencies[fact.agency] if fact.agency else None,
                "name": fact.name,
                "kind": fact.kind,
                "location": _point(fact.location),
                "address": fact.address,
            },
        )[0]
        for fact in city.stations
    }


def _seed_units(
    center: Center,
    city: City,
    agencies: dict[str, Agency],
    capabilities: dict[str, Capability],
    stations: dict[str, Station],
) -> dict[str, Unit]:
    """Units begin without a position, and so count as standing at their station until a tracker reports one.
    A unit that is there already keeps its status and its place."""
    types = {
        fact.code: UnitType.objects.update_or_create(
            center=center,
            code=fact.code,
            defaults={
                "name_id": fact.name_id,
                "name_en": fact.name_en,
                "discipline": fact.discipline,
                "speeds_kmh": list(fact.speeds_kmh),
                "turnout_seconds": fact.turnout_seconds,
            },
        )[0]
        for fact in city.unit_types
    }
    units: dict[str, Unit] = {}
    for fact in city.units:
        unit, _ = Unit.objects.update_or_create(
            center=center,
            call_sign=fact.call_sign,
            defaults={
                "agency": agencies[fact.agency],
                "unit_type": types[fact.unit_type],
                "station": stations[fact.station],
            },
        )
        unit.capabilities.set([capabilities[code] for code in fact.capabilities])
        units[fact.call_sign] = unit
    return units


def _seed_plans(
    center: Center,
    city: City,
    types: dict[str, IncidentType],
    agencies: dict[str, Agency],
    capabilities: dict[str, Capability],
) -> None:
    by_plan: dict[tuple[str, int | None], list[PlanItemFact]] = defaultdict(list)
    for item in city.plans:
        by_plan[item.incident_type, item.priority].append(item)
    for (code, priority), items in by_plan.items():
        plan, _ = ResponsePlan.objects.get_or_create(center=center, incident_type=types[code], priority=priority)
        PlanItem.objects.filter(plan=plan).delete()
        for item in items:
            PlanItem.objects.create(
                plan=plan, agency=agencies[item.agency], capability=capabilities[item.capability], count=item.count
            )


def _seed_person(center: Center, person: Person, units: dict[str, Unit], password: str) -> User:
    """A user that is there already keeps its password and its role: an administrator may have changed them.
    Of several cities in one deployment the first has the plain names, the others `operator.mojokerto`."""
    username = person.username
    if User.objects.filter(username=username).exclude(center=center).exists():
        username = f"{username}.{center.code}"
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "role": person.role,
            "center": center,
            "language": person.language,
            "first_name": person.name,
            "is_demo": True,
            "is_staff": person.role == User.Role.ADMINISTRATOR,
            "password": password,
        },
    )
    if is_new and person.unit in units:
        units[person.unit].crew.add(user)
    return user
