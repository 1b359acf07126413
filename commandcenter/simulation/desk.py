"""Plays the agency desks and the operator who closes: accepts referrals, assigns what is proposed, closes what is done.
Reacts to the board; never opens an incident and never moves a unit."""

from __future__ import annotations

from random import Random

from commandcenter.simulation.board import Board
from commandcenter.simulation.client import Refused, Room, Row
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.tally import Tally

# Wall seconds: an agency's acceptance clock runs on the wall, whatever the city's speed.
ACCEPT_SECONDS = (3.0, 10.0)
# City seconds.
CLOSE_SECONDS = (8.0, 25.0)
ASK_AGAIN_SECONDS = 30.0
DISPOSITION = "Tertangani di lokasi"


class Desk:
    """`may_close` decides by an incident's row whether its closing is ours: what a person opened, a person closes."""

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
        self.served: dict[int, bool] = {}
        self.accept_at: dict[int, float] = {}
        self.ask_at: dict[int, float] = {}
        self.close_at: dict[int, float] = {}

    async def react(self, board: Board) -> None:
        assigned = board.assignments_by_incident()
        referred = board.referrals_by_incident()
        for referral in board.referrals.values():
            await self._answer(board, referral, assigned.get(referral["incident"], []))
        for incident in board.incidents.values():
            await self._close(incident, assigned.get(incident["id"], []), referred.get(incident["id"], []))
        self._forget(board)

    def _forget(self, board: Board) -> None:
        for gone in self.close_at.keys() - board.incidents.keys():
            del self.close_at[gone]
        for gone in (self.accept_at.keys() | self.served.keys()) - board.referrals.keys():
            self.accept_at.pop(gone, None)
            self.ask_at.pop(gone, None)
            self.served.pop(gone, None)

    async def _answer(self, board: Board, referral: Row, assignments: list[Row]) -> None:
        wall = self.clock.wall_seconds
        due = self.accept_at.setdefault(referral["id"], wall + self.random.uniform(*ACCEPT_SECONDS))
        if wall < due:
            return
        mine = [assignment for assignment in assignments if assignment["agency"] == referral["agency"]]
        if referral["status"] == "routed":
            await self._try("accept", f"referrals/{referral['id']}/accept")
            self.accept_at[referral["id"]] = wall + ACCEPT_SECONDS[1]
        if mine:
            self.served[referral["id"]] = True
        incident = board.incidents.get(referral["incident"])
        if referral["id"] in self.served or incident is None or not (referral["proposed"] or referral["shortfall"]):
            return
        now = self.clock.now
        if now < self.ask_at.get(referral["id"], 0.0):
            return
        self.ask_at[referral["id"]] = now + ASK_AGAIN_SECONDS
        await self._assign(board, referral)

    async def _assign(self, board: Board, referral: Row) -> None:
        """Sends what is proposed and still free; with nothing proposed, the best the room recommends."""
        incident = referral["incident"]
        free = {sign for sign, unit in board.units.items() if unit["status"] == "available"}
        chosen = [str(unit["call_sign"]) for unit in referral.get("proposed", []) if unit["call_sign"] in free]
        if not chosen:
            try:
                answer = await self.room.get(
                    self.desk, f"incidents/{incident}/recommendations", agency=str(referral["agency"])
                )
            except Refused as refusal:
                self.tally.refuse("recommendations", refusal.code)
                return
            ranked = answer.get("rows") or []
            chosen = [unit["call_sign"] for unit in ranked if unit.get("fits", True) and unit["call_sign"] in free][:1]
        for call_sign in chosen:
            if await self._try("assign", f"incidents/{incident}/assignments", {"unit": call_sign}):
                self.tally.add("assigned by hand")

    async def _close(self, incident: Row, assignments: list[Row], referrals: list[Row]) -> None:
        # The agency that leads has sent nobody yet: the incident is not done, whoever else has come and gone.
        waits = any(
            referral["status"] == "routed"
            or (referral["discipline"] == incident["category"] and referral["id"] not in self.served)
            for referral in referrals
        )
        done = bool(incident["first_dispatched_at"]) and not assignments and not waits
        if not done or incident["status"] != "active" or incident["opened_by"] not in self.ours:
            self.close_at.pop(incident["id"], None)
            return
        now = self.clock.now
        due = self.close_at.setdefault(incident["id"], now + self.random.uniform(*CLOSE_SECONDS))
        if now >= due:
            self.close_at[incident["id"]] = now + 60.0
            if await self._try("close", f"incidents/{incident['id']}/close", {"disposition": DISPOSITION}):
                self.tally.add("incidents closed")

    async def _try(self, what: str, path: str, body: Row | None = None) -> bool:
        try:
            await self.room.post(self.desk, path, body)
        except Refused as refusal:
            self.tally.refuse(what, refusal.code)
            return False
        self.tally.add(what)
        return True
