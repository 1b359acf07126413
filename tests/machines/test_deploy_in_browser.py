"""A new version is deployed under an open console in a real browser: all web processes are replaced, one after the other,
and the screen never says anything but live."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from tests.cast import Cast
from tests.machines.front import needs_nginx, nginx
from tests.machines.test_behind_nginx import serve
from tests.processes import end, free_port, wait_for

pytestmark = [needs_nginx, pytest.mark.long, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-quic"]
LIVE_MS = 20_000
# Every state that the screen showed, even for the blink of an eye, and every banner.
WATCH = """() => {
  window.siagaStates = [];
  const look = () => {
    const state = document.querySelector('[data-testid=link-state]')?.dataset.state;
    if (state && window.siagaStates.at(-1) !== state) window.siagaStates.push(state);
    if (document.querySelector('.banner')) window.siagaStates.push('banner');
  };
  new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
  look();
}"""


@pytest.fixture
def page(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: script/bootstrap --dev installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        browser.close()


def test_it_stays_live_while_all_processes_are_replaced(page: Page, open_city: Cast, tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    processes = [serve(port, "daphne", SIAGA_DRAIN_SECONDS="1") for port in ports]
    try:
        for port, process in zip(ports, processes, strict=True):
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
        with nginx(tmp_path, ports) as url:
            client = Client()
            client.force_login(open_city.users["dana"], backend="incidents.accounts.AccountBackend")
            page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
            sockets: list[str] = []
            page.on("websocket", lambda socket: sockets.append(socket.url))
            page.goto(f"{url}/")
            expect(page.get_by_test_id("link-state")).to_have_attribute("data-state", "live", timeout=LIVE_MS)
            page.evaluate(WATCH)
            for number, port in enumerate(ports):
                processes[number].send_signal(signal.SIGTERM)
                assert processes[number].wait(30) == 0
                processes.append(serve(port, "daphne", SIAGA_DRAIN_SECONDS="1"))
                wait_for(f"http://127.0.0.1:{port}/healthz", processes[-1])
                open_city.open("burglary", address=f"Jl. Melati {number}")
                expect(page.get_by_test_id("incident-row")).to_have_count(number + 1, timeout=LIVE_MS)
                expect(page.locator("body")).to_contain_text(f"Jl. Melati {number}")
            assert len(sockets) >= 2, "it was never on a process that was replaced"
            assert page.evaluate("window.siagaStates") == ["live"]
    finally:
        for process in processes:
            end(process)
