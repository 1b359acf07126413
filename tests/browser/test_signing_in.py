"""Two stories of the second factor in a real browser: a supervisor and a code app, an administrator and a passkey of the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import Cast
from tests.processes import web
from tests.signin.factors import PASSWORD, code_of, give_password

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def strict_room(open_city: Cast) -> Iterator[str]:
    """By a name: passkeys belong to names, not to numbers."""
    give_password(open_city.users["sam"], open_city.users["ada"])
    with web(SIAGA_REQUIRE_MFA="1") as url:
        yield url.replace("127.0.0.1", "localhost")


def violations(page: Page) -> list[str]:
    """Fills with what the browser's console says of the Content-Security-Policy, and with errors of scripts."""
    said: list[str] = []

    def hear(message: Any) -> None:
        if "Content Security Policy" in message.text or "Trusted" in message.text:
            said.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    return said


def log_in(page: Page, url: str, who: str) -> None:
    page.goto(f"{url}/login")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    page.get_by_test_id("login-submit").click()


def add_authenticator(page: Page) -> None:
    """A device that has a finger to show, as Chromium plays it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_it_signs_a_supervisor_in_with_a_code_app(strict_room: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    said = violations(page)
    log_in(page, strict_room, "sam")
    expect(page.get_by_test_id("enrol-first")).to_be_visible()
    page.goto(f"{strict_room}/map")
    expect(page).to_have_url(f"{strict_room}/account")
    page.get_by_test_id("add-app").click()
    page.locator("summary").click()
    secret = page.get_by_test_id("app-secret").inner_text().strip()
    assert page.locator(".qr").evaluate("image => image.complete && image.naturalWidth > 0")
    page.fill("#id_code", code_of(secret))
    page.get_by_test_id("code-submit").click()
    codes = page.get_by_test_id("recovery-codes").locator("li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_test_id("codes-kept").click()
    expect(page.get_by_test_id("app-row")).to_be_visible()
    page.goto(strict_room)
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=15_000)
    page.get_by_test_id("logout").click()

    log_in(page, strict_room, "sam")
    page.fill("#id_code", "000000")
    page.get_by_test_id("code-submit").click()
    expect(page.get_by_test_id("code-error")).to_be_visible()
    page.fill("#id_code", codes[4])
    page.get_by_test_id("code-submit").click()
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=15_000)
    assert said == []


def test_it_signs_an_administrator_in_with_a_passkey(open_city: Cast, strict_room: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    said = violations(page)
    add_authenticator(page)
    log_in(page, strict_room, "ada")
    page.get_by_test_id("add-passkey").click()
    page.fill("#id_name", "Meja 3")
    page.get_by_test_id("passkey-submit").click()
    page.get_by_test_id("codes-kept").click()
    expect(page.get_by_test_id("passkey-row")).to_contain_text("Meja 3")
    page.get_by_test_id("logout").click()

    page.goto(f"{strict_room}/login?next=/admin/")
    page.get_by_test_id("passkey-submit").click()  # no name, no password
    expect(page).to_have_url(f"{strict_room}/admin/", timeout=15_000)
    zone = open_city.center.zones.first()
    assert zone is not None
    for place in ("incidents/user/", f"incidents/zone/{zone.pk}/change/", "dispatch/unit/", "incidents/timelineentry/"):
        page.goto(f"{strict_room}/admin/{place}")
        page.wait_for_load_state("networkidle")
    page.goto(f"{strict_room}/map")
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=15_000)
    page.goto(f"{strict_room}/account")
    page.get_by_test_id("logout").click()

    log_in(page, strict_room, "ada")
    expect(page).to_have_url(f"{strict_room}/login/code")
    page.get_by_test_id("passkey-form").get_by_test_id("passkey-submit").click()
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=15_000)
    assert said == []
