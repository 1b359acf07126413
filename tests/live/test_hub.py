"""A hub's beginning and end. What it feeds is tested over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from commandcenter.live.hub import LiveHub
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
