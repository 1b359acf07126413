"""Promises of files that are handed in: told by their content, bounded in every direction, and handed out as attachments."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from incidents.models import Zone
from incidents.uploads import Unacceptable, check_csv, read_geojson
from tests.cast import Cast

HEADER = b"call_sign,agency,unit_type,station,capabilities,is_active\n"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _xlsx() -> bytes:
    """A spreadsheet that unpacks to thirty megabytes of nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_xlsx(), "no text"),
        (b"\xff\xfe" + "call_sign".encode("utf-16-le"), "no text"),
        (HEADER + b"PMK\x00-01,fire\n", "no text"),
        (b"a" * 2_000_001, "larger than 2 MB"),
        (HEADER + b"x\n" * 5001, "more than 5000 rows"),
        (b"," * 60, "more than 50 columns"),
        (HEADER + b"y" * 2001, "more than 2000 characters"),
        (HEADER + b'"open', "no CSV table"),
        (HEADER + b'"' + b"z" * 200_000 + b'"', "no CSV table|characters"),
    ],
)
def test_it_refuses_a_file_that_is_no_table_or_too_large(data: bytes, words: str) -> None:
    with pytest.raises(Unacceptable, match=words):
        check_csv(data)


def test_it_takes_a_plain_table() -> None:
    check_csv(b"\xef\xbb\xbf" + HEADER + b'PMK-01,"dua\nbaris",,,,1\n')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested too deeply"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "not JSON"),
        (b'{"x": 1e999, "y": ' + b"9" * 5000 + b"}", "not JSON"),
        (json.dumps({"features": [0] * 5001}).encode(), "more than 5000"),
        (b" " * 20_000_001, "larger than 20 MB"),
        (_xlsx(), "no text"),
    ],
)
def test_it_refuses_a_geojson_of_death(data: bytes, words: str) -> None:
    with pytest.raises(Unacceptable, match=words):
        read_geojson(data)


def test_it_refuses_it_on_the_command_line_and_keeps_the_zones(city: Cast, tmp_path: Path) -> None:
    path = tmp_path / "zones.geojson"
    path.write_bytes(b"[" * 100_000)
    before = Zone.objects.count()
    with pytest.raises(CommandError, match="nested"):
        call_command("import_zones", str(path), "--center", city.center.code)
    assert Zone.objects.count() == before


def test_it_refuses_a_spreadsheet_that_is_called_a_table(city: Cast) -> None:
    ada = Client()
    ada.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    for data in (_xlsx(), HEADER + b"x\n" * 5001):
        file = SimpleUploadedFile("units.csv", data, content_type="text/csv")
        answer: Any = ada.post("/admin/dispatch/unit/import/", {"format": "0", "import_file": file})
        assert answer.status_code == 200 and "import_file_name" not in answer.content.decode()
        assert "import_file" in answer.context["form"].errors


def test_it_hands_files_out_as_attachments(city: Cast) -> None:
    ada = Client()
    ada.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    answer = ada.post("/admin/dispatch/unit/export/", {"format": "0", "resource": "0"})
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Type"].startswith("text/csv")
