"""Promises of `manage.py import_zones`: official zones take the place of indicative ones, all of them or none.
Real PostGIS; the city's own layer is tried only where it lies beside the project."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from incidents.models import Zone

pytestmark = pytest.mark.django_db
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "surabaya" / "kecamatan.geojson"


@pytest.fixture(autouse=True)
def mojokerto(db: None) -> None:
    call_command("seed_city", "mojokerto", stdout=StringIO())


def square(west: float, south: float, size: float = 0.02) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: str | None, geometry: dict[str, Any] | None, name: str = "Zona") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kode": code, "nama": name}, "geometry": geometry}


def write(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_zones", str(path), *options, stdout=out)
    return out.getvalue()


def codes() -> set[str]:
    return set(Zone.objects.values_list("code", flat=True))


def test_it_replaces_the_zones(tmp_path: Path) -> None:
    kept = Zone.objects.get(code="35.76.01").pk
    path = write(
        tmp_path / "z.geojson",
        feature("35.76.01", square(112.40, -7.48), "Prajurit"),
        feature("X", square(112.43, -7.48)),
    )
    assert "2 zones read, 1 new, 1 replaced, 2 removed" in run(path)
    assert codes() == {"35.76.01", "X"}
    assert Zone.objects.get(code="35.76.01").pk == kept
    assert Zone.objects.get(code="35.76.01").name == "Prajurit"


def test_it_mends_a_polygon_that_crosses_itself(tmp_path: Path) -> None:
    ring = [[112.4, -7.5], [112.42, -7.48], [112.42, -7.5], [112.4, -7.48], [112.4, -7.5]]
    bow = {"type": "Polygon", "coordinates": [ring]}
    run(write(tmp_path / "z.geojson", feature("X", bow)))
    assert Zone.objects.get(code="X").outline.valid


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([feature("X", square(112.4, -7.5)), feature("X", square(112.4, -7.5))], "'X' is that of feature 1 too"),
        ([feature("X", square(112.4, -7.5)), feature(None, square(112.4, -7.5))], "feature 2 has no code"),
        ([feature("X", square(112.4, -7.5)), feature("Y", None)], "feature 2 .* has no usable polygon"),
        ([feature("X", {"type": "Point", "coordinates": [112.4, -7.5]})], "Point has no area"),
        ([feature("X", square(690000, 9190000, 500))], "not in degrees"),
        ([], "not a GeoJSON feature collection"),
    ],
)
def test_it_refuses_a_bad_file_and_leaves_the_zones(tmp_path: Path, features: list[dict[str, Any]], words: str) -> None:
    before = codes()
    with pytest.raises(CommandError, match=words):
        run(write(tmp_path / "z.geojson", *features))
    assert codes() == before


def test_it_refuses_a_file_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "z.geojson"
    path.write_text("kecamatan;polygon", encoding="utf-8")
    with pytest.raises(CommandError, match="is not JSON"):
        run(path)
    with pytest.raises(CommandError, match="cannot read"):
        run(tmp_path / "nothing.geojson")


def test_it_asks_which_center_is_meant_when_there_are_two(tmp_path: Path) -> None:
    call_command("seed_city", "surabaya", stdout=StringIO())
    path = write(tmp_path / "z.geojson", feature("X", square(112.4, -7.5)))
    with pytest.raises(CommandError, match="mojokerto, surabaya"):
        run(path)
    run(path, "--center", "mojokerto")
    assert Zone.objects.filter(center__code="surabaya").count() == 31


def test_it_takes_the_properties_it_is_told(tmp_path: Path) -> None:
    odd = {"type": "Feature", "properties": {"a": "1", "b": "Satu"}, "geometry": square(112.4, -7.5)}
    path = write(tmp_path / "z.geojson", odd)
    with pytest.raises(CommandError, match="its properties: a, b"):
        run(path)
    run(path, "--code-property", "a", "--name-property", "b")
    assert Zone.objects.get().name == "Satu"


def test_it_takes_the_citys_own_layer() -> None:
    if not SHARED.is_file():
        pytest.skip("the city's layer is not beside the project")
    call_command("seed_city", "surabaya", stdout=StringIO())
    assert "31 zones read, 0 new, 31 replaced, 0 removed" in run(SHARED, "--center", "surabaya")
