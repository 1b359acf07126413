"""What is called a trouble, when the supervisor is alarmed, and when the alarm is cleared. Time is the test's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from commandcenter.parts import Parts, read_parts
from commandcenter.troubles import Watch, tell
from incidents import disk
from incidents.models import Alarm, Job
from tests.cast import Cast

WELL = {"is_redis_up": True, "workers": ["one"], "sweepers": ["two"]}
AT = timezone.now()


class Seen:
    """A watch that has seen everything run, and a clock to move."""

    def __init__(self, center_id: int = 1) -> None:
        self.center_id, self.now, self.watch = center_id, 0.0, Watch(0.0)
        self.look(0)

    def look(self, seconds: float, **parts: Any) -> list[str]:
        """`seconds` later the parts are as said, else well; the codes of what is a trouble then."""
        self.now += seconds
        self.watch.look(Parts(**(WELL | parts)), self.now, AT + timedelta(seconds=self.now))
        return [trouble.code for trouble in self.watch.troubles(self.center_id)]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"is_redis_up": False, "workers": [], "sweepers": []}, "redis_away"),
        ({"workers": []}, "workers_away"),
        ({"sweepers": []}, "sweepers_away"),
        ({"waits": {1: 6.0}}, "routing_waits"),
        ({"disk": "here"}, "disk_low"),
    ],
)
def test_it_says_which_part_is_away_and_that_alone(parts: dict[str, Any], code: str) -> None:
    seen = Seen()
    assert seen.look(2) == []
    assert seen.look(2, **parts) == [code]
    assert seen.look(2) == []


def test_it_says_since_when() -> None:
    seen = Seen()
    seen.look(2, workers=[])
    seen.look(2, workers=[])
    seen.look(2, workers=[], waits={1: 9.0})
    since = {trouble.code: (trouble.since - AT).total_seconds() for trouble in seen.watch.troubles(1)}
    assert since == {"workers_away": 2.0, "routing_waits": -3.0}


def test_it_says_nothing_of_what_may_still_be_starting_and_nothing_of_what_it_cannot_know() -> None:
    young = Seen()
    young.watch = Watch(0.0)
    assert young.look(5, workers=[], sweepers=[]) == []
    assert young.look(6, workers=[], sweepers=[]) == ["workers_away", "sweepers_away"]
    assert Seen().look(60, is_redis_up=False, workers=[], sweepers=[]) == ["redis_away"]


def test_it_tells_a_room_only_of_its_own_work() -> None:
    seen = Seen()
    assert seen.look(2, waits={2: 9.0}) == []
    assert seen.look(2, waits={1: 9.0, 2: 9.0}) == ["routing_waits"]


@pytest.mark.django_db(transaction=True)
def test_it_alarms_the_supervisor_once_and_clears_when_healed(open_city: Cast, settings: Any) -> None:
    settings.ALARM_AFTER_SECONDS = 1.0
    seen = Seen(open_city.center.pk)

    def alarms() -> list[tuple[str, int]]:
        tell(seen.watch, seen.now)
        return [(alarm["kind"], alarm["priority"]) for alarm in open_city.board()["alarms"]]

    seen.look(2, workers=[])
    assert alarms() == []
    for _ in range(3):
        seen.look(2, workers=[])
        assert alarms() == [("workers_away", 1)]
    assert Alarm.objects.filter(center=open_city.center).count() == 1
    seen.look(2)
    assert alarms() == [("workers_away", 1)]  # not at once: it may flicker
    seen.look(2)
    seen.look(2)
    assert alarms() == []
    assert Alarm.objects.get(center=open_city.center).status == "cleared"


@pytest.mark.django_db(transaction=True)
def test_it_alarms_nobody_where_told_so(open_city: Cast, settings: Any) -> None:
    settings.ALARM_AFTER_SECONDS = 0
    seen = Seen(open_city.center.pk)
    seen.look(2, workers=[])
    seen.look(60, workers=[])
    tell(seen.watch, seen.now)
    assert open_city.board()["alarms"] == []


@pytest.mark.django_db(transaction=True)
def test_it_clears_what_a_process_before_it_had_raised(open_city: Cast, settings: Any) -> None:
    settings.ALARM_AFTER_SECONDS = 1.0
    seen = Seen(open_city.center.pk)
    seen.look(2, waits={open_city.center.pk: 9.0})
    seen.look(2, waits={open_city.center.pk: 11.0})
    tell(seen.watch, seen.now)
    assert [alarm["kind"] for alarm in open_city.board()["alarms"]] == ["routing_waits"]
    after = Seen(open_city.center.pk)
    after.look(5)
    tell(after.watch, after.now)
    assert open_city.board()["alarms"] == []


@pytest.mark.django_db(transaction=True)
def test_it_sees_work_that_nobody_does(open_city: Cast) -> None:
    open_city.open("burglary")
    assert read_parts(5.0).waits == {}
    Job.objects.filter(status="due").update(due_at=timezone.now() - timedelta(seconds=9))
    waits = read_parts(5.0).waits
    assert list(waits) == [open_city.center.pk] and waits[open_city.center.pk] >= 9
    open_city.work()
    assert read_parts(5.0).waits == {}


@pytest.mark.django_db(transaction=True)
def test_it_keeps_no_past_positions_on_a_full_disk_but_says_where_units_are(
    open_city: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report() -> None:
        fix = {"unit": "PMK-01", "lat": -7.25, "lon": 112.75, "at": timezone.now().isoformat()}
        assert open_city.ok("POST", "positions", {"positions": [fix]}, who="tracker")["taken"] == 1

    monkeypatch.setattr(disk, "_looked_at", float("-inf"))
    settings.DISK_FREE_MB = 1 << 40
    assert read_parts(5.0).disk
    report()
    assert kept() == 0
    unit = next(row for row in open_city.board()["units"] if row["call_sign"] == "PMK-01")
    assert unit["location"] is not None
    monkeypatch.setattr(disk, "_looked_at", float("-inf"))
    settings.DISK_FREE_MB = 0
    report()
    assert kept() == 1
    assert open_city.open("burglary")["status"] == "pending"


def kept() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dispatch_position_history")
        count: int = cursor.fetchone()[0]
        return count
