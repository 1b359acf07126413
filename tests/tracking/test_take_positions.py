"""Points become positions: what is written, what is only history, what is counted, and at what cost. Redis may be lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commandcenter.live.positions import HEADER, UNIT, MovedUnits, moved_since, pack
from dispatch import newest
from dispatch.actions.positions import take_positions
from dispatch.fleet import fleet_of, forget
from dispatch.models import Device, PositionCount, Unit, UnitPosition, UnitType
from dispatch.tracks import Fix
from incidents.hints import client
from tests.cast import Cast

SIGNS = ["PMK-01", "PMK-02", "PMK-03", "TGC-01", "TGC-02"]


@pytest.fixture(autouse=True)
def redis_is_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(newest, "_away_until", 0.0)
    newest._behind.clear()
    yield
    newest._behind.clear()


def fix(unit: str = "PMK-01", lat: float = -7.25, ago: float = 0, **more: Any) -> Fix:
    return Fix(unit, lat, 112.75, round(time.time() - ago, 6), **more)


def history(city: Cast) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dispatch_position_history JOIN dispatch_unit unit ON unit.id = unit_id"
            " WHERE center_id = %s",
            [city.center.pk],
        )
        count: int = cursor.fetchone()[0]
        return count


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each command this process sends to Redis from now on."""
    sent: list[str] = []
    send = client().execute_command

    def noted(*args: Any, **options: Any) -> Any:
        sent.append(args[0])
        return send(*args, **options)

    monkeypatch.setattr(client(), "execute_command", noted)
    return sent


def test_it_keeps_the_newest_and_puts_late_points_into_the_history_alone(city: Cast) -> None:
    assert take_positions(city.center.pk, [fix(ago=5, lat=-7.251)]) == []
    assert take_positions(city.center.pk, [fix(ago=9, lat=-7.252), fix(ago=7, lat=-7.253)]) == []
    assert UnitPosition.objects.get(unit__call_sign="PMK-01").lat == -7.251
    assert history(city) == 3


def test_it_keeps_the_newer_one_whatever_another_process_knows(city: Cast) -> None:
    new, old = fix(ago=1, lat=-7.251), fix(ago=3, lat=-7.252)
    take_positions(city.center.pk, [fix(ago=9)])
    stale = {unit.unit_id: unit.newest for unit in _fleet(city).by_id.values()}
    take_positions(city.center.pk, [new])
    for unit in _fleet(city).by_id.values():
        unit.newest = stale[unit.unit_id]
    take_positions(city.center.pk, [old])
    assert UnitPosition.objects.get(unit__call_sign="PMK-01").lat == -7.251
    [record] = newest.unpack(_moves(city).records)
    assert record[2] == -72510000


def _fleet(city: Cast) -> Any:
    return fleet_of(city.center.pk)


def _moves(city: Cast, second: int = 0) -> newest.Moves:
    moves = newest.moves_since(city.center.pk, second)
    if moves is None:  # it was empty, and now is full
        moves = newest.moves_since(city.center.pk, second)
    assert moves is not None
    return moves


def test_it_has_one_effect_for_a_point_sent_twice(city: Cast) -> None:
    one = fix()
    assert take_positions(city.center.pk, [one, one]) == [] == take_positions(city.center.pk, [one])
    assert history(city) == 1


