"""Promises of the cars: they drive towards their goal at their speed, never past it, and go home when free.
Pure; no clock, no room."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandcenter.simulation.fleet import KMH, CarType, Fleet
from commandcenter.simulation.movement import ARRIVED_METRES, distance_m, heading_degrees, shifted, step_towards

HOME = (112.74, -7.26)
places = st.tuples(st.floats(112.5, 112.9), st.floats(-7.4, -7.1))


@given(places, places, st.floats(0, 5000))
def test_it_never_drives_past_its_goal(start: tuple[float, float], goal: tuple[float, float], metres: float) -> None:
    before = distance_m(start, goal)
    place, arrived = step_towards(start, goal, metres)
    after = distance_m(place, goal)
    assert after <= before + 0.01
    assert arrived == (place == goal) or before == 0
    if not arrived:
        assert before - after == pytest.approx(metres, abs=1)


def test_it_knows_how_far_and_in_which_direction_a_place_lies() -> None:
    east = shifted(HOME, 1000, 0)
    assert distance_m(HOME, east) == pytest.approx(1000, abs=2)
    assert heading_degrees(HOME, east) == 90
    assert heading_degrees(HOME, shifted(HOME, 0, 500)) == 0
    assert heading_degrees(HOME, shifted(HOME, -500, 0)) == 270


def test_it_arrives_about_when_the_recommendation_says() -> None:
    fleet = Fleet({"ambulance": CarType((36,) * 24, 60)}, detour=1.35, random=Random(1))
    car = fleet.adopt("TGC-01", "ambulance", HOME, HOME)
    goal = shifted(HOME, 3000, 0)
    car.send(goal, "assignment")
    seconds = 0
    while not car.has_arrived and seconds < 3600:
        fleet.drive(2.0, 12, float(seconds))
        seconds += 2
    assert seconds == pytest.approx(3000 * 1.35 / (36 * KMH), rel=0.1)
    assert distance_m(car.place, goal) <= ARRIVED_METRES


def test_it_sends_a_free_car_home() -> None:
    fleet = Fleet({}, detour=1.0, random=Random(1))
    car = fleet.adopt("PMK-01", "fire_pumper", shifted(HOME, 4000, 0), HOME)
    car.rest_until = 0.0
    fleet.idle(car, 1.0)
    assert (car.goal, car.errand) == (HOME, "home")


def test_it_stops_a_car_whose_assignment_is_gone() -> None:
    fleet = Fleet({}, detour=1.0, random=Random(1))
    car = fleet.adopt("PMK-01", "fire_pumper", HOME, HOME)
    car.send(shifted(HOME, 4000, 0), "assignment")
    fleet.idle(car, 0.0)
    assert car.errand != "assignment"


def test_it_keeps_a_patrol_near_its_post() -> None:
    fleet = Fleet({}, detour=1.0, random=Random(3))
    car = fleet.adopt("POL-01", "patrol_car", HOME, HOME)
    car.willing, car.rest_until = True, 0.0
    for now in range(0, 7200, 10):
        fleet.idle(car, float(now))
        fleet.drive(10.0, 12, float(now))
        assert distance_m(car.place, HOME) < 2000


def test_it_reports_no_sway_of_a_car_that_stands() -> None:
    fleet = Fleet({}, detour=1.0, random=Random(1))
    car = fleet.adopt("PMK-01", "fire_pumper", HOME, HOME)
    assert fleet.swayed(car) == HOME
