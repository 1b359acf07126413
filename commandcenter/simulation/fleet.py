"""The cars of the city: where each is, where it goes, how fast; one tick moves them all.
Knows speeds and places, not the API; `crews.py` decides where a car goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from commandcenter.simulation.movement import Point, distance_m, heading_degrees, shifted, step_towards

KMH = 1000.0 / 3600.0
DEFAULT_SPEED_KMH = 36
DEFAULT_TURNOUT_SECONDS = 60
# A satellite fix sways by a few metres.
SWAY_METRES = 3.0
# Nobody hurries home.
HOMEWARD_SHARE = 0.75
PATROL_SHARE = 0.5
PATROL_METRES = 1200.0
PATROLLING = frozenset({"patrol_car", "patrol_motorcycle", "order_car", "traffic_motorcycle"})
# Of the cars that may patrol, those that do; the others wait at their post.
PATROL_WILLING_SHARE = 0.6


@dataclass(frozen=True)
class CarType:
    speeds_kmh: tuple[int, ...] = (DEFAULT_SPEED_KMH,) * 24
    turnout_seconds: int = DEFAULT_TURNOUT_SECONDS


@dataclass
class Car:
    """One unit's car. `errand` says why it moves: "" (stands), "home", "patrol" or "assignment"."""

    call_sign: str
    kind: str
    home: Point
    place: Point
    willing: bool
    goal: Point | None = None
    errand: str = ""
    rest_until: float = 0.0
    heading: int | None = None
    speed_kmh: float = 0.0
    moved: bool = True
    reported_at: float = field(default=-1e9)

    @property
    def has_arrived(self) -> bool:
        return self.goal is None

    def send(self, goal: Point, errand: str) -> None:
        self.goal, self.errand = goal, errand

    def stop(self) -> None:
        self.goal, self.errand, self.speed_kmh = None, "", 0.0


class Fleet:
    """All cars. `detour` stretches the straight line as roads do: a car follows it that much slower than it drives."""

    def __init__(self, types: Mapping[str, CarType], detour: float, random: Random) -> None:
        self.types = types
        self.detour = max(detour, 1.0)
        self.random = random
        self.cars: dict[str, Car] = {}

    def adopt(self, call_sign: str, kind: str, place: Point, home: Point) -> Car:
        """The car of a unit seen on the board; known cars keep the place they have driven to."""
        car = self.cars.get(call_sign)
        if car is None:
            willing = kind in PATROLLING and self.random.random() < PATROL_WILLING_SHARE
            car = self.cars[call_sign] = Car(call_sign, kind, home, place, willing)
            car.rest_until = self.random.uniform(0, 120)
        return car

    def type_of(self, car: Car) -> CarType:
        return self.types.get(car.kind, CarType())

    def idle(self, car: Car, now: float) -> None:
        """A free car goes home, and from there on patrol when that is its habit."""
        if car.errand == "assignment":
            car.stop()
        if car.goal is not None or now < car.rest_until:
            return
        if distance_m(car.place, car.home) > PATROL_METRES * 1.5 or (not car.willing and car.place != car.home):
            car.send(car.home, "home")
        elif car.willing:
            reach = self.random.uniform(0.2, 1.0) * PATROL_METRES
            east, north = self.random.uniform(-1, 1), self.random.uniform(-1, 1)
            car.send(shifted(car.home, east * reach, north * reach), "patrol")

    def drive(self, city_seconds: float, hour: int, now: float) -> None:
        """Moves every car that has a goal. `hour` is the local hour 0..23."""
        for car in self.cars.values():
            if car.goal is None:
                car.speed_kmh = 0.0
                continue
            share = {"home": HOMEWARD_SHARE, "patrol": PATROL_SHARE}.get(car.errand, 1.0)
            kmh = self.type_of(car).speeds_kmh[hour] * share * self.random.uniform(0.85, 1.1)
            before = car.place
            car.place, arrived = step_towards(before, car.goal, kmh * KMH * city_seconds / self.detour)
            if car.place != before:
                car.heading = heading_degrees(before, car.place)
            car.speed_kmh, car.moved = kmh, True
            if arrived:
                if car.errand == "patrol":
                    car.rest_until = now + self.random.uniform(30, 180)
                car.stop()

    def swayed(self, car: Car) -> Point:
        """The place as a satellite receiver would report it."""
        if not car.speed_kmh:
            return car.place
        return shifted(car.place, self.random.gauss(0, SWAY_METRES), self.random.gauss(0, SWAY_METRES))
