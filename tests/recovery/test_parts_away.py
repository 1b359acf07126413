"""Each part of a real installation is stopped: the room goes on with what is left, says so on the supervisor's screen, and
heals by itself. A browser looks, as people do."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import browser  # noqa: F401 - a fixture
from tests.recovery import results
from tests.recovery.installation import BURGLARY, Installation, come, installation, needs_postgres

pytestmark = [pytest.mark.long, needs_postgres, pytest.mark.django_db]
PASSWORD = "siaga-112"
PATIENCE_MS = 30_000
"""Longer than the ten seconds within which the supervisor is to be told, for a busy machine; how long it took is kept."""


@pytest.fixture(scope="module")
def room() -> Iterator[Installation]:
    with installation() as made:
        made.make()
        made.postgres.stop()
        yield made


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, float]]:
    """Part → seconds until it stood on the screen that it is away."""
    took: dict[str, float] = {}
    yield took
    if len(took) == 4:
        results.keep_parts(took)


def picture(page: Page, name: str) -> None:
    """For people to look at: SIAGA_PICTURES names a folder."""
    if folder := os.environ.get("SIAGA_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def log_in(browser: Browser, room: Installation, who: str, path: str = "/") -> Page:  # noqa: F811
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.goto(f"{room.url}/login?next={path}")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=PATIENCE_MS)
    return page


def test_it_starts_in_any_order(room: Installation) -> None:
    room.start("web", "worker", "sweeper")
    come(lambda: httpx.get(f"{room.url}/healthz", timeout=5).status_code == 200)
    said = room.ready()
    assert (said["code"], said["postgres"], said["redis"]) == (503, "down", "down")
    answer = httpx.get(f"{room.url}/api/v1/board", headers={"Authorization": "Bearer x"}, timeout=30)
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "unavailable"
    room.postgres.start("-c", "fsync=off")
    come(lambda: room.ready()["postgres"] == "up")
    assert room.ready()["code"] == 503
    room.start_redis()
    room.come_ready()
    for name, process in room.processes.items():
        assert process.poll() is None, f"{name} had ended"
    with room.client(room.token("operator")) as client:
        opened = client.post("incidents", json=BURGLARY).raise_for_status().json()
        come(lambda: client.get(f"incidents/{opened['id']}").json()["referrals"], what="the referral")


def test_it_goes_on_without_redis_and_says_so(
    room: Installation,
    browser: Browser,  # noqa: F811
    shown: dict[str, float],
) -> None:
    page = log_in(browser, room, "supervisor")
    with room.client(room.token("operator")) as client, room.client(room.token("tracker")) as tracker:
        units = client.get("board").json()["units"]
        room.stop_redis()
        gone_at = time.monotonic()
        expect(page.locator('[data-testid=trouble][data-code="redis_away"]')).to_be_visible(timeout=PATIENCE_MS)
        shown["Redis"] = time.monotonic() - gone_at
        picture(page, "redis-away")
        opened = client.post("incidents", json=BURGLARY).raise_for_status().json()
        expect(page.locator(f'[data-testid=incident-row][data-incident="{opened["id"]}"]')).to_be_visible(timeout=5000)
        come(lambda: client.get(f"incidents/{opened['id']}").json()["referrals"], what="the referral")
        fix = {"unit": units[0]["call_sign"], "lat": -7.26, "lon": 112.74, "at": server_time(client)}
        assert tracker.post("positions", json={"positions": [fix]}).status_code == 202
        come(lambda: place_of(client, units[0]["id"]) == (-7.26, 112.74), what="the position")
        come(lambda: "redis_away" in alarms(client), what="the alarm")
        assert page.locator("[data-testid=stale-banner]").count() == 0
        room.start_redis()
        expect(page.locator("[data-testid=trouble]")).to_have_count(0, timeout=PATIENCE_MS)
        come(lambda: not alarms(client), what="the end of the alarm")
    page.context.close()


def test_it_says_that_cases_wait_without_workers(
    room: Installation,
    browser: Browser,  # noqa: F811
    shown: dict[str, float],
) -> None:
    page, operator = log_in(browser, room, "supervisor"), log_in(browser, room, "operator")
    with room.client(room.token("operator")) as client:
        room.end("worker")
        gone_at = time.monotonic()
        opened = client.post("incidents", json=BURGLARY).raise_for_status().json()
        for screen in (page, operator):
            expect(screen.locator('[data-testid=trouble][data-code="workers_away"]')).to_be_visible(timeout=PATIENCE_MS)
            shown.setdefault("all workers", time.monotonic() - gone_at)
            row = screen.locator(f'[data-testid=incident-row][data-incident="{opened["id"]}"]')
            expect(row).to_contain_text("▲ tunggu", timeout=PATIENCE_MS)
        expect(page.locator('[data-testid=trouble][data-code="routing_waits"]')).to_be_visible(timeout=PATIENCE_MS)
        come(lambda: {"workers_away", "routing_waits"} <= alarms(client), what="the alarms")
        picture(page, "workers-away")
        # The sweeper goes too: the web process alarms by itself.
        room.end("sweeper")
        gone_at = time.monotonic()
        expect(page.locator('[data-testid=trouble][data-code="sweepers_away"]')).to_be_visible(timeout=PATIENCE_MS)
        shown["the sweeper"] = time.monotonic() - gone_at
        come(lambda: "sweepers_away" in alarms(client), what="the alarm")
        room.start("worker", "sweeper")
        come(lambda: client.get(f"incidents/{opened['id']}").json()["referrals"], what="the referral")
        expect(page.locator("[data-testid=trouble]")).to_have_count(0, timeout=PATIENCE_MS)
        come(lambda: not alarms(client), what="the end of the alarms")
    page.context.close()
    operator.context.close()


def test_it_keeps_what_is_typed_and_a_board_to_read_without_the_database(
    room: Installation,
    browser: Browser,  # noqa: F811
    shown: dict[str, float],
) -> None:
    page = log_in(browser, room, "operator")
    with room.client(room.token("operator")) as client:
        number = client.get("board").json()["incidents"][0]["number"]
        before = {row["id"] for row in client.get("board").json()["incidents"]}
        file = come(lambda: next((room.var / "board").glob("*.json"), None), what="the saved board")
        come(lambda: {row["id"] for row in json.loads(file.read_bytes())["incidents"]} == before)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert "pintu belakang" not in file.read_text()
    page.keyboard.press("n")
    expect(page.get_by_test_id("type-input")).to_be_visible()
    keys: list[tuple[str, str]] = []
    page.on("request", lambda request: note(keys, request))

    room.postgres.stop(signal.SIGQUIT)
    gone_at = time.monotonic()
    banner = page.locator('[data-testid=stale-banner][data-part="postgres"]')
    expect(banner).to_be_visible(timeout=PATIENCE_MS)
    shown["PostgreSQL"] = time.monotonic() - gone_at
    page.get_by_test_id("type-input").fill("burglary")
    page.wait_for_selector("[data-testid=type-input-option]")
    page.keyboard.press("Enter")
    page.get_by_test_id("location-input").fill("-7.25, 112.75")
    page.wait_for_selector("[data-testid=location-input-option]")
    page.keyboard.press("Enter")
    page.get_by_test_id("narrative-input").fill("orang terkunci di lantai dua")
    come(lambda: len(keys) >= 2 or page.wait_for_timeout(200), what="the repeated request")
    picture(page, "database-away")

    # The page itself cannot be had any more; the saved board can, by who had the console and by nobody else.
    other = page.context.new_page()
    other.goto(f"{room.url}/")
    expect(other.get_by_test_id("away")).to_be_visible()
    expect(other.get_by_test_id("saved-incident").filter(has_text=number)).to_be_visible()
    assert int(other.get_by_test_id("saved-age").get_attribute("data-seconds") or 999) <= 60
    picture(other, "saved-board")
    stranger = httpx.get(f"{room.url}/saved-board", timeout=30)
    assert stranger.status_code == 503 and number not in stranger.text

    room.postgres.start("-c", "fsync=off")
    expect(banner).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("narrative-input")).to_have_value("orang terkunci di lantai dua")
    with room.client(room.token("operator")) as client:

        def fresh() -> list[Any]:
            rows = [row for row in client.get("board").json()["incidents"] if row["id"] not in before]
            return [row for row in rows if row["narrative"] == "orang terkunci di lantai dua"]

        assert len(come(fresh, what="what was typed")) == 1
        assert len({row["id"] for row in client.get("board").json()["incidents"]} - before) == 1
    assert len(keys) >= 2 and len(set(keys)) == 1
    expect(other.get_by_test_id("link-state")).to_be_visible(timeout=60_000)  # it has become the console
    page.context.close()


def note(keys: list[tuple[str, str]], request: Any) -> None:
    """(key, body) of each time the incident was sent."""
    if request.method == "POST" and re.search(r"/api/v1/incidents$", request.url):
        keys.append((request.headers.get("idempotency-key", ""), request.post_data or ""))


def alarms(client: httpx.Client) -> set[str]:
    return {row["kind"] for row in client.get("board").raise_for_status().json()["alarms"]}


def server_time(client: httpx.Client) -> str:
    at: str = client.get("board").json()["server_time"]
    return at


def place_of(client: httpx.Client, unit: int) -> tuple[float, float] | None:
    row = next(row for row in client.get("board").json()["units"] if row["id"] == unit)
    return (row["location"]["lat"], row["location"]["lon"]) if row["location"] else None
