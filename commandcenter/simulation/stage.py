"""Sets the stage: asks a running room for its board, zones and stations and brings the players together.
What the API does not say (call mix, speeds, where people live) comes from the city's folder, when there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from commandcenter.simulation.board import Board, Point, board_from, point_of
from commandcenter.simulation.client import Room, Row
from commandcenter.simulation.clock import CityClock
from commandcenter.simulation.crews import Crews
from commandcenter.simulation.desk import Desk
from commandcenter.simulation.fleet import CarType, Fleet
from commandcenter.simulation.hotline import Hotline
from commandcenter.simulation.places import Ground, ground_from_geojson
from commandcenter.simulation.plan import Mix
from commandcenter.simulation.play import Player
from commandcenter.simulation.tally import Tally
from dispatch.cities.facts import City
from dispatch.cities.people import HOTLINE, OPERATOR, RADIO, SIMULATED_OPERATORS, TRACKER
from dispatch.cities.reader import names_of_cities, read_city

DEFAULT_NUISANCE = {"prank": 0.45, "ghost": 0.45, "abandoned": 0.1}
DEFAULT_LINES = 8
DEFAULT_DETOUR = 1.35
DEFAULT_TIMEZONE = "Asia/Jakarta"


class MissingToken(Exception):
    """A part cannot be played: nobody who may play it has a token."""


@dataclass(frozen=True)
class Cast:
    """Which user plays which part."""

    exchange: str
    tracker: str
    operators: tuple[str, ...]
    radio: str

    @property
    def ours(self) -> frozenset[str]:
        return frozenset((*self.operators, self.radio))


def cast_from(tokens: Mapping[str, str]) -> Cast:
    """Gives each part to its own user, or to `operator` when that is all there is. Raises MissingToken."""
    operators = tuple(name for name in SIMULATED_OPERATORS if name in tokens) or (OPERATOR,)
    cast = Cast(HOTLINE, TRACKER, operators, RADIO if RADIO in tokens else operators[0])
    for user in (cast.exchange, cast.tracker, *cast.operators):
        if user not in tokens:
            raise MissingToken(f"there is no token for {user!r}")
    return cast


@dataclass(frozen=True)
class Stage:
    city: City | None
    ground: Ground
    zone_names: dict[str, str]
    types: dict[str, Row]
    board: Board
    hospitals: list[Point]
    homes: dict[str, Point]
    centre: Point

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.city.timezone if self.city else DEFAULT_TIMEZONE)

    @property
    def lines(self) -> int:
        return self.city.hotline_lines if self.city else DEFAULT_LINES

    def mix(self) -> Mix:
        """What people ring about, cut to the types this room has."""
        facts = self.city.call_mix if self.city else ()
        weights = {fact.code: fact.weight for fact in facts if fact.kind == "incident"}
        nuisance = {fact.code: fact.weight for fact in facts if fact.kind == "nuisance"}
        known = {code: weight for code, weight in weights.items() if code in self.types}
        return Mix(
            types=known or dict.fromkeys(sorted(self.types), 1.0),
            nuisance=nuisance or DEFAULT_NUISANCE,
            names={code: str(row["name"]["id"]) for code, row in self.types.items()},
            categories={code: str(row["category"]) for code, row in self.types.items()},
        )

    def player(
        self,
        room: Room,
        cast: Cast,
        *,
        speed: float,
        seats: int,
        seed: int,
        tally: Tally,
        hands_off: frozenset[str],
        say: Callable[[str], None],
    ) -> Player:
        clock = CityClock(speed)
        facts = self.city.unit_types if self.city else ()
        car_types = {fact.code: CarType(fact.speeds_kmh, fact.turnout_seconds) for fact in facts}
        fleet = Fleet(car_types, self.city.detour_factor if self.city else DEFAULT_DETOUR, Random(seed + 1))
        crews = Crews(
            room,
            radio=cast.radio,
            tracker=cast.tracker,
            clock=clock,
            fleet=fleet,
            hospitals=self.hospitals,
            homes=self.homes,
            centre=self.centre,
            random=Random(seed + 2),
            tally=tally,
            hands_off=hands_off,
        )
        desk = Desk(room, desk=cast.radio, ours=cast.ours, clock=clock, random=Random(seed + 3), tally=tally)
        hotline = Hotline(
            room, exchange=cast.exchange, operators=list(cast.operators), seats=seats, clock=clock, tally=tally
        )
        return Player(
            room=room,
            viewer=cast.radio,
            clock=clock,
            hotline=hotline,
            crews=crews,
            desk=desk,
            tally=tally,
            timezone=self.timezone,
            say=say,
        )


async def set_stage(room: Room, viewer: str) -> Stage:
    """Asks the room once for all that stands still. Raises ValueError when the center has no zones."""
    snapshot = await room.get(viewer, "board")
    city = _city(str(snapshot["center"]["code"]))
    zones = await room.get(viewer, "zones")
    stations = _rows(await room.get(viewer, "stations"))
    types = _rows(await room.get(viewer, "incident-types"))
    weights = {fact.code: fact.weight for fact in city.zones} if city else {}
    ground = ground_from_geojson(zones, weights)
    places = {str(station["name"]): point_of(station["location"]) for station in stations}
    middle = ground.whole.point_on_surface
    return Stage(
        city=city,
        ground=ground,
        zone_names={
            str(feature["properties"]["code"]): str(feature["properties"]["name"]) for feature in zones["features"]
        },
        types={str(row["code"]): row for row in types},
        board=board_from(snapshot),
        hospitals=[
            place
            for station in stations
            if station["kind"] == "hospital" and (place := point_of(station["location"])) is not None
        ],
        homes={name: place for name, place in places.items() if place is not None},
        centre=point_of(snapshot["center"].get("location")) or (middle.x, middle.y),
    )


def _city(code: str) -> City | None:
    return read_city(code) if code in names_of_cities() else None


def _rows(answer: Row) -> list[dict[str, Any]]:
    """A list may come bare or as the features of a GeoJSON collection."""
    if "features" in answer:
        return [{**feature["properties"], "location": _lat_lon(feature["geometry"])} for feature in answer["features"]]
    return list(answer.get("rows", []))


def _lat_lon(geometry: Row) -> Row:
    lon, lat = geometry["coordinates"][:2]
    return {"lat": lat, "lon": lon}
