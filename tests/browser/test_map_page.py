"""Promises of the supervisor's map in a real browser on a real server: it is live, it can be used by keyboard,
and what an administrator changes shows on it without a reload."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect, sync_playwright

from dispatch.models import Agency, Unit
from tests.browser.conftest import fills_the_screen
from tests.cast import Cast
from tests.processes import web

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
LIVE_MS = 10_000


@pytest.fixture
def room(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # Playwright keeps an event loop in this thread; the tests still use Django's synchronous parts.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with web() as address:
        yield address


@pytest.fixture
def page(room: str, open_city: Cast) -> Iterator[Page]:
    """Sam's map, loaded and live; a script error on it fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: script/bootstrap --dev installs it"
    client = Client()
    client.force_login(open_city.users["sam"])
    session = client.cookies["sessionid"].value
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        context.add_cookies([{"name": "sessionid", "value": session, "url": room}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{room}/map")
        expect(page.get_by_test_id("link-state")).to_have_attribute("data-state", "live", timeout=LIVE_MS)
        assert fills_the_screen(page)
        yield page
        browser.close()
    assert errors == []


def test_it_shows_an_incident_the_moment_it_is_opened_and_its_units_by_keyboard(page: Page, open_city: Cast) -> None:
    expect(page.get_by_test_id("incident-row")).to_have_count(0)
    incident = open_city.open(address="Jl. Melati 1")
    open_city.work()
    row = page.locator(f"[data-testid=incident-row][data-incident='{incident['id']}']")
    expect(row).to_have_attribute("data-status", "active", timeout=LIVE_MS)
    page.keyboard.press("j")
    summary = page.get_by_test_id("summary")
    expect(summary).to_contain_text("Jl. Melati 1")
    expect(summary.get_by_test_id("summary-unit")).to_have_count(2)
    expect(page.locator(".ring.open")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(summary).to_have_count(0)


def test_it_hides_the_units_of_an_agency_that_is_not_looked_at(page: Page) -> None:
    # Every unit stands at the one station: a single cluster of fifteen.
    expect(page.locator(".cluster.units")).to_have_text("×15")
    page.locator("[data-testid=agency-filter][data-agency=dpkp] input").uncheck()
    expect(page.locator(".cluster.units")).to_have_text("×12")
    page.keyboard.press("a")
    expect(page.locator(".cluster.units")).to_have_text("×15")


def test_it_shows_what_an_administrator_changes_without_a_reload(page: Page, open_city: Cast) -> None:
    agency = Agency.objects.get(code="dpkp")
    ada = Client()
    ada.force_login(open_city.users["ada"])
    form = {
        "code": "dpkp",
        "name_id": "Pemadam Kota",
        "name_en": "City Fire",
        "discipline": "fire",
        "auto_dispatch_up_to": 3,
        "acceptance_seconds": 30,
        "is_active": "on",
    }
    assert ada.post(reverse("admin:dispatch_agency_change", args=[agency.pk]), form).status_code == 302
    row = page.locator("[data-testid=agency-filter][data-agency=dpkp]")
    expect(row).to_contain_text("Pemadam Kota", timeout=LIVE_MS)
    unit = Unit.objects.get(call_sign="PMK-03")
    form = {"call_sign": unit.call_sign, "agency": agency.pk, "unit_type": unit.unit_type_id}
    assert ada.post(reverse("admin:dispatch_unit_change", args=[unit.pk]), form).status_code == 302
    expect(page.get_by_test_id("count-ready")).to_contain_text("14/14", timeout=LIVE_MS)
