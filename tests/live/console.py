"""A console without a screen: loads the board, follows the feed, reconnects. What the browser does, for tests."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import websockets

from commandcenter.board import BOARD_LISTS
from commandcenter.live.drain import CLOSE_MOVE

Rows = dict[str, dict[int, Any]]


def rows_of(board: dict[str, Any]) -> Rows:
    return {name: {row["id"]: row for row in board[name]} for name in BOARD_LISTS}


def without_places(rows: Rows) -> Rows:
    """Positions are a lane of their own: they are not compared."""
    moving = {"location", "location_at", "heading", "speed_kmh"}
    units = {pk: {key: value for key, value in row.items() if key not in moving} for pk, row in rows["units"].items()}
    return {**rows, "units": units}


class Console:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url, {"Authorization": f"Bearer {token}"}
        self.rows: Rows = {}
        self.seq = 0
        self.reconnects = 0
        self.moves = 0
        self.gaps = 0
        self.stop = asyncio.Event()

    async def board(self) -> dict[str, Any]:
        async with httpx.AsyncClient(headers=self.headers, timeout=20) as client:
            answer = await client.get(f"{self.url}/api/v1/board")
            answer.raise_for_status()
            board: dict[str, Any] = answer.json()
            return board

    async def load(self) -> None:
        board = await self.board()
        self.rows, self.seq = rows_of(board), board["seq"]

    def socket(self, since: object = None) -> Any:
        query = "" if since is None else f"?since={since}"
        return websockets.connect(f"{self.url.replace('http', 'ws')}/ws/live{query}", additional_headers=self.headers)

    def take(self, message: dict[str, Any]) -> bool:
        """False: a gap, or told to resync."""
        if message["type"] == "resync":
            self.seq = -1
            return False
        if message["type"] == "frame" and message["seq"] > self.seq:
            if message["since"] > self.seq:
                return False
            for name in BOARD_LISTS:
                for row in message["rows"].get(name, []):
                    if row["on_board"]:
                        self.rows[name][row["id"]] = row
                    else:
                        self.rows[name].pop(row["id"], None)
            self.seq = message["seq"]
        return True

    def heard(self, message: dict[str, Any]) -> None:
        """Told of each message before it is taken."""

    async def follow(self) -> None:
        """Until `stop`, through every cut."""
        while not self.stop.is_set():
            try:
                if not self.rows or self.seq < 0:
                    await self.load()
                async with self.socket(self.seq) as socket:
                    while not self.stop.is_set():
                        text = await asyncio.wait_for(socket.recv(), 6)
                        if not isinstance(text, str):
                            continue
                        message = json.loads(text)
                        self.heard(message)
                        if not self.take(message):
                            self.gaps += 1
                            break
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code == CLOSE_MOVE:
                    self.moves += 1  # as the browser: at once
                    continue
                self.reconnects += 1
                await asyncio.sleep(0.3)
            except (OSError, httpx.HTTPError, websockets.WebSocketException, TimeoutError):
                self.reconnects += 1
                await asyncio.sleep(0.3)
