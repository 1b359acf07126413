"""A console that comes back with a seq from before the archive is told to load the board, and is given no gap."""

from __future__ import annotations

import asyncio
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.core.management import call_command

from incidents.models import Archive, Feed
from tests.cast import Cast
from tests.history.test_archive import archive
from tests.processes import web

pytestmark = pytest.mark.django_db(transaction=True)


def make_archived_room(city: Cast, folder: Path) -> tuple[int, int]:
    """(seq of the newest archived entry, newest seq)."""
    words = ["--center", "kota", "--incidents", "20", "--years", "0.4", "--position-days", "0"]
    call_command("make_history", *words, stdout=StringIO())
    archive(folder, "--delete")
    return Archive.objects.latest("month").gone_seq, Feed.objects.get(center=city.center).seq


async def first_after_hello(url: str, token: str, since: int) -> dict[str, Any]:
    address = f"{url.replace('http', 'ws')}/ws/live?since={since}"
    async with websockets.connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        async with asyncio.timeout(10):
            while True:
                message: dict[str, Any] = json.loads(await socket.recv())
                if message["type"] != "hello":
                    return message


async def test_it_gives_a_console_from_before_the_archive_no_gap(open_city: Cast, tmp_path: Path) -> None:
    gone, head = await sync_to_async(make_archived_room)(open_city, tmp_path)
    assert 0 < gone < head < gone + 1000
    with web("uvicorn") as url:
        old = await first_after_hello(url, open_city.token("dana"), gone - 3)
        assert (old["type"], old["reason"]) == ("resync", "too_old")
        frame = await first_after_hello(url, open_city.token("dana"), gone)
        assert frame["type"] == "frame" and frame["entries"][0]["seq"] == gone + 1 and frame["seq"] == head
