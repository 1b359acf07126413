"""Plays the crews: acknowledges, drives, arrives, takes patients to hospital, clears, and reports positions.
Reacts to whatever is on the board, by whomever it was put there; decides nothing about who is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from commandcenter.simulation.board import Board, Point, point_of
from commandcenter.simulation.client import Refused, Room, Row
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.fleet import Car, Fleet
from commandcenter.simulation.movement import distance_m
from commandcenter.simulation.tally import Tally

# City seconds a unit stays in a status, (shortest, longest); shorter than life, so that a busy hour does not
# need every unit of the city.
ACKNOWLEDGE_SECONDS = (4.0, 12.0)
ON_SCENE_SECONDS = {
    "fire": (180.0, 420.0),
    "medical": (90.0, 200.0),
    "police": (90.0, 240.0),
    "traffic": (90.0, 210.0),
    "disaster": (180.0, 360.0),
    "social": (150.0, 300.0),
    "public_order": (90.0, 210.0),
}
DEFAULT_ON_SCENE_SECONDS = (90.0, 240.0)
AT_HOSPITAL_SECONDS = (45.0, 110.0)
TURNOUT_SHARE = (0.3, 0.9)
TRANSPORT_SHARE = 0.4
TRANSPORTED = frozenset({"medical", "traffic"})
NEXT = {
    "dispatched": "acknowledged",
    "acknowledged": "en_route",
    "en_route": "on_scene",
    "on_scene": "cleared",
    "transporting": "at_hospital",
    "at_hospital": "cleared",
}
DRIVING = frozenset({"en_route", "transporting"})
# A car that stands still says so once a minute (wall seconds), so that its position does not grow old.
STANDING_REPORT_SECONDS = 60.0
MOST_POSITIONS_A_REQUEST = 200
STEPS_AT_ONCE = 8


@dataclass
class Journey:
    """One assignment as its crew knows it."""

    status: str
    version: int
    due: float
    """City time of the next step, for the statuses that wait."""
    transports: bool
    failures: int = 0


class Crews:
    def __init__(
        self,
        room: Room,
        *,
        radio: str,
        tracker: str,
        clock: CityClock,
        fleet: Fleet,
        hospitals: list[Point],
        homes: dict[str, Point],
        centre: Point,
        random: Random,
        tally: Tally,
        hands_off: frozenset[str] = frozenset(),
    ) -> None:
        self.room, self.radio, self.tracker = room, radio, tracker
        self.clock, self.fleet, self.random, self.tally = clock, fleet, random, tally
        self.hospitals, self.homes, self.centre, self.hands_off = hospitals, homes, centre, hands_off
        self.journeys: dict[int, Journey] = {}

    async def react(self, board: Board) -> None:
        """One look at the board: every crew whose time has come takes its next step."""
        self._adopt(board)
        for gone in self.journeys.keys() - board.assignments.keys():
            del self.journeys[gone]
        now = self.clock.now
        steps: list[tuple[Row, Journey, str]] = []
        busy: set[str] = set()
        for assignment in board.assignments.values():
            busy.add(assignment["unit"])
            car = self.fleet.cars.get(assignment["unit"])
            incident = board.incidents.get(assignment["incident"])
            if car is None or incident is None or car.call_sign in self.hands_off:
                continue
            journey = self._journey(assignment, incident, car, now)
            if self._is_due(journey, car, now):
                goes_on = NEXT.get(journey.status)
                if journey.status == "on_scene" and journey.transports:
                    goes_on = "transporting"
                if goes_on:
                    steps.append((assignment, journey, goes_on))
        for call_sign, car in self.fleet.cars.items():
            unit = board.units.get(call_sign)
            if call_sign not in busy and unit is not None and call_sign not in self.hands_off:
                if unit["status"] == "available":
                    self.fleet.idle(car, now)
                else:
                    car.stop()
        gate = asyncio.Semaphore(STEPS_AT_ONCE)
        await asyncio.gather(*(self._step(gate, board, *step) for step in steps))

    async def report_positions(self, board: Board, city_seconds: float, hour: int) -> None:
        """Drives all cars for the time since the last report and sends where they are."""
        self.fleet.drive(city_seconds, hour, self.clock.now)
        wall = self.clock.wall_seconds
        cars = [
            car
            for car in self.fleet.cars.values()
            if (car.moved or wall - car.reported_at >= STANDING_REPORT_SECONDS)
            and car.call_sign in board.units
            and car.call_sign not in self.hands_off
        ]
        for start in range(0, len(cars), MOST_POSITIONS_A_REQUEST):
            batch = cars[start : start + MOST_POSITIONS_A_REQUEST]
            try:
                answer = await self.room.post(
                    self.tracker, "positions", {"positions": [self._position(car) for car in batch]}
                )
            except Refused as refusal:
                self.tally.refuse("positions", refusal.code, len(batch))
            else:
                self.tally.add("positions", int(answer.get("taken", len(batch))))
                for refused in answer.get("refused", []):
                    self.tally.refuse("position", str(refused.get("code")))
            for car in batch:
                car.moved, car.reported_at = False, wall

    def _position(self, car: Car) -> Row:
        lon, lat = self.fleet.swayed(car)
        position: Row = {
            "unit": car.call_sign,
            "lat": round(lat, 6),
            "lon": round(lon, 6),
            "at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "speed": round(car.speed_kmh),
        }
        if car.heading is not None:
            position["heading"] = car.heading
        return position

    def _adopt(self, board: Board) -> None:
        for call_sign, unit in board.units.items():
            if call_sign not in self.fleet.cars:
                home = self.homes.get(unit.get("station") or "", None)
                place = point_of(unit.get("location")) or home or self.centre
                self.fleet.adopt(call_sign, unit["unit_type"], place, home or place)

    def _journey(self, assignment: Row, incident: Row, car: Car, now: float) -> Journey:
        journey = self.journeys.get(assignment["id"])
        if journey is None:
            takes = (
                assignment["discipline"] == "medical" and incident["category"] in TRANSPORTED and bool(self.hospitals)
            )
            journey = Journey("", 0, now, takes and self.random.random() < TRANSPORT_SHARE)
            self.journeys[assignment["id"]] = journey
        # A snapshot may be older than our own last step: the higher version is the truth.
        if assignment["version"] >= journey.version and assignment["status"] != journey.status:
            self._enter(journey, assignment["status"], assignment["version"], assignment, incident, car, now)
        return journey

    def _enter(
        self, journey: Journey, status: str, version: int, assignment: Row, incident: Row, car: Car, now: float
    ) -> None:
        journey.status, journey.version, journey.failures = status, version, 0
        scene = point_of(incident["location"])
        if status == "en_route" and scene:
            car.send(scene, "assignment")
        elif status == "transporting":
            car.send(
                min(self.hospitals, key=lambda place: distance_m(car.place, place), default=car.home), "assignment"
            )
        else:
            car.stop()
        turnout = self.fleet.type_of(car).turnout_seconds
        shortest, longest = {
            "dispatched": ACKNOWLEDGE_SECONDS,
            "acknowledged": (turnout * TURNOUT_SHARE[0], turnout * TURNOUT_SHARE[1]),
            "on_scene": ON_SCENE_SECONDS.get(assignment["discipline"], DEFAULT_ON_SCENE_SECONDS),
            "at_hospital": AT_HOSPITAL_SECONDS,
        }.get(status, (0.0, 0.0))
        journey.due = now + self.random.uniform(shortest, longest)

    def _is_due(self, journey: Journey, car: Car, now: float) -> bool:
        if now < journey.due:
            return False
        return journey.status not in DRIVING or car.has_arrived

    async def _step(
        self, gate: asyncio.Semaphore, board: Board, assignment: Row, journey: Journey, status: str
    ) -> None:
        async with gate:
            try:
                row = await self.room.post(self.radio, f"assignments/{assignment['id']}/status", {"status": status})
            except Refused as refusal:
                # Someone else stepped or canceled it: the next look at the board tells.
                self.tally.refuse("step", refusal.code)
                journey.failures += 1
                journey.due = self.clock.now + min(5.0 * 2**journey.failures, 300.0)
                return
        self.tally.add(f"step {status}")
        car = self.fleet.cars[assignment["unit"]]
        incident = board.incidents[assignment["incident"]]
        version = int(row.get("version", journey.version + 1))
        self._enter(journey, status, version, assignment, incident, car, self.clock.now)
