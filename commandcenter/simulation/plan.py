"""The plan of calls: who rings when, about what, from where; the same seed gives the same plan.
Pure and endless; how far it is played, and at what speed, is the player's matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from commandcenter.simulation import words
from commandcenter.simulation.places import Ground, Point

# About half of all calls of Surabaya's 112 were nuisance: 56 % of 1,025 in three days of February 2019.
NUISANCE_SHARE = 0.5
# Of the calls about something real, those about an incident that another caller has just reported.
SECOND_CALLER_SHARE = 0.12
# A second caller rings about one of the last few incidents.
MEMORY = 4
# 112 works without a SIM, and then there is no number.
NO_NUMBER_SHARE = 0.15
NOTE_SHARE = 0.6


@dataclass(frozen=True)
class PlannedCall:
    """One ring. Seconds are the city's own, before any --speed; but `answer_after` is on the wall's clock."""

    number: int
    ring_at: float
    outcome: str
    """incident, attached, or a nuisance outcome: prank, ghost, abandoned, test, information"""
    line: int
    caller_number: str | None
    answer_after: float
    talk_seconds: float
    type: str = ""
    category: str = ""
    zone: str = ""
    location: Point | None = None
    address: str = ""
    narrative: str = ""
    note: str = ""
    about: int | None = None
    """For attached: the number of the planned call that reported it first."""


@dataclass(frozen=True)
class Mix:
    """What people ring about: incident types and nuisance outcomes, each with its weight."""

    types: Mapping[str, float]
    nuisance: Mapping[str, float]
    names: Mapping[str, str]
    """type code → Indonesian name"""
    categories: Mapping[str, str]
    """type code → discipline"""


def plan_calls(
    *,
    seed: int,
    mix: Mix,
    ground: Ground,
    zone_names: Mapping[str, str],
    calls_per_minute: float,
    lines: int,
    nuisance_share: float = NUISANCE_SHARE,
) -> Iterator[PlannedCall]:
    """Calls in the order they ring, without end. Raises ValueError on a rate that is not above 0."""
    if calls_per_minute <= 0:
        raise ValueError("calls_per_minute must be above 0")
    random = Random(seed)
    types, type_weights = list(mix.types), list(mix.types.values())
    nuisances, nuisance_weights = list(mix.nuisance), list(mix.nuisance.values())
    recent: list[PlannedCall] = []
    # The first call rings at once, so that a newcomer sees the room alive.
    ring_at = 0.0
    number = 0
    while True:
        number += 1
        line = 1 + (number - 1) % max(lines, 1)
        caller = None if random.random() < NO_NUMBER_SHARE else words.invented_number(random)
        answer_after = random.uniform(2.0, 6.0)
        # The first two calls are always real: an empty board teaches nothing.
        nuisance = number > 2 and bool(nuisances) and random.random() < nuisance_share
        if nuisance:
            [outcome] = random.choices(nuisances, nuisance_weights)
            talk = random.uniform(4.0, 15.0)
            call = PlannedCall(number, ring_at, outcome, line, caller, answer_after, talk)
        elif recent and random.random() < SECOND_CALLER_SHARE:
            first = random.choice(recent)
            talk = random.uniform(10.0, 25.0)
            call = PlannedCall(
                number, ring_at, "attached", line, caller, answer_after, talk,
                type=first.type, category=first.category, zone=first.zone, location=first.location,
                address=first.address, narrative=_report(random, mix, first.type), about=first.number,
            )  # fmt: skip
        else:
            call = _incident_call(random, mix, ground, zone_names, types, type_weights, number, ring_at, line, caller,
                                  answer_after)  # fmt: skip
            recent = [*recent, call][-MEMORY:]
        yield call
        ring_at += random.expovariate(calls_per_minute / 60.0)


def _incident_call(
    random: Random,
    mix: Mix,
    ground: Ground,
    zone_names: Mapping[str, str],
    types: Sequence[str],
    weights: Sequence[float],
    number: int,
    ring_at: float,
    line: int,
    caller: str | None,
    answer_after: float,
) -> PlannedCall:
    [code] = random.choices(types, weights)
    zone, place = ground.place_where_people_are(random)
    return PlannedCall(
        number=number,
        ring_at=ring_at,
        outcome="incident",
        line=line,
        caller_number=caller,
        answer_after=answer_after,
        talk_seconds=random.uniform(18.0, 50.0),
        type=code,
        category=mix.categories.get(code, ""),
        zone=zone,
        location=place,
        address=words.invented_address(random, zone_names.get(zone, zone)),
        narrative=_report(random, mix, code),
        note=random.choice(words.NOTES) if random.random() < NOTE_SHARE else "",
    )


def _report(random: Random, mix: Mix, code: str) -> str:
    return words.report(random, code, mix.names.get(code, code))
