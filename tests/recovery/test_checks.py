"""Each check of this folder is seen to find what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from bench.faults.checkers import CREATES
from bench.faults.history import OK, History
from tests.cast import MIDDLE, Cast
from tests.recovery import checks

pytestmark = pytest.mark.django_db


class Here:
    """The tests' own database, asked as a cluster is."""

    def sql(self, words: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(words)
            return cursor.fetchall() if cursor.description else []

    def break_(self, words: str) -> None:
        """As the owner of the tables may, who is no superuser: without the triggers that refuse it."""
        for turn in ("DISABLE", "ENABLE"):
            self.sql("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("incidents_incident", "incidents_timelineentry", "dispatch_assignment"):
                self.sql(f"ALTER TABLE {table} {turn} TRIGGER USER")
            if turn == "DISABLE":
                self.sql(words)


@pytest.fixture
def told(city: Cast) -> History:
    """Two incidents, routed, each known to a client by its key."""
    history = History()
    for number in range(2):
        key = f"client-a-0-{number}"
        status, answer = city.call(
            "POST", "incidents", {"type": "burglary", "location": MIDDLE, "narrative": key}, key=key
        )
        acknowledge(history, key, answer, status)
    city.work()
    return history


def acknowledge(history: History, key: str, answer: Any, status: int = 201) -> None:
    history.end(history.invoke("client a", CREATES, key, {}), OK, status, answer)


def breaches(told: History) -> set[str]:
    return {name.partition(".")[0] for name in checks.breaches(Here(), told)}


def test_it_finds_nothing_where_nothing_is_wrong(told: History) -> None:
    final = checks.found_in(Here())
    assert len(final.incidents) == len(final.jobs) == len(final.keys) == 2 and final.entries and final.assignments
    assert checks.breaches(Here(), told) == {}


def test_it_finds_what_is_lost(told: History) -> None:
    acknowledge(told, "client-a-0-9", {"id": 99_999, "number": "9"})
    assert "a" in breaches(told)


def test_it_finds_a_key_with_two_effects(told: History) -> None:
    Here().break_("UPDATE incidents_incident SET narrative = 'client-a-0-0'")
    found = checks.breaches(Here(), told)["g. each key has one effect"]
    assert "key client-a-0-0 made 2 incidents" in found


def test_it_finds_a_kept_answer_that_is_gone(told: History) -> None:
    Here().sql("DELETE FROM incidents_idempotencykey WHERE key = 'client-a-0-0'")
    assert breaches(told) == {"g"}


def test_it_finds_a_unit_sent_twice(told: History) -> None:
    Here().break_(
        "DROP INDEX one_open_assignment_per_unit; UPDATE dispatch_assignment SET unit_id = (SELECT min(unit_id) FROM dispatch_assignment)"
    )
    assert "b" in breaches(told)


def test_it_finds_a_version_that_nothing_explains(told: History) -> None:
    Here().break_("UPDATE dispatch_assignment SET version = 7")
    assert breaches(told) == {"c"}


def test_it_finds_a_hole(told: History) -> None:
    Here().break_("DELETE FROM incidents_timelineentry WHERE seq = 2")
    assert "e" in breaches(told)


def test_it_finds_a_cut_tail(told: History) -> None:
    Here().break_("DELETE FROM incidents_timelineentry WHERE seq = (SELECT max(seq) FROM incidents_timelineentry)")
    assert "e" in breaches(told)


def test_it_finds_a_timeline_that_is_gone_altogether(told: History) -> None:
    Here().break_("DELETE FROM incidents_timelineentry")
    assert {"e", "f"} <= breaches(told)


def test_it_finds_an_edited_entry(told: History) -> None:
    Here().break_("UPDATE incidents_timelineentry SET data = '{}' WHERE seq = 2")
    assert "f" in breaches(told)


def test_it_finds_a_case_that_was_never_routed(told: History) -> None:
    first = told.operations[0].answer
    Here().break_(f"DELETE FROM incidents_timelineentry WHERE kind = 'incident_routed' AND incident_id = {first['id']}")
    assert checks.breaches(Here(), told)["h. each case was routed once"] == [
        f"incident {first['number']} was routed 0 times"
    ]


def test_it_finds_routing_that_is_still_owed(told: History) -> None:
    Here().sql("UPDATE incidents_job SET status = 'parked' WHERE key LIKE 'route:%'")
    assert breaches(told) == {"h"}
