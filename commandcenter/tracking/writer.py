"""Points that come one by one are written together: a request waits a few milliseconds for others, and is answered when
the statement that holds its points is committed. One writer per center and process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from commandcenter.live.feed import in_thread
from dispatch.actions.positions import RefusedFix, take_positions
from dispatch.tracks import Fix

WAIT_SECONDS = 0.01
FIXES_AT_ONCE_MAX = 5000
FIXES_WAITING_MAX = 20_000


class Overloaded(Exception):
    """More points wait than can be written soon: nothing was taken, send again."""


@dataclass
class Waiting:
    fixes: Sequence[Fix]
    invalid: int
    done: asyncio.Future[list[RefusedFix]]


class Writer:
    def __init__(self, center_id: int) -> None:
        self._center_id = center_id
        self._queue: deque[Waiting] = deque()
        self._fixes = 0
        self._task: asyncio.Task[None] | None = None

    async def take(self, fixes: Sequence[Fix], invalid: int = 0) -> list[RefusedFix]:
        """`take_positions`, together with what others send now. Raises Overloaded, DatabaseError."""
        if self._fixes + len(fixes) > FIXES_WAITING_MAX:
            raise Overloaded
        waiting = Waiting(fixes, invalid, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._fixes += len(fixes)
        if self._task is None:
            self._task = asyncio.create_task(self._write())
        return await waiting.done

    async def _write(self) -> None:
        try:
            await asyncio.sleep(WAIT_SECONDS)
            while self._queue:
                batch = [self._queue.popleft()]
                count = len(batch[0].fixes)
                while self._queue and count + len(self._queue[0].fixes) <= FIXES_AT_ONCE_MAX:
                    batch.append(self._queue.popleft())
                    count += len(batch[-1].fixes)
                self._fixes -= count
                await self._write_batch(batch)
        finally:
            self._task = None

    async def _write_batch(self, batch: list[Waiting]) -> None:
        fixes = [fix for waiting in batch for fix in waiting.fixes]
        try:
            take = in_thread(take_positions, is_repeatable=False)
            refused = await take(self._center_id, fixes, sum(waiting.invalid for waiting in batch))
        except Exception as error:
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            return
        found, first = deque(refused), 0
        for waiting in batch:
            mine, after = [], first + len(waiting.fixes)
            while found and found[0].index < after:
                item = found.popleft()
                mine.append(RefusedFix(item.index - first, item.unit, item.code, item.message))
            first = after
            if not waiting.done.done():  # whoever went away does not keep the others from their answers
                waiting.done.set_result(mine)


_writers: dict[int, Writer] = {}


def writer_of(center_id: int) -> Writer:
    """The writer of a center in this process."""
    return _writers.setdefault(center_id, Writer(center_id))
