"""The city's own clock: runs `speed` times as fast as the wall's, and sleeps in city seconds.
No calendar and no time zone; wall time is asked of the event loop."""

from __future__ import annotations

import asyncio


class CityClock:
    """Starts at 0. Raises ValueError on a speed that is not above 0."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self.speed = speed
        self._started_at = asyncio.get_running_loop().time()

    @property
    def now(self) -> float:
        """City seconds since the start."""
        return self.wall_seconds * self.speed

    @property
    def wall_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._started_at

    async def sleep(self, city_seconds: float) -> None:
        await asyncio.sleep(max(city_seconds, 0.0) / self.speed)

    async def sleep_until(self, city_seconds: float, stop: asyncio.Event) -> bool:
        """Sleeps until that time of the city. False when stopped before."""
        while not stop.is_set():
            left = (city_seconds - self.now) / self.speed
            if left <= 0:
                return True
            try:
                await asyncio.wait_for(stop.wait(), timeout=min(left, 3600.0))
            except TimeoutError:
                continue
        return False
