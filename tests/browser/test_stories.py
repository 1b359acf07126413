"""Three stories in a real browser: a call to a cleared unit by keyboard, two consoles and one unit, a cut feed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from incidents.models import TimelineEntry
from tests.browser.conftest import Room
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
Consoles = Callable[[str], Page]


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count, self.begun = page, 0, time.monotonic()

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.count += len(text)
        self.page.keyboard.type(text)


def test_it_takes_a_call_to_a_cleared_unit_by_keyboard(open_city: Cast, console: Consoles) -> None:
    page = console("dana")
    open_city.ring()
    page.wait_for_selector("[data-testid=call-row]")
    keys = Keys(page)
    keys.press("F1")
    expect(page.get_by_test_id("type-input")).to_be_focused()
    keys.type("building")
    page.wait_for_selector("[data-testid=type-input-option]")
    keys.press("Enter")
    expect(page.get_by_test_id("location-input")).to_be_focused()
    keys.type("-7.25, 112.75")
    page.wait_for_selector("[data-testid=location-input-option]")
    keys.press("Enter")
    page.wait_for_selector('[data-testid=incident-row][data-status="active"]', timeout=15_000)
    keys.press("Control+Enter")
    row = page.locator('[data-testid=assignment-row][data-call-sign="PMK-01"]')
    row.wait_for(timeout=10_000)
    for _ in range(6):
        if row.count() == 0 or row.get_attribute("data-status") in ("cleared", "canceled"):
            break
        before = row.get_attribute("data-status")
        keys.press("s")
        page.wait_for_function(
            """before => { const row = document.querySelector('[data-testid=assignment-row][data-call-sign="PMK-01"]');
                           return !row || row.dataset.status !== before }""",
            arg=before,
        )
    expect(page.locator('[data-testid=unit-row][data-call-sign="PMK-01"]')).to_have_attribute(
        "data-status", "available"
    )
    kinds = TimelineEntry.objects.values_list("kind", flat=True)
    assert {"call_answered", "incident_opened", "unit_dispatched", "unit_cleared"} <= set(kinds)
    print(f"\ncall to cleared unit: {keys.count} keystrokes, {time.monotonic() - keys.begun:.1f} s")


def test_it_lets_one_of_two_consoles_have_the_unit(open_city: Cast, console: Consoles) -> None:
    first, second = console("dana"), console("rian")
    incidents = [open_city.open("ghost_sighting") for _ in range(2)]
    for page, incident in zip((first, second), incidents, strict=True):
        page.locator(f'[data-testid=incident-row][data-incident="{incident["id"]}"]').click()
        page.wait_for_selector('[data-testid=recommendation-row][data-rank="1"]')
    signs = [
        page.locator('[data-testid=recommendation-row][data-rank="1"]').get_attribute("data-call-sign")
        for page in (first, second)
    ]
    assert signs[0] == signs[1]
    open_city.ok("POST", f"incidents/{incidents[0]['id']}/assignments", {"unit": signs[0]})
    answer = second.evaluate(
        """async ([incident, unit]) => {
            const token = document.querySelector('meta[name="csrf-token"]').content;
            const answer = await fetch(`/api/v1/incidents/${incident}/assignments`, {method: 'POST',
                headers: {'Content-Type': 'application/json', 'X-CSRFToken': token}, body: JSON.stringify({unit})});
            return [answer.status, await answer.json()];
        }""",
        [incidents[1]["id"], signs[0]],
    )
    assert answer[0] == 409 and answer[1]["error"]["fields"]["by"] == "Dana"
    for page in (first, second):
        unit = page.locator(f'[data-testid=unit-row][data-call-sign="{signs[0]}"]')
        expect(unit).to_have_attribute("data-status", "dispatched")


def test_it_says_stale_when_cut_off_and_comes_back_whole(open_city: Cast, room: Room, console: Consoles) -> None:
    page = console("dana")
    open_city.open("burglary")
    expect(page.get_by_test_id("incident-row")).to_have_count(1)
    room.kill()
    page.wait_for_selector("[data-testid=stale-banner]", timeout=8_000)
    for _ in range(3):
        open_city.open("burglary")
    room.start()
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=20_000)
    expect(page.get_by_test_id("stale-banner")).to_have_count(0)
    expect(page.get_by_test_id("incident-row")).to_have_count(4)
    shown = {int(row.get_attribute("data-incident") or 0) for row in page.get_by_test_id("incident-row").all()}
    assert shown == {row["id"] for row in open_city.board()["incidents"]}
