"""The board as bytes, read once for a storm of reconnecting consoles, and never older than what its reader has written."""

from __future__ import annotations

import threading
import time
from typing import Any

import orjson

from commandcenter.board import head_seq, read_board
from commandcenter.live.audiences import Audience

FRESH_SECONDS = 1.0


class _Snapshot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read_at = -FRESH_SECONDS
        self.board: dict[str, Any] = {}
        self.encoded: dict[Audience, bytes] = {}

    def refresh(self, center_id: int) -> None:
        """Reads anew unless somebody did so while we waited, or nothing has happened for less than a second."""
        asked_at = time.monotonic()
        with self.lock:
            if self.read_at >= asked_at:
                return
            now = time.monotonic()
            if now - self.read_at < FRESH_SECONDS and self.board["seq"] == head_seq(center_id):
                return
            self.board = read_board(center_id)
            self.encoded = {}
            self.read_at = now


_snapshots: dict[int, _Snapshot] = {}
_guard = threading.Lock()


def _snapshot(center_id: int) -> _Snapshot:
    with _guard:
        snapshot = _snapshots.setdefault(center_id, _Snapshot())
    snapshot.refresh(center_id)
    return snapshot


def board_bytes(center_id: int, audience: Audience) -> bytes:
    """The board of a center as JSON, as an audience of the whole room sees it; encoded once for each."""
    snapshot = _snapshot(center_id)
    encoded, board = snapshot.encoded, snapshot.board
    if audience not in encoded:
        encoded[audience] = orjson.dumps(audience.filter(board))
    return encoded[audience]


def newest_board(center_id: int) -> dict[str, Any]:
    """The board of a center; not to be changed, nor shown to anybody but through an audience."""
    return _snapshot(center_id).board
