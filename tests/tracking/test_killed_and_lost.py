"""Redis is killed and comes back empty, the web process is killed: what was answered 202 is in the history, the newest of
each unit is in the table, on the console and, in the end, in Redis."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import struct
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from asgiref.sync import sync_to_async
from django.db import connection

from dispatch.models import Unit, UnitPosition
from dispatch.newest import RECORD, key_of
from tests.cast import Cast
from tests.live.console import Console
from tests.processes import end, free_port, start, wait_for, wait_for_port

ROUNDS, ROUND_SECONDS = 60, 0.1
ONCE = "TGC-01"
"""Reports once, before Redis is lost: it must not be forgotten."""


def _redis(port: int, folder: Path) -> subprocess.Popen[bytes]:
    argv = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder), "--loglevel", "warning"]
    process = subprocess.Popen(argv, start_new_session=True)
    wait_for_port(port, process)
    return process


def _history() -> set[tuple[str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT call_sign, at FROM dispatch_position_history JOIN dispatch_unit unit ON unit.id = unit_id"
        )
        return {(sign, at) for sign, at in cursor.fetchall()}


def _newest() -> dict[int, datetime]:
    return dict(UnitPosition.objects.values_list("unit_id", "at"))


def _ids(signs: list[str]) -> set[int]:
    return set(Unit.objects.filter(call_sign__in=signs).values_list("pk", flat=True))


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server here")
async def test_it_loses_nothing_that_was_taken(open_city: Cast, tmp_path: Path) -> None:
    redis_port, port = free_port(), free_port()
    more = {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
    serve = (sys.executable, "manage.py", "serve", "--port", str(port))
    url, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {open_city.token('tracker')}"}
    signs = [f"PMK-0{number}" for number in (1, 2, 3)]
    store, server = _redis(redis_port, tmp_path), start(*serve, **more)
    taken: set[tuple[str, datetime]] = set()
    seen: set[int] = set()
    try:
        await asyncio.to_thread(wait_for, f"{url}/healthz", server)
        watching = asyncio.create_task(_watch(Console(url, open_city.token("dana")), seen))
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            await _report(client, ONCE, taken)
            for number in range(ROUNDS):
                if number == 15:
                    end(store, signal.SIGKILL)
                if number == 30:
                    end(server, signal.SIGKILL)
                    server = start(*serve, **more)
                    await asyncio.to_thread(wait_for, f"{url}/healthz", server)
                if number == 45:
                    store = await asyncio.to_thread(_redis, redis_port, tmp_path)
                await asyncio.gather(*(_report(client, sign, taken) for sign in signs))
                await asyncio.sleep(ROUND_SECONDS)
            assert len(taken) > ROUNDS
            assert taken <= await sync_to_async(_history)()
            newest = await sync_to_async(_newest)()
            assert set(newest) == await sync_to_async(_ids)([*signs, ONCE])
            assert newest == await _in_redis(redis_port, open_city, newest)
            deadline = time.monotonic() + 20
            while seen != set(newest) and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
            assert seen == set(newest)
        watching.cancel()
    finally:
        end(server, signal.SIGKILL)
        end(store, signal.SIGKILL)


async def _report(client: httpx.AsyncClient, sign: str, taken: set[tuple[str, datetime]]) -> None:
    at = datetime.now(UTC)
    point = {"unit": sign, "lat": -7.25, "lon": 112.75, "at": at.isoformat()}
    with contextlib.suppress(httpx.TransportError):
        answer = await client.post("/api/v1/positions", json={"positions": [point]})
        if answer.status_code == 202 and answer.json()["taken"] == 1:
            taken.add((sign, at))


async def _watch(console: Console, seen: set[int]) -> None:
    """Units in the frames of a console that connects again whenever it is thrown out."""
    while True:
        with contextlib.suppress(Exception):
            async with console.socket() as socket:
                async for frame in socket:
                    if isinstance(frame, bytes):
                        seen.update(unit[0] for unit in struct.iter_unpack("<IiiBBH", frame[16:]))
        await asyncio.sleep(0.2)


async def _in_redis(port: int, city: Cast, wanted: dict[int, datetime]) -> dict[int, datetime]:
    """What Redis has, as soon as it has what is wanted or after some seconds."""
    found: dict[int, datetime] = {}
    for _ in range(50):
        fields: dict[bytes, bytes] = redis.Redis(port=port).hgetall(key_of(city.center.pk))  # type: ignore[assignment]
        records: list[Any] = [RECORD.unpack(value) for key, value in fields.items() if key != b"full"]
        found = {record[0]: datetime.fromtimestamp(record[1], UTC) for record in records}
        if found == wanted:
            break
        await asyncio.sleep(0.2)
    return found
