"""Tricks with characters: what is seen is kept, what cannot be seen is taken out, what cannot be kept is refused by name."""

from __future__ import annotations

import unicodedata

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from dispatch.models import Unit
from incidents.models import Incident
from incidents.typed import Unkeepable, tidy, tidy_name
from tests.cast import MIDDLE, Cast

KEPT = [
    "Jl. Contoh 12, RT 3/RW 4",
    "ꦱꦸꦫꦧꦪ",
    "مستشفى",
    "ភ្នំពេញ",
    "keluarga 👨‍👩‍👧 selamat",
    "baris satu\nbaris dua\tdan tab",
    "O’Neil – Ñandú",
    "Việt Nam",
    "Αθήνα",
    "<script>alert(1)</script>",
    "=1+1",
]


@pytest.mark.parametrize("text", KEPT)
def test_it_keeps_what_people_write(text: str) -> None:
    assert unicodedata.normalize("NFC", tidy(text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("PMK\u202e10", "PMK10"),
        ("\u2066nama\u2069", "nama"),
        ("api\u200bnya", "apinya"),
        ("\ufeffkebakaran", "kebakaran"),
        ("e\u0301", "é"),
        ("tag\U000e0041", "tag"),
    ],
)
def test_it_takes_out_what_nobody_sees(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("a\x00b", "U+0000"),
        ("a\x1b[31m", "U+001B"),
        ("a\x85b", "U+0085"),
        ("a\ud800", "half"),
        ("Z" + "\u0335" * 30, "marks"),
    ],
)
def test_it_refuses_by_name_what_cannot_be_kept(typed: str, word: str) -> None:
    with translation.override("en"), pytest.raises(Unkeepable, match=word.replace("+", r"\+")):
        tidy(typed)


@pytest.mark.parametrize("typed", ["РМК-01A", "PΜK-01", "PMK\n01", "baris\u2028lain"])
def test_it_refuses_names_that_look_like_others(typed: str) -> None:
    with pytest.raises(Unkeepable):
        tidy_name(typed)


@pytest.mark.parametrize("typed", ["PMK-01", "Пожар", "Pos Ñandú", "ꦱꦸꦫꦧꦪ 1"])
def test_it_takes_names_of_one_alphabet(typed: str) -> None:
    assert tidy_name(typed) == unicodedata.normalize("NFC", typed)


@given(st.text())
def test_it_is_done_once_and_loses_no_letter(text: str) -> None:
    """Twice is as once; every letter and digit is still there, in order."""
    try:
        once = tidy(text)
    except Unkeepable:
        return
    assert tidy(once) == once

    def seen(words: str) -> str:
        return "".join(letter for letter in unicodedata.normalize("NFC", words) if letter.isalnum())

    assert seen(once) == seen(text)


def test_it_keeps_a_narrative_and_refuses_by_its_field(city: Cast) -> None:
    opened = city.open("burglary", narrative="pintu\u202e belakang e\u0301", address="<b>Jl. Contoh</b>")
    kept = Incident.objects.get(pk=opened["id"])
    assert (kept.narrative, kept.address) == ("pintu belakang é", "<b>Jl. Contoh</b>")
    status, answer = city.call("POST", "incidents", {"type": "burglary", "location": MIDDLE, "narrative": "a\x00b"})
    assert status == 422 and list(answer["error"]["fields"]) == ["narrative"]
    assert "U+0000" in answer["error"]["fields"]["narrative"]


def test_it_refuses_a_call_sign_that_looks_like_another_in_the_administration(city: Cast) -> None:
    client = Client()
    client.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    unit = Unit.objects.select_related("agency", "unit_type", "station").get(call_sign="PMK-01")
    form = {
        "call_sign": "PМK-01",  # the second letter is Cyrillic
        "agency": unit.agency_id,
        "unit_type": unit.unit_type_id,
        "station": unit.station_id or "",
        "is_active": "on",
    }
    answer = client.post("/admin/dispatch/unit/add/", form)
    assert answer.status_code == 200 and "Cyrillic, Latin" in answer.content.decode()
    assert not Unit.objects.filter(call_sign=form["call_sign"]).exists()
