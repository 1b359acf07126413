"""Plays the agency desks and the operator who closes: accepts referrals, assigns what is proposed, closes what is done.
Reacts to the board; never opens an incident and never moves a unit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

from commandcenter.simulation.board import Board
from commandcenter.simulation.client import Refused, Room, Row
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.tally import Tally

# Wall seconds: an agency's acceptance clock runs on the wall, whatever the city's speed.
ACCEPT_SECONDS = (3.0, 10.0)
# City seconds.
CLOSE_SECONDS = (8.0, 25.0)
ASK_AGAIN_SECONDS = 30.0
CLOSE_AGAIN_SECONDS = 60.0
DISPOSITION = "Tertangani di lokasi"
# So many people sit at the desks: more waits for the next look, the most urgent first.
AT_ONCE = 4
MOST_A_LOOK = 40


class Desk:
    """`ours`: the users whose incidents the desk closes. What a person opened, a person closes."""

    def __init__(
        self,
        room: Room,
        *,
        desk: str,
        ours: frozenset[str],
        clock: CityClock,
        random: Random,
        tally: Tally,
    ) -> None:
        self.room, self.desk, self.ours = room, desk, ours
        self.clock, self.random, self.tally = clock, random, tally
        # Referrals for which a unit has been sent, by whomever: they need no more from the desk.
        self.served: set[int] = set()
        self.accept_at: dict[int, float] = {}
        self.ask_at: dict[int, float] = {}
        self.close_at: dict[int, float] = {}

    async def react(self, board: Board) -> None:
        """One look at the board: what is due is done, a few at once."""
        assigned = board.assignments_by_incident()
        referred = board.referrals_by_incident()
        free = {sign: unit for sign, unit in board.units.items() if unit["status"] == "available"}
        due: list[Coroutine[Any, Any, None]] = []
        for incident in sorted(board.incidents.values(), key=lambda row: (row["priority"], row["id"])):
            here = assigned.get(incident["id"], [])
            referrals = referred.get(incident["id"], [])
            for referral in referrals:
                due += self._due_for(incident, referral, here, free)
            due += self._due_closing(incident, here, referrals)
        for left in due[MOST_A_LOOK:]:
            left.close()
        gate = asyncio.Semaphore(AT_ONCE)

        async def pass_gate(work: Coroutine[Any, Any, None]) -> None:
            async with gate:
                await work

        await asyncio.gather(*(pass_gate(work) for work in due[:MOST_A_LOOK]))
        self._forget(board)

    def _due_for(
        self, incident: Row, referral: Row, assignments: list[Row], free: dict[str, Row]
    ) -> list[Coroutine[Any, Any, None]]:
        if any(assignment["agency"] == referral["agency"] for assignment in assignments):
            self.served.add(referral["id"])
        wall = self.clock.wall_seconds
        if wall < self.accept_at.setdefault(referral["id"], wall + self.random.uniform(*ACCEPT_SECONDS)):
            return []
        due: list[Coroutine[Any, Any, None]] = []
        if referral["status"] == "routed":
            due.append(self._accept(referral["id"]))
        may_help = any(unit["agency"] == referral["agency"] for unit in free.values())
        if self._lacks_units(referral) and may_help and self.clock.now >= self.ask_at.get(referral["id"], 0.0):
            due.append(self._assign(incident["id"], referral, free))
        return due

    def _lacks_units(self, referral: Row) -> bool:
        return bool(referral["proposed"] or referral["shortfall"]) and referral["id"] not in self.served

    async def _accept(self, referral: int) -> None:
        self.accept_at[referral] = self.clock.wall_seconds + ACCEPT_SECONDS[1]
        await self._try("accept", f"referrals/{referral}/accept")

    async def _assign(self, incident: int, referral: Row, free: dict[str, Row]) -> None:
        """Sends what is proposed and still free; with nothing proposed, the best that the room recommends."""
        self.ask_at[referral["id"]] = self.clock.now + ASK_AGAIN_SECONDS
        chosen = [str(unit["call_sign"]) for unit in referral["proposed"] if unit["call_sign"] in free]
        if not chosen:
            path = f"incidents/{incident}/recommendations"
            try:
                answer = await self.room.get(self.desk, path, agency=str(referral["agency"]))
            except Refused as refusal:
                self.tally.refuse("recommendations", refusal.code)
                return
            ranked = answer.get("rows") or []
            chosen = [str(unit["call_sign"]) for unit in ranked if unit["fits"] and unit["call_sign"] in free][:1]
        for call_sign in chosen:
            # Another desk may have taken it while this one asked.
            if free.pop(call_sign, None) is None:
                continue
            if await self._try("assign", f"incidents/{incident}/assignments", {"unit": call_sign}):
                self.tally.add("assigned by hand")

    def _due_closing(
        self, incident: Row, assignments: list[Row], referrals: list[Row]
    ) -> list[Coroutine[Any, Any, None]]:
        # The agency that leads has sent nobody yet: the incident is not done, whoever else has come and gone.
        waits = any(
            referral["status"] == "routed"
            or (referral["discipline"] == incident["category"] and self._lacks_units(referral))
            for referral in referrals
        )
        is_done = bool(incident["first_dispatched_at"]) and not assignments and not waits
        if not is_done or incident["status"] != "active" or incident["opened_by"] not in self.ours:
            self.close_at.pop(incident["id"], None)
            return []
        now = self.clock.now
        if now < self.close_at.setdefault(incident["id"], now + self.random.uniform(*CLOSE_SECONDS)):
            return []
        return [self._close(incident["id"])]

    async def _close(self, incident: int) -> None:
        self.close_at[incident] = self.clock.now + CLOSE_AGAIN_SECONDS
        if await self._try("close", f"incidents/{incident}/close", {"disposition": DISPOSITION}):
            self.tally.add("incidents closed")

    async def close_all(self, board: Board, incidents: set[int], disposition: str) -> None:
        """Closes those of `incidents` that are still open; their units are cleared by that."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def close(incident: int) -> None:
            async with gate:
                if await self._try("close", f"incidents/{incident}/close", {"disposition": disposition}):
                    self.tally.add("incidents closed")

        await asyncio.gather(*(close(incident) for incident in incidents & board.incidents.keys()))

    def _forget(self, board: Board) -> None:
        for gone in self.close_at.keys() - board.incidents.keys():
            del self.close_at[gone]
        self.served &= board.referrals.keys()
        for gone in self.accept_at.keys() - board.referrals.keys():
            del self.accept_at[gone]
            self.ask_at.pop(gone, None)

    async def _try(self, what: str, path: str, body: Row | None = None) -> bool:
        try:
            await self.room.post(self.desk, path, body)
        except Refused as refusal:
            self.tally.refuse(what, refusal.code)
            return False
        self.tally.add(what)
        return True
