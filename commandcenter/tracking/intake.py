"""From the bytes a tracker sent to its answer, however they came: HTTP or websocket. Raises what the way in puts in words."""

from __future__ import annotations

from typing import Any

import orjson

from commandcenter.live.feed import in_thread
from commandcenter.tracking.reading import POSITIONS_MAX, Batch, read_batch
from commandcenter.tracking.writer import writer_of
from dispatch.actions.positions import take_positions
from dispatch.tracks import Fix

BATCH_FROM = 200
"""So many points are written by themselves, beside the writer of single ones."""


class Malformed(ValueError):
    """Not JSON."""


class WrongShape(ValueError):
    """JSON, but not a list of positions; `name` is the field at fault."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"{name}: {why}")


def parse(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(str(error)) from None


def positions_of(message: Any) -> list[Any]:
    """The list in {"positions": […]}. Raises WrongShape."""
    items = message.get("positions") if isinstance(message, dict) else None
    if not isinstance(items, list):
        raise WrongShape("positions", "harus daftar / must be a list")
    if len(items) > POSITIONS_MAX:
        raise WrongShape("positions", f"paling banyak / at most {POSITIONS_MAX}")
    return items


async def take_items(center_id: int, items: list[Any]) -> dict[str, Any]:
    """The answer {"taken", "refused"}; what is taken is committed. Raises Overloaded, DatabaseError."""
    if len(items) >= BATCH_FROM:
        return await in_thread(take_now, is_repeatable=False)(center_id, items)
    batch = read_batch(items)
    return batch.answer(await writer_of(center_id).take(batch.fixes, len(batch.refused)))


def take_now(center_id: int, items: list[Any]) -> dict[str, Any]:
    """`take_items` for a thread."""
    batch = read_batch(items)
    return batch.answer(take_positions(center_id, batch.fixes, len(batch.refused)))


async def take_one(center_id: int, fix: Fix) -> dict[str, Any]:
    batch = Batch([fix], [0])
    return batch.answer(await writer_of(center_id).take(batch.fixes))


async def count_invalid(center_id: int) -> None:
    """A point that could not be read."""
    await writer_of(center_id).take([], 1)
