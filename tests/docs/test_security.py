"""docs/security.md says only what is there: every item of ASVS 5.0 level 1 and 2 once, every test it names, every reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from bench.asvs import PAGE, STATES, items, page

TESTS = Path(__file__).resolve().parents[1]
LEVELS = {1: 70, 2: 183}
"""How many items the standard has of each level."""
OF_CHAPTER = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}


def test_it_has_every_item_once() -> None:
    every = items()
    numbers = [item.number for item in every]
    assert len(numbers) == len(set(numbers))
    assert Counter(item.level for item in every) == LEVELS
    assert Counter(item.chapter for item in every) == OF_CHAPTER
    keys = [tuple(map(int, number.split("."))) for number in numbers]
    assert keys == sorted(keys) and all(len(key) == 3 for key in keys)


def test_it_says_of_every_item_why() -> None:
    for item in items():
        assert item.state in STATES and item.words, item
        assert item.note or (item.state == "m" and item.tests), item


def test_it_names_only_tests_that_exist() -> None:
    named = {test for item in items() for test in item.tests}
    assert len(named) > 60
    for test in named:
        path, _, name = test.partition("::")
        file = TESTS / path
        assert file.is_file(), test
        assert not name or re.search(rf"^(?:async )?def {name}\(", file.read_text(), re.MULTILINE), test


def test_it_shows_the_page_that_the_list_makes() -> None:
    assert PAGE.read_text() == page(items()), "python -m bench.asvs"
