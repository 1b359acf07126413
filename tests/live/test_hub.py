"""A hub's beginning and end. What it feeds is tested over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured

from commandcenter.live import hub as hub_module
from commandcenter.live.hub import LiveHub
from incidents import hints
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_stops_also_when_it_is_woken_in_the_same_moment(open_city: Cast) -> None:
    """The last console of a room may leave just as something happens. A hub that goes on would keep everybody out."""
    for pause in (0.0, 0.2):
        hub = LiveHub(open_city.center.pk)
        await hub.start()
        await asyncio.sleep(pause)
        hub._wake.set()
        async with asyncio.timeout(5):
            await hub.stop()
        assert all(task.done() for task in hub._tasks)


class Cut:
    """Passes on to Redis until it is cut: from then on what is connected stays open and hears nothing more, as when a network
    is gone. Later connections are passed on again."""

    def __init__(self, host: str | None, port: int | None) -> None:
        self._at = (host, port)
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.connections = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        is_open = self.is_open
        far_reader, far_writer = await asyncio.open_connection(*self._at)

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    if is_open.is_set():
                        target.write(data)

        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    def cut(self) -> None:
        self.is_open.clear()
        self.is_open = asyncio.Event()
        self.is_open.set()


async def test_it_hears_hints_again_after_a_cut_that_nobody_was_told_of(
    open_city: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(configured.REDIS_URL)
    cut = Cut(parts.hostname, parts.port)
    server = await asyncio.start_server(cut.take, "127.0.0.1", 0)
    hints.client()  # goes straight there
    secret = f":{parts.password}@" if parts.password else ""
    through = f"redis://{secret}127.0.0.1:{server.sockets[0].getsockname()[1]}{parts.path}"
    monkeypatch.setattr(hub_module, "PING_SECONDS", 0.2)
    monkeypatch.setattr(hub_module.settings, "REDIS_URL", through)
    hub = LiveHub(open_city.center.pk)
    listening = asyncio.create_task(hub._listen())
    try:
        await _hears(hub)
        assert cut.connections == 1
        cut.cut()
        await _hears(hub)
        assert cut.connections > 1
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        server.close()


async def _hears(hub: LiveHub) -> None:
    """Hints until one wakes it."""
    async with asyncio.timeout(20):
        hub._wake.clear()
        while not hub._wake.is_set():
            await asyncio.to_thread(_hint, hub.center_id)
            await asyncio.sleep(0.1)


def _hint(center_id: int) -> None:
    hints._silent_until = 0.0
    hints.wake_feed(center_id, 1)
