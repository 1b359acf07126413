"""Two small cities for the tests of the administrator's site: a center with one of each.
Set-up alone; no promise stands here."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from dispatch.models import Agency, Capability, Station, Unit, UnitType
from incidents.models import Center, IncidentType, User, Zone


@dataclass
class City:
    """A center with one of each."""

    center: Center
    agency: Agency
    capability: Capability
    unit_type: UnitType
    station: Station
    unit: Unit
    type: IncidentType
    zone: Zone
    administrator: User
    operator: User


def build(code: str) -> City:
    center = Center.objects.create(code=code, name=code.title(), location=Point(112.75, -7.25))
    square = MultiPolygon(Polygon.from_bbox((112.7, -7.3, 112.8, -7.2)))
    agency = Agency.objects.create(
        center=center, code="fire", name_id=f"Pemadam {code}", name_en="Fire", discipline="fire"
    )
    capability = Capability.objects.create(center=center, code="pumper", name_id="Pompa", name_en="Pumper")
    unit_type = UnitType.objects.create(
        center=center, code="pumper", name_id="Mobil pompa", name_en="Pumper", discipline="fire", speeds_kmh=[30] * 24
    )
    station = Station.objects.create(
        center=center, agency=agency, code="pasar", name=f"Pos {code}", location=Point(112.74, -7.24)
    )
    unit = Unit.objects.create(
        center=center, agency=agency, call_sign=f"{code[:3].upper()}-01", unit_type=unit_type, station=station
    )
    unit.capabilities.add(capability)
    return City(
        center=center,
        agency=agency,
        capability=capability,
        unit_type=unit_type,
        station=station,
        unit=unit,
        type=IncidentType.objects.create(
            center=center, code="house_fire", name_id="Kebakaran rumah", name_en="House fire", category="fire"
        ),
        zone=Zone.objects.create(center=center, code="01", name=f"Zona {code}", outline=square),
        administrator=User.objects.create_user(f"ada-{code}", role="administrator", center=center, language="en"),
        operator=User.objects.create_user(f"dana-{code}", role="operator", center=center, language="en"),
    )
