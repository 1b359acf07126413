"""What the database holds by itself: graphs, versions, an append-only timeline, a chain that shows tampering."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.models import Assignment, Referral, Unit
from incidents.models import Alarm, Call, Incident, TimelineEntry
from tests.cast import Cast

MODELS = [Call, Incident, Alarm, Referral, Assignment, Unit]


def _row(city: Cast, model: Any) -> Any:
    if model is Call:
        city.ring()
    elif model is Incident:
        city.open()
    elif model is Alarm:
        city.open("ghost_sighting")
        city.work()
    elif model is Referral:
        city.ok("POST", f"incidents/{city.open()['id']}/referrals", {"agency": "bpbd"})
    elif model is Assignment:
        city.ok("POST", f"incidents/{city.open()['id']}/assignments", {"unit": "PMK-01"})
    return model.objects.order_by("pk").last()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_moves_a_status_only_along_its_graph_by_raw_sql_too(city: Cast, model: Any, data: st.DataObject) -> None:
    with transaction.atomic():
        row = _row(city, model)
        table = model._meta.db_table
        status, version = row.status, row.version
        for new in data.draw(st.lists(st.sampled_from(list(model.Status.values)), max_size=6)):
            allowed = new == status or new in model.GRAPH[status]
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"UPDATE {table} SET status = %s WHERE id = %s", [new, row.pk])
            except Error as error:
                assert not allowed and "status_graph" in str(error)
            else:
                assert allowed
                status, version = new, version + 1
            row.refresh_from_db()
            assert (row.status, row.version) == (status, version)
        transaction.set_rollback(True)


def test_it_refuses_a_version_that_jumps(city: Cast) -> None:
    row = _row(city, Incident)
    with pytest.raises(Error, match="version_step"), transaction.atomic():
        Incident.objects.filter(pk=row.pk).update(version=row.version + 2)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE incidents_timelineentry SET kind = 'x'",
        "DELETE FROM incidents_timelineentry",
        "TRUNCATE incidents_timelineentry CASCADE",
    ],
)
def test_it_only_ever_appends_to_the_timeline(city: Cast, sql: str) -> None:
    city.open()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        ("UPDATE incidents_timelineentry SET data = '{}' WHERE seq = 3", "entry 3"),
        ("UPDATE incidents_timelineentry SET kind = 'x' WHERE seq = 2", "entry 2"),
        ("DELETE FROM incidents_timelineentry WHERE seq = 2", "entry 3"),
        ("DELETE FROM incidents_timelineentry WHERE seq = (SELECT max(seq) FROM incidents_timelineentry)", "newest"),
        ("UPDATE incidents_timelineentry SET at = at + interval '1 second' WHERE seq = 1", "entry 1"),
    ],
)
def test_it_names_the_first_row_that_was_tampered_with(city: Cast, tamper: str, named: str) -> None:
    for _ in range(5):
        city.open()
    call_command("verify_timeline", stdout=StringIO())
    assert TimelineEntry.objects.count() == 5
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the table has pending trigger events
        cursor.execute("ALTER TABLE incidents_timelineentry DISABLE TRIGGER USER")
        cursor.execute(tamper)
        cursor.execute("ALTER TABLE incidents_timelineentry ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match=named):
        call_command("verify_timeline", stdout=StringIO())
