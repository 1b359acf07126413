"""What OsmAnd and Traccar Client send, as https://www.traccar.org/osmand/ describes it. Pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandcenter.tracking.osmand import read_location, read_parameters
from commandcenter.tracking.reading import Unreadable, read_batch
from dispatch.tracks import Fix

ASKED = {"id": "phone-7", "lat": "-7.25", "lon": "112.75", "timestamp": "1609459200"}
LOCATION: dict[str, Any] = {
    "location": {
        "timestamp": "2021-01-01T00:00:00.000Z",
        "coords": {"latitude": -7.25, "longitude": 112.75, "speed": 10, "heading": 90, "accuracy": 5, "altitude": 3},
        "battery": {"level": 0.5, "is_charging": False},
    },
    "device_id": "phone-7",
}


def test_it_reads_the_query_with_knots() -> None:
    fix = read_parameters(ASKED | {"speed": "10", "bearing": "370", "altitude": "3", "batt": "75"}, now=0)
    assert fix == Fix("phone-7", -7.25, 112.75, 1609459200, 18.52, 10)


@pytest.mark.parametrize(
    "timestamp",
    ["1609459200", "1609459200000", "2021-01-01T00:00:00Z", "2021-01-01T07:00:00+07:00", "2021-01-01 00:00:00"],
)
def test_it_reads_each_form_of_time(timestamp: str) -> None:
    assert read_parameters(ASKED | {"timestamp": timestamp}, now=0).at == 1609459200


def test_it_reads_the_other_names_and_takes_now_without_a_time() -> None:
    asked = {"deviceid": "phone-7", "location": "-7.25,112.75", "heading": "90", "speed": "-1", "altitude": ""}
    assert read_parameters(asked, now=5.0) == Fix("phone-7", -7.25, 112.75, 5.0, None, 90)


def test_it_reads_the_json_of_traccar_client_with_metres_a_second() -> None:
    assert read_location(LOCATION) == Fix("phone-7", -7.25, 112.75, 1609459200, 36, 90)
    unknown = LOCATION["location"] | {"coords": {"latitude": 1, "longitude": 2, "speed": -1, "heading": -1}}
    assert read_location(LOCATION | {"location": unknown})[4:] == (None, None)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"id": ""}, "id"),
        ({"lat": ""}, "lat"),
        ({"lat": "91"}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"lon": "east"}, "lon"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "9" * 30}, "timestamp"),
        ({"speed": "fast"}, "speed"),
        ({"bearing": "north"}, "bearing"),
        ({"accuracy": "good"}, "accuracy"),
        ({"valid": "0"}, "valid"),
    ],
)
def test_it_names_the_parameter_that_is_wrong(wrong: dict[str, str], name: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_parameters(ASKED | wrong, now=0)
    assert refusal.value.name == name


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ([], "body"),
        ({"device_id": "x"}, "location"),
        ({"device_id": "x", "location": {"coords": None}}, "location.coords"),
        (LOCATION | {"device_id": None}, "device_id"),
        (LOCATION | {"location": LOCATION["location"] | {"timestamp": {}}}, "location.timestamp"),
        (LOCATION | {"location": LOCATION["location"] | {"coords": {"latitude": 1}}}, "location.coords.longitude"),
    ],
)
def test_it_names_the_field_that_is_wrong(body: Any, name: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_location(body)
    assert refusal.value.name == name


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "lat", "lon", "location", "timestamp", "speed", "bearing"]), st.text()))
def test_it_takes_or_names_whatever_the_query_holds(asked: dict[str, str]) -> None:
    try:
        assert isinstance(read_parameters(asked, now=0), Fix)
    except Unreadable as refusal:
        assert refusal.name and refusal.why


@given(json_values, json_values, json_values)
def test_it_takes_or_names_whatever_the_json_holds(body: Any, location: Any, coords: Any) -> None:
    for value in (body, {"device_id": "x", "location": location}, LOCATION | {"location": {"coords": coords}}):
        try:
            assert isinstance(read_location(value), Fix)
        except Unreadable as refusal:
            assert refusal.name and refusal.why


@given(st.lists(json_values | st.fixed_dictionaries({"unit": json_values, "lat": json_values, "at": json_values})))
def test_it_reads_every_batch_item_by_item(items: list[Any]) -> None:
    batch = read_batch(items)
    assert len(batch.fixes) + len(batch.refused) == len(items)
    assert batch.answer([])["taken"] == len(batch.fixes)
