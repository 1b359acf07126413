"""The history's days: made ahead, dropped whole when their time is over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from dispatch.actions.position_days import HISTORY, drop_position_days, make_position_days
from dispatch.models import Unit
from tests.cast import Cast

TODAY = datetime.now(UTC).date()


def days() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(child.relname, 8) FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
            " WHERE inhparent = %s::regclass AND child.relname !~ '_other$' ORDER BY 1",
            [HISTORY],
        )
        return [row[0] for row in cursor.fetchall()]


def add(unit: Unit, ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {HISTORY} (unit_id, at, lon, lat) VALUES (%s, %s, 0, 0)",
            [unit.pk, datetime.now(UTC) - timedelta(days=ago)],
        )


def points() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {HISTORY}")
        count: int = cursor.fetchone()[0]
        return count


def make(*ago: int) -> None:
    with connection.cursor() as cursor:
        for number in ago:
            cursor.execute("SELECT siaga_position_days(%s)", [TODAY - timedelta(days=number)])


def test_it_makes_today_and_tomorrow_ahead_and_moves_what_came_too_early(city: Cast) -> None:
    add(Unit.objects.first() or Unit(), -1)  # of tomorrow, before its day is made
    make_position_days()
    make_position_days()
    assert {f"{TODAY + timedelta(days=ahead):%Y%m%d}" for ahead in (0, 1)} <= set(days())
    assert points() == 1


def test_it_drops_the_days_past_the_setting_and_says_so(
    city: Cast, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.POSITION_DAYS = 30
    make(40, 32, 30, 0)
    unit = Unit.objects.first()
    assert unit is not None
    for ago in (40, 32, 30, 0, 300):  # the last lies among the strays
        add(unit, ago)
    dropped = drop_position_days()
    gone = [f"{TODAY - timedelta(days=ago):%Y%m%d}" for ago in (40, 39, 32, 31)]
    assert dropped == [f"{HISTORY}_{day}" for day in gone]
    assert [json.loads(line)["day"] for line in capsys.readouterr().err.splitlines()] == gone
    assert points() == 2
    assert drop_position_days() == []


def test_it_keeps_every_day_when_told_so(city: Cast, settings: Any) -> None:
    settings.POSITION_DAYS = 0
    make(4000)
    assert drop_position_days() == []
