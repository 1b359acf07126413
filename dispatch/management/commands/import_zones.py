"""`manage.py import_zones FILE.geojson`: replaces a center's zones with official ones, all or none.
Reads GeoJSON and checks it before the first row is touched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import translation

from dispatch.cities.zones import SRID, as_multipolygon
from incidents.models import Center, Zone
from incidents.typed import Unkeepable, tidy_name
from incidents.uploads import BYTES_OF_MB, Unacceptable, read_geojson

CODE_PROPERTIES = ("code", "kode", "kode_kemendagri", "kd_kecamatan", "KODE_KEC", "id")
NAME_PROPERTIES = ("name", "nama", "nama_kecamatan", "kecamatan", "NAMOBJ", "WADMKC")


@dataclass(frozen=True)
class ReadZone:
    code: str
    name: str
    outline: MultiPolygon


class Command(BaseCommand):
    help = "Replaces a center's zones with the polygons of a GeoJSON file (WGS84)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.geojson")
        parser.add_argument("--center", metavar="CODE", help="needed when there are several centers")
        parser.add_argument("--code-property", help=f"property that holds the code; else {', '.join(CODE_PROPERTIES)}")
        parser.add_argument("--name-property", help=f"property that holds the name; else {', '.join(NAME_PROPERTIES)}")

    def handle(self, *args: Any, **options: Any) -> None:
        center = _center(options["center"])
        zones = read_zones(Path(options["file"]), options["code_property"], options["name_property"])
        with transaction.atomic():
            codes = [zone.code for zone in zones]
            # Zones whose code stays keep their row: agencies and incidents point at it.
            gone = list(Zone.objects.filter(center=center).exclude(code__in=codes).values_list("name", flat=True))
            Zone.objects.filter(center=center).exclude(code__in=codes).delete()
            created = 0
            for zone in zones:
                _, is_new = Zone.objects.update_or_create(
                    center=center, code=zone.code, defaults={"name": zone.name, "outline": zone.outline}
                )
                created += is_new
        self.stdout.write(
            f"{center.name}: {len(zones)} zones read, {created} new,"
            f" {len(zones) - created} replaced, {len(gone)} removed"
        )


def read_zones(path: Path, code_property: str | None, name_property: str | None) -> list[ReadZone]:
    """The zones of the file. Raises CommandError that names the feature that is wrong."""
    try:
        with path.open("rb") as file, translation.override("en"):
            # One byte past the bound is enough to know.
            collection = read_geojson(file.read(int(settings.IMPORT_GEOJSON_MB_MAX * BYTES_OF_MB) + 1))
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error}") from None
    except Unacceptable as error:
        raise CommandError(f"{path}: {error}") from None
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or not features:
        raise CommandError(f"{path} is not a GeoJSON feature collection with features")
    zones: list[ReadZone] = []
    seen: dict[str, int] = {}
    for number, feature in enumerate(features, start=1):
        zone = _read_zone(path, number, feature, code_property, name_property)
        if zone.code in seen:
            raise CommandError(
                f"{path}, feature {number}: the code {zone.code!r} is that of feature {seen[zone.code]} too"
            )
        seen[zone.code] = number
        zones.append(zone)
    return zones


def _read_zone(path: Path, number: int, feature: Any, code_property: str | None, name_property: str | None) -> ReadZone:
    where = f"{path}, feature {number}"
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise CommandError(f"{where} has no properties")
    code = _property(where, properties, code_property, CODE_PROPERTIES, "code")
    name = _property(where, properties, name_property, NAME_PROPERTIES, "name")
    try:
        geometry = GEOSGeometry(json.dumps(feature.get("geometry")), srid=SRID)
        outline = as_multipolygon(geometry if geometry.valid else geometry.make_valid())
    except (GDALException, GEOSException, ValueError, TypeError) as error:
        raise CommandError(f"{where} ({name}) has no usable polygon: {error}") from None
    west, south, east, north = outline.extent
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise CommandError(f"{where} ({name}) is not in degrees of longitude and latitude (WGS84)")
    return ReadZone(code, name, outline)


def _property(where: str, properties: dict[str, Any], wanted: str | None, known: tuple[str, ...], what: str) -> str:
    names = (wanted,) if wanted else known
    value = next((properties[name] for name in names if properties.get(name) not in (None, "")), None)
    if value is None:
        has = ", ".join(sorted(properties)) or "none"
        raise CommandError(f"{where} has no {what} under {', '.join(names)}; its properties: {has} (--{what}-property)")
    try:
        return tidy_name(str(value).strip())
    except Unkeepable as error:
        raise CommandError(f"{where}: its {what} {error}") from None


def _center(code: str | None) -> Center:
    if code:
        try:
            return Center.objects.get(code=code)
        except Center.DoesNotExist:
            raise CommandError(f"there is no center {code!r}; known: {_known()}") from None
    centers = list(Center.objects.all()[:2])
    if len(centers) != 1:
        raise CommandError(f"say which center with --center CODE; known: {_known()}")
    return centers[0]


def _known() -> str:
    return ", ".join(Center.objects.order_by("code").values_list("code", flat=True)) or "none (seed_city first)"
