"""A browser, and the real processes behind it: web, worker, sweeper. Only set-up; no promise stands here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cast import Cast
from tests.processes import end, free_port, start, start_sweeper, start_worker, wait_for

PASSWORD = "kata-sandi-uji"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Room:
    """The web process on one port, which a test may kill and start again."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = start(sys.executable, "manage.py", "serve", "--port", str(self.port))
        wait_for(f"{self.url}/healthz", self.process)

    def kill(self) -> None:
        assert self.process is not None
        end(self.process, signal.SIGKILL)


@pytest.fixture
def room(open_city: Cast) -> Iterator[Room]:
    for who in ("dana", "rian"):
        open_city.users[who].set_password(PASSWORD)
        open_city.users[who].save()
    room = Room(free_port())
    worker, sweeper = start_worker("browser"), start_sweeper()
    try:
        room.start()
        yield room
    finally:
        for process in (room.process, worker, sweeper):
            if process is not None:
                end(process)


@pytest.fixture
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("no chromium: script/bootstrap --dev installs it")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # playwright's loop runs in this thread; the ORM is used between its calls
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def console(room: Room, browser: Browser) -> Callable[[str], Page]:
    """A logged-in console with a live feed."""

    def log_in(who: str) -> Page:
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.goto(f"{room.url}/login")
        page.fill("#id_username", who)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_selector('[data-testid=link-state][data-state="live"]', timeout=15_000)
        assert fills_the_screen(page)
        return page

    return log_in


def fills_the_screen(page: Page) -> bool:
    """Whether the last line of the frame stands at the lower edge, and the panes have all the rest."""
    bottom, height, whole = page.evaluate(
        "[document.querySelector('#footer').getBoundingClientRect().bottom,"
        " document.querySelector('main').getBoundingClientRect().height, innerHeight]"
    )
    return bool(abs(bottom - whole) < 1 and height > 0.8 * whole)