def test_it_does_not_take_a_failed_batch_for_one_sent_twice(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    one = fix()
    take_positions(city.center.pk, [fix("PMK-02")])
    with monkeypatch.context() as broken:
        broken.setattr("dispatch.actions.positions.WRITE", "SELECT" + " %s" * 17)
        with pytest.raises(DatabaseError), transaction.atomic():
            take_positions(city.center.pk, [one])
    take_positions(city.center.pk, [one])
    assert history(city) == 2
    assert UnitPosition.objects.filter(unit__call_sign="PMK-01").exists()


def test_it_counts_each_reason_and_shows_them_to_supervision(city: Cast) -> None:
    UnitType.objects.update(top_speed_kmh=120)
    refused = take_positions(
        city.center.pk,
        [
            fix(ago=20),
            fix(ago=10, lat=-7.5),
            fix("NONE-1"),
            fix("PMK-02", speed_kmh=390),
            Fix("PMK-03", 0, 0, time.time()),
            fix(ago=30),
        ],
        invalid=2,
    )
    assert [(item.index, item.code) for item in refused] == [
        (1, "impossible_jump"),
        (2, "unknown_unit"),
        (3, "absurd_speed"),
        (4, "null_island"),
    ]
    counts = {row["reason"]: row["count"] for row in city.ok("GET", "positions/counts?days=1", who="sam")}
    assert counts == {
        "taken": 1,
        "impossible_jump": 1,
        "unknown_unit": 1,
        "absurd_speed": 1,
        "null_island": 1,
        "out_of_order": 1,
        "invalid": 2,
    }
    assert PositionCount.objects.get(center=city.center, reason="invalid").count == 2
    assert city.refused("GET", "positions/counts", who="dana") == (403, "not_allowed")


def test_it_believes_a_unit_that_really_is_there(city: Cast) -> None:
    UnitType.objects.update(top_speed_kmh=120)
    far = [fix(ago=ago, lat=-7.5) for ago in (4, 3, 2, 1)]
    refused = take_positions(city.center.pk, [fix(ago=5), *far])
    assert [item.index for item in refused] == [1, 2]
    assert UnitPosition.objects.get(unit__call_sign="PMK-01").lat == -7.5


def test_it_maps_devices_to_units_and_lets_no_device_take_a_call_sign(city: Cast) -> None:
    one, two = Unit.objects.get(call_sign="PMK-01"), Unit.objects.get(call_sign="PMK-02")
    Device.objects.create(center=city.center, device_id="phone-7", unit=one)
    Device.objects.create(center=city.center, device_id="PMK-02", unit=one)
    assert take_positions(city.center.pk, [fix("phone-7", ago=2), fix("PMK-02", ago=1)]) == []
    assert set(UnitPosition.objects.values_list("unit", flat=True)) == {one.pk, two.pk}


def test_it_finds_a_unit_that_was_made_a_moment_ago(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    take_positions(city.center.pk, [fix()])
    Unit.objects.filter(call_sign="PMK-02").update(call_sign="PMK-99")
    monkeypatch.setattr("dispatch.actions.positions.AGAIN_SECONDS", 0.0)
    assert take_positions(city.center.pk, [fix("PMK-99")]) == []


@pytest.mark.parametrize("count", [1, 5])
def test_it_costs_one_statement_and_one_redis_command_however_many_points(
    city: Cast, commands: list[str], count: int
) -> None:
    take_positions(city.center.pk, [fix(ago=9)])  # the fleet is read, the scripts are known, Redis is full
    commands.clear()
    with CaptureQueriesContext(connection) as queries:
        take_positions(city.center.pk, [fix(sign, ago=1) for sign in SIGNS[:count]])
    assert len(queries) == 1
    assert commands == ["EVALSHA"]


@pytest.mark.parametrize("count", [1, 5])
def test_it_is_read_by_a_hub_with_one_redis_command_and_no_statement(
    city: Cast, commands: list[str], count: int
) -> None:
    reader = MovedUnits(city.center.pk)
    take_positions(city.center.pk, [fix(ago=9)])
    reader.read()
    take_positions(city.center.pk, [fix(sign, ago=1) for sign in SIGNS[:count]])
    commands.clear()
    with CaptureQueriesContext(connection) as queries:
        moved = reader.read()
    assert (len(moved), len(queries)) == (count, 0)
    assert commands == ["EVALSHA"]
    frame = pack(moved)
    assert frame is not None and len(frame) == HEADER.size + count * UNIT.size == 16 + 16 * count
    assert reader.read() == []


def test_it_refills_redis_after_it_was_wiped(city: Cast) -> None:
    reader = MovedUnits(city.center.pk)
    take_positions(city.center.pk, [fix(sign, ago=9) for sign in SIGNS])
    assert len(reader.read()) == 5
    client().flushall()
    take_positions(city.center.pk, [fix("PMK-01", ago=1)])  # the next batch brings all of them back
    assert len(list(newest.unpack(_moves(city).records))) == 5
    assert [unit[0] for unit in reader.read()] == [Unit.objects.get(call_sign="PMK-01").pk]
    client().flushall()
    assert reader.read() == []  # and so does the next look of a hub
    assert len(list(newest.unpack(_moves(city).records))) == 5


def test_it_goes_on_from_the_table_without_redis(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = MovedUnits(city.center.pk)
    monkeypatch.setattr(newest, "_away_until", time.monotonic() + 600)
    take_positions(city.center.pk, [fix(sign, ago=9) for sign in SIGNS])
    assert len(reader.read()) == 5
    assert reader.read() == []
    monkeypatch.setattr(newest, "_away_until", 0.0)
    assert reader.read() == []  # told already; but Redis now learns what it missed
    assert len(list(newest.unpack(_moves(city).records))) == 5


def test_it_tells_the_same_from_redis_and_from_the_table(city: Cast) -> None:
    take_positions(city.center.pk, [fix("PMK-01", ago=9, speed_kmh=33.3, heading=359), fix("TGC-01", ago=3)])
    _moves(city)
    assert sorted(MovedUnits(city.center.pk).read()) == sorted(moved_since(city.center.pk, None))


def test_it_shows_no_unit_that_is_out_of_use(city: Cast) -> None:
    take_positions(city.center.pk, [fix("PMK-01"), fix("PMK-02")])
    Unit.objects.filter(call_sign="PMK-01").update(is_active=False)
    forget(city.center.pk)
    assert [unit[0] for unit in MovedUnits(city.center.pk).read()] == [Unit.objects.get(call_sign="PMK-02").pk]


def test_it_refuses_an_old_point_and_one_of_tomorrow(city: Cast) -> None:
    codes = [item.code for item in take_positions(city.center.pk, [fix(ago=90_000), fix(ago=-90)])]
    assert codes == ["too_old", "in_the_future"]
    assert not UnitPosition.objects.filter(received_at__gt=timezone.now() - timedelta(minutes=1)).exists()
