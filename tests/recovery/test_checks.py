"""Each check of this folder is seen to find what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.cast import Cast
from tests.recovery import checks
from tests.recovery.load import Told

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
def told(city: Cast) -> list[Told]:
    """Two incidents, routed, each known to a client by its key."""
    found = []
    for number in range(2):
        key = f"client-a-0-{number}"
        found.append(Told(key, city.open("burglary", narrative=key)["id"], 0.0))
    city.work()
    return found


def breaches(told: list[Told]) -> dict[str, Any]:
    here = Here()
    found = {
        "lost": checks.lost(here, told),
        "doubled": checks.doubled(here),
        "twice_assigned": checks.twice_assigned(here),
        "holes": checks.holes(here),
        "routed": checks.routed_otherwise_than_once(here),
    }
    return {name: breach for name, breach in found.items() if breach}


def test_it_finds_nothing_where_nothing_is_wrong(told: list[Told]) -> None:
    assert breaches(told) == {}


def test_it_finds_what_is_lost(told: list[Told]) -> None:
    assert breaches([*told, Told("client-a-0-9", 99_999, 0.0)]) == {"lost": {99_999}}


def test_it_finds_a_key_with_two_effects(told: list[Told]) -> None:
    Here().break_("UPDATE incidents_incident SET narrative = 'client-a-0-0'")
    assert breaches(told)["doubled"] == {"client-a-0-0": 2}


def test_it_finds_a_unit_sent_twice(told: list[Told]) -> None:
    Here().break_(
        "DROP INDEX one_open_assignment_per_unit; UPDATE dispatch_assignment SET unit_id = (SELECT min(unit_id) FROM dispatch_assignment)"
    )
    assert "twice_assigned" in breaches(told)


def test_it_finds_a_hole(told: list[Told]) -> None:
    Here().break_("DELETE FROM incidents_timelineentry WHERE seq = 2")
    assert "holes" in breaches(told)


def test_it_finds_a_cut_tail(told: list[Told]) -> None:
    Here().break_("DELETE FROM incidents_timelineentry WHERE seq = (SELECT max(seq) FROM incidents_timelineentry)")
    assert "holes" in breaches(told)


def test_it_finds_a_case_that_was_never_routed(told: list[Told]) -> None:
    Here().break_(
        f"DELETE FROM incidents_timelineentry WHERE kind = 'incident_routed' AND incident_id = {told[0].incident}"
    )
    assert breaches(told)["routed"] == [(told[0].incident, 0)]
