"""Which points are believed. Pure: no database, no clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatch.tracks import (
    DUPLICATE,
    NOISE_M,
    OUT_OF_ORDER,
    POINTS_TO_BELIEVE,
    TAKEN,
    WORDS,
    Doubt,
    Fix,
    Point,
    Region,
    judge,
    metres_between,
)

NOW = 1_790_000_000.0
CITY = Region(112.6, -7.4, 112.9, -7.1).widened(50_000)
HERE = Point(NOW - 10, -7.25, 112.75)
FAR = -7.05, 112.95  # about 31 km away
lats, lons, times = st.floats(-90, 90), st.floats(-180, 180), st.floats(NOW - 2e5, NOW + 200)
points = st.builds(Point, times, lats, lons)


def verdict(
    lat: float = -7.25,
    lon: float = 112.75,
    at: float = NOW,
    speed: float | None = None,
    newest: Point | None = HERE,
    doubt: Doubt | None = None,
) -> tuple[str, Doubt | None]:
    fix = Fix("PMK-01", lat, lon, at, speed)
    return judge(fix, now=NOW, region=CITY, top_speed_kmh=120, newest=newest, doubt=doubt)


def test_it_takes_what_a_unit_can_have_done() -> None:
    assert verdict() == (TAKEN, None)
    assert verdict(lat=-7.2525, newest=None) == (TAKEN, None)
    assert verdict(speed=120) == (TAKEN, None)


def test_it_names_each_outlier() -> None:
    assert verdict(0, 0)[0] == "null_island"
    assert verdict(-6.2, 106.8)[0] == "outside_region"
    assert verdict(speed=121)[0] == "absurd_speed"
    assert verdict(at=NOW + 61)[0] == "in_the_future"
    assert verdict(at=NOW - 86_401)[0] == "too_old"


def test_it_tells_a_late_point_from_one_sent_twice() -> None:
    assert verdict(at=HERE.at)[0] == DUPLICATE
    assert verdict(at=HERE.at - 1)[0] == OUT_OF_ORDER


def test_it_refuses_a_jump_until_enough_points_agree() -> None:
    doubt: Doubt | None = None
    for number in range(1, POINTS_TO_BELIEVE):
        reason, doubt = verdict(*FAR, at=NOW - 5 + number, doubt=doubt)
        assert (reason, doubt and doubt.agreeing) == ("impossible_jump", number)
    assert verdict(*FAR, at=NOW, doubt=doubt) == (TAKEN, None)


def test_it_does_not_believe_jumps_that_disagree_or_the_same_point_again() -> None:
    _, doubt = verdict(*FAR, at=NOW - 3)
    assert verdict(*FAR, at=NOW - 3, doubt=doubt) == ("impossible_jump", doubt)
    reason, doubt = verdict(-7.05, 112.55, at=NOW - 2, doubt=doubt)
    assert (reason, doubt and doubt.agreeing) == ("impossible_jump", 1)
    assert verdict(at=NOW - 1, doubt=doubt) == (TAKEN, None)


def test_it_forgets_a_jump_of_long_ago() -> None:
    old = Doubt(Point(NOW - 700, *FAR), POINTS_TO_BELIEVE - 1)
    reason, doubt = verdict(*FAR, newest=Point(NOW - 5, -7.25, 112.75), doubt=old)
    assert (reason, doubt and doubt.agreeing) == ("impossible_jump", 1)


@given(lat=lats, lon=lons, at=times, speed=st.none() | st.floats(0, 400), newest=st.none() | points)
def test_it_always_answers_with_a_known_reason(
    lat: float, lon: float, at: float, speed: float | None, newest: Point | None
) -> None:
    reason, _ = verdict(lat, lon, at, speed, newest)
    assert reason in {TAKEN, DUPLICATE, OUT_OF_ORDER, *WORDS}


@given(at=st.floats(0.5, 3600), share=st.floats(0, 0.95), bearing=st.booleans())
def test_it_never_refuses_a_unit_that_keeps_to_its_top_speed(at: float, share: float, bearing: bool) -> None:
    degrees = share * at * 120 / 3.6 / 111_320
    step = (-7.25 + degrees, 112.75) if bearing else (-7.25, 112.75 + degrees)
    fix = Fix("PMK-01", *step, NOW)
    reason, _ = judge(fix, now=NOW, region=None, top_speed_kmh=120, newest=Point(NOW - at, -7.25, 112.75), doubt=None)
    assert reason == TAKEN


@given(one=points, other=points)
def test_it_measures_the_same_there_and_back(one: Point, other: Point) -> None:
    assert metres_between(one, other) == metres_between(other, one) >= 0


@given(steps=st.lists(st.tuples(st.floats(0.1, 60), st.floats(-7.39, -7.11), st.floats(112.61, 112.89)), max_size=20))
def test_it_takes_no_step_beyond_the_top_speed_unless_it_was_repeated(steps: list[tuple[float, float, float]]) -> None:
    newest, doubt, at, in_a_row = HERE, None, HERE.at, 0
    for seconds, lat, lon in steps:
        at += seconds
        fix = Fix("PMK-01", lat, lon, at)
        reason, doubt = judge(fix, now=at, region=CITY, top_speed_kmh=120, newest=newest, doubt=doubt)
        here = Point(at, lat, lon)
        if reason == TAKEN:
            near = metres_between(newest, here) <= NOISE_M + (at - newest.at) * 120 / 3.6
            assert near or in_a_row >= POINTS_TO_BELIEVE - 1
            newest, in_a_row = here, 0
        else:
            in_a_row += 1
