"""Promises of the CSV file of units: it goes out, comes in, names each bad row, and is never half-written."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dispatch.models import Unit
from incidents.models import TimelineEntry
from tests.admin.cities import City

HEADER = "call_sign,agency,unit_type,station,capabilities,is_active\n"


def upload(ada: Client, text: str) -> str:
    file = SimpleUploadedFile("units.csv", text.encode(), content_type="text/csv")
    answer = ada.post("/admin/dispatch/unit/import/", {"format": "0", "import_file": file})
    assert answer.status_code == 200
    return answer.content.decode()


def confirm(ada: Client, shown: str) -> None:
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    assert "import_file_name" in fields, "nothing to confirm"
    assert ada.post("/admin/dispatch/unit/process_import/", fields).status_code == 302


def test_it_takes_new_and_changed_units_in_one_go(ada: Client, city: City) -> None:
    first = city.unit.call_sign
    shown = upload(ada, f"{HEADER}{first},fire,pumper,,,1\nPMK-02,fire,pumper,pasar,pumper,1\n")
    assert not Unit.objects.filter(call_sign="PMK-02").exists(), "the preview writes nothing"
    assert not TimelineEntry.objects.filter(center=city.center).exists()
    confirm(ada, shown)
    unit = Unit.objects.get(center=city.center, call_sign="PMK-02")
    assert [capability.code for capability in unit.capabilities.all()] == ["pumper"]
    city.unit.refresh_from_db()
    assert city.unit.station is None
    assert not city.unit.capabilities.exists()
    entry = TimelineEntry.objects.get(center=city.center)
    assert entry.kind == "unit_changed"
    assert sorted(entry.touched["units"]) == sorted([city.unit.pk, unit.pk])


def test_it_names_each_bad_row_and_writes_none(ada: Client, city: City, elsewhere: City) -> None:
    text = (
        HEADER
        + "PMK-02,fire,pumper,pasar,pumper,1\nPMK-03,navy,pumper,,,1\n,fire,pumper,,,1\nPMK-04,fire,pumper,,boat,1\n"
    )
    shown = upload(ada, text)
    assert "navy" in shown
    assert "boat" in shown
    assert "A unit needs a call sign." in shown
    assert "import_file_name" not in shown
    assert set(Unit.objects.values_list("call_sign", flat=True)) == {city.unit.call_sign, elsewhere.unit.call_sign}


def test_it_refuses_a_file_without_call_signs(ada: Client, city: City) -> None:
    assert "call_sign" in upload(ada, "name,agency\nPMK-02,fire\n")
    assert Unit.objects.count() == 1


def test_it_leaves_another_centers_unit_of_the_same_call_sign(ada: Client, city: City, elsewhere: City) -> None:
    confirm(ada, upload(ada, f"{HEADER}{elsewhere.unit.call_sign},fire,pumper,,,1\n"))
    elsewhere.unit.refresh_from_db()
    assert elsewhere.unit.station_id == elsewhere.station.pk
    assert Unit.objects.filter(call_sign=elsewhere.unit.call_sign).count() == 2


def test_it_exports_the_own_units_and_disarms_formulas(ada: Client, city: City, elsewhere: City) -> None:
    Unit.objects.filter(pk=city.unit.pk).update(call_sign="=1+1")
    answer = ada.post("/admin/dispatch/unit/export/", {"format": "0", "resource": "0"})
    lines = answer.content.decode().splitlines()
    assert lines == [HEADER.strip(), "'=1+1,fire,pumper,pasar,pumper,1"]
    shown = upload(ada, "\n".join(lines))
    assert "=1+1" in shown
    assert Unit.objects.filter(center=city.center).count() == 1
