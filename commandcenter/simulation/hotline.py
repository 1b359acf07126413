"""Plays the telephone exchange and the operators: rings, answers, opens incidents, gives each call its outcome.
Takes planned calls one by one; when to ring and when to stop is the player's matter."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from commandcenter.simulation.client import Refused, Room, Row, TokenRefused, Unreachable
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.plan import PlannedCall
from commandcenter.simulation.tally import Tally

# City seconds from picking up to type and location, the first thing asked.
ASK_SECONDS = (5.0, 11.0)
ABANDON_SECONDS = 9.0
# Another caller's incident may just be being typed: look for it this often, this long (city seconds).
LOOK_AGAIN_SECONDS = 5.0
LOOKS = 4


class Hotline:
    """`operators` answer, one call each at a time; calls ring on when all of them talk."""

    def __init__(
        self, room: Room, *, exchange: str, operators: list[str], seats: int, clock: CityClock, tally: Tally
    ) -> None:
        self.room, self.exchange, self.clock, self.tally = room, exchange, clock, tally
        self.free: asyncio.Queue[str] = asyncio.Queue()
        for seat in range(max(seats, 1)):
            self.free.put_nowait(operators[seat % len(operators)])
        self.incidents: dict[int, int] = {}
        """planned call → incident it became"""

    async def play(self, call: PlannedCall) -> None:
        """One call from ring to outcome; every way it can end is counted once."""
        try:
            row = await self.room.post(
                self.exchange,
                "calls",
                {
                    "external_id": f"sim-{self.room.run}-{call.number}",
                    "line": str(call.line),
                    "caller_number": call.caller_number,
                    "rang_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                },
            )
        except Refused as refusal:
            self.tally.refuse("call", refusal.code)
            return
        self.tally.add("calls rung")
        try:
            if call.outcome == "abandoned":
                await self._abandon(row["id"])
            else:
                # On the wall's clock whatever the city's speed: a person at a console must have a chance to be first.
                await asyncio.sleep(call.answer_after)
                operator = await self.free.get()
                try:
                    await self._talk(operator, row["id"], call)
                finally:
                    self.free.put_nowait(operator)
        except Refused as refusal:
            # A person at a console has taken this call, or ended it before us: it is theirs now.
            self.tally.refuse("call step", refusal.code)
            self.tally.add("calls left to people")
        except (asyncio.CancelledError, TokenRefused, Unreachable):
            self.tally.add("calls cut off by the end")
            raise

    async def _abandon(self, call_id: int) -> None:
        await self.clock.sleep(ABANDON_SECONDS)
        await self.room.post(self.exchange, f"calls/{call_id}/end")
        await self.clock.sleep(ABANDON_SECONDS * 2)
        operator = await self.free.get()
        try:
            await self._outcome(operator, call_id, {"outcome": "abandoned"})
        finally:
            self.free.put_nowait(operator)

    async def _talk(self, operator: str, call_id: int, call: PlannedCall) -> None:
        await self.room.post(operator, f"calls/{call_id}/answer")
        if call.outcome == "incident":
            await self.clock.sleep(min(ASK_SECONDS[1], call.talk_seconds * 0.3))
            await self._open(operator, call_id, call)
        elif call.outcome == "attached":
            await self.clock.sleep(ASK_SECONDS[0])
            await self._attach_or_open(operator, call_id, call)
        else:
            await self.clock.sleep(call.talk_seconds)
            await self.room.post(operator, f"calls/{call_id}/end")
            await self._outcome(operator, call_id, {"outcome": call.outcome})

    async def _open(self, operator: str, call_id: int, call: PlannedCall) -> None:
        """Type and place first, the rest while talking on: the routing has begun before the caller is done."""
        assert call.location is not None
        lon, lat = call.location
        body: Row = {
            "type": call.type,
            "location": {"lat": lat, "lon": lon},
            "address": call.address,
            "narrative": call.narrative,
            "call": call_id,
        }
        try:
            incident = await self.room.post(operator, "incidents", body)
        except Refused as refusal:
            self.tally.refuse("incident", refusal.code)
            await self.room.post(operator, f"calls/{call_id}/end")
            await self._outcome(operator, call_id, {"outcome": "information"})
            return
        self.incidents[call.number] = incident["id"]
        self.tally.add("incidents opened")
        await self.clock.sleep(call.talk_seconds * 0.7)
        if call.note:
            await self._note(operator, incident["id"], call.note)
        await self.room.post(operator, f"calls/{call_id}/end")
        self.tally.add("outcome incident")

    async def _attach_or_open(self, operator: str, call_id: int, call: PlannedCall) -> None:
        for _ in range(LOOKS):
            if call.about in self.incidents:
                break
            await self.clock.sleep(LOOK_AGAIN_SECONDS)
        incident = self.incidents.get(call.about or 0)
        if incident is None:
            await self._open(operator, call_id, call)
            return
        await self.clock.sleep(call.talk_seconds)
        await self.room.post(operator, f"calls/{call_id}/end")
        await self._outcome(operator, call_id, {"outcome": "attached", "incident": incident})

    async def _note(self, operator: str, incident: int, text: str) -> None:
        try:
            await self.room.post(operator, f"incidents/{incident}/notes", {"text": text})
        except Refused as refusal:
            self.tally.refuse("note", refusal.code)
        else:
            self.tally.add("notes")

    async def _outcome(self, operator: str, call_id: int, body: Row) -> None:
        await self.room.post(operator, f"calls/{call_id}/outcome", body)
        self.tally.add(f"outcome {body['outcome']}")
