"""Codes in the timeline are said in words, and in the same words as the console's buttons."""

import pytest

from incidents.words import CODES, words_of
from tests.ui.test_strings import words


@pytest.mark.parametrize("family", ["outcome", "disposition"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_it_says_a_code_as_the_button_says_it(family: str, language: str) -> None:
    offered = {key.removeprefix(f"{family}."): text for key, text in words(language).items() if key.startswith(family)}
    assert len(offered) > 5
    assert {code: CODES[code][language] for code in offered} == offered


def test_it_leaves_free_text_as_it_was_typed() -> None:
    said = words_of("incident_closed", {"disposition": "api padam, pemilik di rumah"})
    assert said["id"] == "Kejadian ditutup: api padam, pemilik di rumah"


def test_it_joins_changed_fields_in_words() -> None:
    said = words_of("incident_changed", {"fields": "address, narrative"})
    assert said == {"id": "Diubah: alamat, keterangan", "en": "Changed: address, narrative"}
