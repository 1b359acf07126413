"""A worker is killed, Redis is wiped, the web process is restarted: every incident is routed exactly once, and every
console equals the board."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter

import httpx
import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings

from incidents.models import Incident, Job, TimelineEntry
from tests.cast import Cast
from tests.live.console import Console, rows_of, without_places
from tests.processes import end, free_port, start, start_sweeper, start_worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
INCIDENTS = 60


def _routed() -> Counter[int]:
    entries = TimelineEntry.objects.filter(kind__in=["incident_routed", "incident_routed_to_nobody"])
    return Counter(entries.values_list("incident", flat=True))


async def test_it_loses_and_repeats_nothing(open_city: Cast) -> None:
    port = free_port()
    serve = (sys.executable, "manage.py", "serve", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    server, sweeper, workers = start(*serve), start_sweeper(), [start_worker("one"), start_worker("two")]
    consoles = [Console(url, open_city.token("dana")) for _ in range(3)]
    try:
        await asyncio.to_thread(wait_for, f"{url}/healthz", server)
        following = [asyncio.create_task(console.follow()) for console in consoles]
        acknowledged = []
        headers = {"Authorization": f"Bearer {open_city.token('rian')}"}
        async with httpx.AsyncClient(headers=headers, timeout=10) as client:
            for number in range(INCIDENTS):
                if number == 15:
                    end(workers[0], signal.SIGKILL)
                if number == 30:
                    redis.Redis.from_url(settings.REDIS_URL).flushall()
                if number == 45:
                    end(server, signal.SIGKILL)
                    server = start(*serve)
                body = {
                    "type": ["building_fire", "burglary", "landslide"][number % 3],
                    "location": {"lat": -7.25, "lon": 112.75},
                }
                for _ in range(60):
                    try:
                        answer = await client.post(
                            f"{url}/api/v1/incidents", json=body, headers={"Idempotency-Key": f"n{number}"}
                        )
                        acknowledged.append(answer.json()["id"])
                        break
                    except httpx.HTTPError:
                        await asyncio.sleep(0.3)
        for _ in range(60):
            if not await sync_to_async(Job.objects.filter(key__startswith="route", status="due").exists)():
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(3)
        fresh = await consoles[0].board()
        for console in consoles:
            console.stop.set()
        await asyncio.gather(*following)
    finally:
        for process in (server, sweeper, *workers):
            end(process)
    stored = await sync_to_async(lambda: set(Incident.objects.values_list("pk", flat=True)))()
    assert len(acknowledged) == INCIDENTS and set(acknowledged) == stored
    routed = await sync_to_async(_routed)()
    assert routed == Counter(dict.fromkeys(acknowledged, 1))
    for console in consoles:
        assert console.seq == fresh["seq"]
        assert without_places(console.rows) == without_places(rows_of(fresh))
