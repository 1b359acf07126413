"""No read of the room, and no chore, walks through a table that grows with the years. Asked of the planner, not of a clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commandcenter.board import head_seq, read_board, read_rows
from commandcenter.history.upkeep import delete_a_batch
from commandcenter.live.feed import read_change
from dispatch.models import Assignment, Referral
from incidents.jobs import jobs_to_hand_out
from incidents.models import Call, Incident
from tests.cast import Cast
from tests.history.test_make_history import make_history

GROWING = (
    "incidents_call", "incidents_incident", "incidents_timelineentry", "incidents_note", "incidents_job",
    "incidents_alarm", "incidents_idempotencykey", "dispatch_referral", "dispatch_assignment", "dispatch_position_history",
)  # fmt: skip
WALKED = re.compile(rf"Seq Scan on ({'|'.join(GROWING)})\b")


@pytest.fixture
def room(city: Cast) -> Cast:
    make_history("--incidents", "80", "--years", "0.2", "--position-days", "0")
    city.ring()
    city.open()
    city.work()
    return city


def ids(model: Any) -> list[int]:
    return list(model.objects.order_by("-pk").values_list("pk", flat=True)[:20])


def touched(city: Cast) -> Any:
    rows = {"calls": Call, "incidents": Incident, "referrals": Referral, "assignments": Assignment}
    return read_rows(city.center.pk, {name: ids(model) for name, model in rows.items()})


READS: dict[str, Callable[[Cast], Any]] = {
    "the board": lambda city: read_board(city.center.pk),
    "the rows a frame touched": touched,
    "the feed": lambda city: read_change(city.center.pk, head_seq(city.center.pk) - 40),
    "one old incident": lambda city: city.ok("GET", f"incidents/{Incident.objects.earliest('pk').pk}"),
    "closed ones of a day": lambda city: city.ok("GET", "incidents?status=closed&since=24h"),
    "a crew's list": lambda city: city.ok("GET", "incidents?since=24h", who="crew"),
    "an assignment": lambda city: city.call("POST", f"incidents/{ids(Incident)[0]}/assignments", {"unit": "PMK-02"}),
    "the jobs that are due": lambda city: jobs_to_hand_out(),
    "the deletion of what no longer serves": lambda city: delete_a_batch(),
}


@pytest.mark.parametrize("what", READS)
def test_it_walks_through_no_table_that_grows(room: Cast, what: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        READS[what](room)
    asked = [
        one["sql"]
        for one in captured
        if one["sql"].startswith(("SELECT", "UPDATE", "DELETE", "EXECUTE")) or "DELETE FROM" in one["sql"]
    ]
    assert asked
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in asked:
            if "siaga_" in sql or "set_config" in sql:
                continue
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert not WALKED.search(plan), f"{sql}\n{plan}"


def test_it_would_notice(room: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM incidents_call WHERE caller_number = '0800-0000-0001'")
        assert WALKED.search("\n".join(row[0] for row in cursor.fetchall()))
