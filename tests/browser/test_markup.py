"""Markup that somebody typed runs nowhere: a sentinel is set by every attack, and a dialog would be noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Dialog, Page

from dispatch.models import Unit
from tests.cast import Cast

ATTACK = '<img src=x onerror="window.__hit=1;alert(1)"><script>window.__hit=1</script>"\'><svg onload=window.__hit=1>'
NAME = '<img src=x onerror="hit=1">'


@pytest.mark.long
def test_it_runs_nothing_of_a_narrative_in_any_screen(
    open_city: Cast, room: object, browser: Browser, console: Callable[[str], Page]
) -> None:
    """Console with the incident opened and the map beside it: the words are there as words, no dialog, no sentinel."""
    Unit.objects.filter(call_sign="POL-01").update(call_sign=NAME)
    incident = open_city.open("burglary", narrative=ATTACK, address=ATTACK)
    open_city.ok("POST", f"incidents/{incident['id']}/notes", {"text": ATTACK})
    dialogs: list[str] = []

    def noticed(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page = console("dana")
    page.on("dialog", noticed)
    page.locator(f'[data-testid=incident-row][data-incident="{incident["id"]}"]').click()
    has_words = "word => document.body.innerText.includes(word)"
    page.wait_for_function(has_words, arg="<img src=x onerror=", timeout=15_000)
    page.goto(page.url.split("?")[0].rstrip("/") + "/map")
    page.wait_for_timeout(3000)
    assert page.evaluate("window.__hit ?? window.hit ?? null") is None and dialogs == []
    assert page.locator("img[src='x'], svg[onload]").count() == 0
