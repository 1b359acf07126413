"""Promises of the plan of calls: the same seed plays the same day, about half of it nuisance, all inside the city.
Pure; no database and no room."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from commandcenter.simulation.places import Ground
from commandcenter.simulation.plan import Mix, PlannedCall, plan_calls
from dispatch.cities.reader import read_city
from dispatch.cities.zones import compute_zones

CITY = read_city("surabaya")
GROUND = Ground(compute_zones(CITY), {zone.code: zone.weight for zone in CITY.zones})
MIX = Mix(
    types={fact.code: fact.weight for fact in CITY.call_mix if fact.kind == "incident"},
    nuisance={fact.code: fact.weight for fact in CITY.call_mix if fact.kind == "nuisance"},
    names={fact.code: fact.name_id for fact in CITY.incident_types},
    categories={fact.code: fact.category for fact in CITY.incident_types},
)


def calls(seed: int, number: int = 400, rate: float = 5.0) -> list[PlannedCall]:
    names = {zone.code: zone.name for zone in CITY.zones}
    plan = plan_calls(seed=seed, mix=MIX, ground=GROUND, zone_names=names, calls_per_minute=rate, lines=17)
    return list(islice(plan, number))


def test_it_plans_the_same_day_for_the_same_seed() -> None:
    assert calls(7) == calls(7)


def test_it_plans_another_day_for_another_seed() -> None:
    assert calls(7, 50) != calls(8, 50)


def test_it_keeps_the_known_mix() -> None:
    planned = calls(1, 2000)
    outcomes = Counter(call.outcome for call in planned)
    nuisance = 2000 - outcomes["incident"] - outcomes["attached"]
    assert 0.45 < nuisance / 2000 < 0.55
    types = Counter(call.type for call in planned if call.outcome == "incident")
    assert types.most_common(1)[0][0] == "traffic_accident"
    categories = Counter(call.category for call in planned if call.outcome == "incident")
    assert set(categories) == {fact.discipline for fact in CITY.agencies}


def test_it_rings_first_about_something_real() -> None:
    first = calls(3, 1)[0]
    assert first.outcome == "incident"
    assert first.ring_at == 0.0


def test_it_places_every_incident_in_the_zone_it_names() -> None:
    for call in calls(5):
        if call.location:
            assert GROUND.zone_of(call.location) == call.zone


def test_it_lets_a_second_caller_report_what_an_earlier_one_did() -> None:
    planned = calls(2)
    by_number = {call.number: call for call in planned}
    seconds = [call for call in planned if call.outcome == "attached"]
    assert seconds
    for call in seconds:
        assert call.about is not None
        assert by_number[call.about].location == call.location
        assert by_number[call.about].ring_at < call.ring_at


def test_it_rings_at_the_rate_asked_for() -> None:
    planned = calls(4, 600, rate=6.0)
    minutes = planned[-1].ring_at / 60
    assert 600 / minutes == pytest.approx(6.0, rel=0.15)


def test_it_invents_only_numbers_that_cannot_exist() -> None:
    assert all(call.caller_number is None or call.caller_number.startswith("0800-0000-") for call in calls(6))


def test_it_refuses_a_rate_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        calls(1, 1, rate=0)
