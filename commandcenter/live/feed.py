"""What the hub reads from the database, in plain functions that run in a thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import orjson
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from commandcenter.board import entries_since, entry_rows, read_rows
from commandcenter.live.audiences import Audience
from commandcenter.live.wire import Message
from commandcenter.troubles import Trouble
from incidents.rows import Row, iso

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Change:
    """What happened in (since, seq]: entries and the rows they touched, as they are now."""

    since: int
    seq: int
    entries: list[Row] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)
    """When each entry was written."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing after `since`: what was archived is not told again."""
        return bool(self.entries) and self.entries[0]["seq"] == self.since + 1

    def frame_for(self, audience: Audience) -> Message:
        """The frame, encoded once. An entry of an incident the audience does not see keeps its seq to itself."""
        entries, rows = self.entries, audience.filter(self.rows)
        if audience.agencies is not None:
            seen = {row["id"] for row in rows["incidents"]} | {
                row["incident"] for name in ("referrals", "assignments") for row in rows[name]
            }
            entries = [entry for entry in entries if entry["incident"] in seen]
        return text({"type": "frame", "since": self.since, "seq": self.seq, "entries": entries, "rows": rows})


def text(message: dict[str, Any]) -> Message:
    return Message(orjson.dumps(message).decode())


def hello(seq: int, audience: Audience) -> Message:
    return text({"type": "hello", "seq": seq, "server_time": iso(timezone.now()), "audience": audience.name})


def beat(seq: int, troubles: Sequence[Trouble] = ()) -> Message:
    """`trouble` is there only when a part of the installation is away."""
    told = {"trouble": [trouble.row() for trouble in troubles]} if troubles else {}
    return text({"type": "beat", "seq": seq, "server_time": iso(timezone.now()), **told})


def away(troubles: Sequence[Trouble]) -> Message:
    """Instead of a beat, while the feed cannot be read: no seq, so that nobody takes it for fresh."""
    return text({"type": "trouble", "server_time": iso(timezone.now()), "trouble": [row.row() for row in troubles]})


def resync(seq: int, reason: str) -> Message:
    return text({"type": "resync", "seq": seq, "reason": reason})


def read_change(center_id: int, since: int) -> Change:
    """Everything after `since`: the entries once, the rows they touched once. Rows may be newer than the entries, never
    older; a row that comes twice is whole both times."""
    entries = entries_since(center_id, since)
    if not entries:
        return Change(since, since)
    touched: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        for name, ids in entry["touched"].items():
            touched[name].update(ids)
    times = [entry["at"] for entry in entries]
    return Change(since, entries[-1]["seq"], entry_rows(entries), read_rows(center_id, touched), times)


READERS = ThreadPoolExecutor(4, thread_name_prefix="feed")
"""Each keeps its connection: at a surge, taking one from the pool for every read would be a third of the read."""


def in_thread(read: Callable[P, T], *, is_repeatable: bool = True) -> Callable[P, Coroutine[Any, Any, T]]:
    """`read` for a coroutine: in one of the feed's threads, with that thread's connection; an error leaves none behind.
    When the server turns out to have ended the connection, it is done once more with a new one, unless it is a write."""

    def with_connection(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            try:
                return read(*args, **kwargs)
            except (OperationalError, InterfaceError):
                if not is_repeatable or not _was_ended():
                    raise
                connections.close_all()
                return read(*args, **kwargs)
        except BaseException:
            connections.close_all()
            raise

    return sync_to_async(with_connection, thread_sensitive=False, executor=READERS)


def _was_ended() -> bool:
    return any(one.connection is not None and one.connection.closed for one in connections.all(initialized_only=True))
