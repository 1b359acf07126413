"""The locks, the list of parts made from them, and what is asked about their weaknesses."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from stack import audit, parts  # noqa: E402 - the scripts' own package

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_it_locks_every_package_by_hash_and_from_nowhere_in_particular(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text and " @ " not in text
    found = parts.python_parts(text)  # refuses a line that is no package, hash or comment
    assert found and all(part["properties"] for part in found)
    assert len({part["purl"] for part in found}) == len(found)


def test_it_locks_every_npm_package_by_hash() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["lockfileVersion"] >= 3 and not any("resolved" in facts for facts in lock["packages"].values())
    assert all(facts["integrity"].startswith("sha512-") for place, facts in lock["packages"].items() if place)


def test_it_refuses_a_line_that_locks_nothing() -> None:
    for line in ("somewhere @ https://host.example/a.whl", "-e .", "name>=1", "--extra-index-url https://host.example"):
        with pytest.raises(ValueError, match="a lock has this line"):
            parts.python_parts(line)


def test_it_lists_every_part_the_same_each_time() -> None:
    text = parts.bill()
    assert text == parts.bill()
    read: Any = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]
    named = {part["purl"] for part in json.loads(text)["components"]}
    assert {str(part.purl) for part in read.components} == named
    for wanted in (
        "pkg:pypi/django@",
        "pkg:pypi/django-allauth@",
        "pkg:npm/lit-html@",
        "pkg:npm/leaflet.markercluster@",
    ):
        assert any(purl.startswith(wanted) for purl in named), wanted
    assert len(named) == len(json.loads(text)["components"]) > 60
    assert not re.search(r"https?://(?!cyclonedx)", text)


def test_it_tells_a_weak_package_from_a_source_that_does_not_answer() -> None:
    weak = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-0"}]}
    unknown = {"name": "b", "skip_reason": "not found"}
    assert audit.of_python(json.dumps({"dependencies": [weak, unknown]})) == ["  a 1: PYSEC-0"]
    assert audit.of_python(json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": []}]})) == []
    for silent in ("", "no route to host", json.dumps({"dependencies": [unknown]})):
        assert audit.of_python(silent) is None
    assert audit.of_npm('{"vulnerabilities": {"ws": {"severity": "high"}}}') == ["  ws: high"]
    assert audit.of_npm('{"vulnerabilities": {}}') == []
    assert audit.of_npm("") is None and audit.of_npm('{"message": "405"}') is None
