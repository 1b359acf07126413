"""Markup in what people type is text everywhere: in pages made here, and in the browser's screens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dispatch.models import Station, Unit
from incidents.models import User
from tests.cast import Cast

ROOT = Path(__file__).resolve().parents[2]
ATTACKS = (
    "<script>window.__hit=1;alert(1)</script>",
    '<img src=x onerror="window.__hit=1;alert(1)">',
    "\"><svg onload='window.__hit=1'>",
    "</script><script>window.__hit=1</script>",
    "javascript:alert(1)",
    "{{constructor.constructor('window.__hit=1')()}}",
    "${window.__hit=1}",
)
DANGEROUS = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|unsafeHTML|new Function)\b")


def test_it_evaluates_nothing_in_the_browser_code() -> None:
    for script in (ROOT / "static" / "js").rglob("*.js"):
        found = DANGEROUS.search(script.read_text())
        assert found is None, (script.name, found)


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_writes_markup_as_text_in_every_page(city: Cast, attack: str) -> None:
    User.objects.filter(pk=city.users["ada"].pk).update(first_name=attack[:150])
    Station.objects.update(name=attack[:100])
    Unit.objects.filter(call_sign="PMK-01").update(call_sign=attack[:30])
    city.open("burglary", narrative=attack, address=attack)
    client = Client()
    client.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    pages = ("/", "/map", "/admin/", "/admin/dispatch/unit/", "/admin/dispatch/station/", "/admin/incidents/incident/")
    for path in pages:
        text = client.get(path).content.decode()
        assert "<script>window.__hit" not in text and "<img src=x" not in text and "<svg onload" not in text, path
    board: Any = json.loads(client.get("/api/v1/board").content)
    assert attack in {row["narrative"] for row in board["incidents"]}, "what was typed is still there, whole"
