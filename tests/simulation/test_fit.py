"""Promises of `--fit`: every place lands inside the city, and relative places stay true.
Pure geometry over Surabaya's indicative zones; no database."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandcenter.simulation.fit import Fit, fit_to, robust_box
from commandcenter.simulation.places import Ground, Point
from dispatch.cities.reader import read_city
from dispatch.cities.zones import compute_zones


@cache
def surabaya() -> Ground:
    return Ground(compute_zones(read_city("surabaya")))


places = st.lists(
    st.tuples(
        st.floats(-180, 180, allow_nan=False, allow_infinity=False),
        st.floats(-89, 89, allow_nan=False, allow_infinity=False),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(places)
def test_it_lays_every_place_inside_the_city(cloud: list[Point]) -> None:
    fit = fit_to(surabaya(), cloud)
    for place in cloud:
        laid, _ = fit.lay(place)
        assert surabaya().holds(laid), (place, laid)


@settings(max_examples=60, deadline=None)
@given(places)
def test_it_keeps_west_before_east_and_south_before_north(cloud: list[Point]) -> None:
    fit = fit_to(surabaya(), cloud)
    for axis in (0, 1):
        in_order = sorted(cloud, key=lambda place, axis=axis: place[axis])  # type: ignore[misc]
        stretched = [fit.stretch(place)[axis] for place in in_order]
        assert stretched == sorted(stretched)
    untouched = [(place, laid) for place in cloud for laid, was_pulled in [fit.lay(place)] if not was_pulled]
    assert all(laid == fit.stretch(place) for place, laid in untouched)


def test_it_leaves_most_of_an_even_cloud_where_the_stretch_puts_it() -> None:
    cloud = [(x / 20, y / 20) for x in range(21) for y in range(21)]
    fit = fit_to(surabaya(), cloud)
    pulled = sum(was_pulled for _, was_pulled in map(fit.lay, cloud))
    assert pulled < len(cloud) * 0.35


def test_it_does_not_let_one_typing_error_squeeze_the_others() -> None:
    cloud = [(-75.0 - n / 1000, 40.0 + n / 1000) for n in range(200)]
    assert robust_box([*cloud, (0.0, 0.0)]).east < -74.9


def test_it_pulls_an_outsider_to_the_border_that_is_nearest() -> None:
    ground = surabaya()
    fit = Fit(robust_box([(0.0, 0.0), (1.0, 1.0)]), robust_box([(112.6, -7.34), (112.83, -7.2)]), ground)
    far_north_east = fit.lay((3.0, 3.0))[0]
    assert far_north_east[0] > 112.75
    assert far_north_east[1] > -7.28


def test_it_refuses_an_empty_cloud() -> None:
    with pytest.raises(ValueError, match="no place"):
        fit_to(surabaya(), [])
