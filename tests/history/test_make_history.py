"""`manage.py make_history`: an invented past that the room's own reading and checking take for its own."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from dispatch.models import Assignment, Referral
from incidents.models import Call, Incident, TimelineEntry
from tests.cast import Cast


def make_history(*words: str) -> str:
    said = StringIO()
    call_command("make_history", "--center", "kota", *words, stdout=said)
    return said.getvalue()


def test_it_invents_a_past_whose_chain_is_whole(city: Cast) -> None:
    assert "60 incidents" in make_history("--incidents", "60", "--years", "0.2")
    said = StringIO()
    call_command("verify_timeline", stdout=said)
    assert f"kota: {TimelineEntry.objects.count()} entries, whole" in said.getvalue()
    assert set(Incident.objects.values_list("status", flat=True)) == {"closed"}
    assert not Incident.objects.filter(closed_at__lte=F("opened_at")).exists()
    assert Incident.objects.values("number").distinct().count() == 60
    assert Call.objects.filter(incident=None).exists() and Call.objects.filter(outcome="incident").count() == 60
    assert Referral.objects.count() == Assignment.objects.count() > 0
    ats = list(TimelineEntry.objects.order_by("seq").values_list("at", flat=True))
    assert ats == sorted(ats)


def test_it_leaves_the_board_empty_and_the_room_working(city: Cast) -> None:
    make_history("--incidents", "30", "--position-days", "1")
    board = city.board()
    assert board["calls"] == board["incidents"] == board["referrals"] == board["assignments"] == []
    opened = city.open()
    city.work()
    detail = city.ok("GET", f"incidents/{opened['id']}")
    assert detail["timeline"][0]["seq"] == board["seq"] + 1
    past = city.ok("GET", "incidents?status=closed&since=8784h")
    assert len(past) == 30
    told = city.ok("GET", f"incidents/{past[0]['id']}")
    assert told["calls"] and {entry["kind"] for entry in told["timeline"]} >= {"incident_opened", "incident_closed"}
    assert all("{" not in entry["words"]["en"] and "–" not in entry["words"]["id"][:1] for entry in told["timeline"])
    call_command("verify_timeline", stdout=StringIO())


def test_it_invents_no_number_that_exists(city: Cast) -> None:
    make_history("--incidents", "30")
    numbers = set(Call.objects.exclude(caller_number=None).values_list("caller_number", flat=True))
    assert numbers and all(number.startswith("0800-0000-") for number in numbers)


def test_it_refuses_a_room_in_use(city: Cast) -> None:
    city.open()
    with pytest.raises(CommandError, match="1 open incidents"):
        make_history("--incidents", "3", "--yes")
    assert Incident.objects.count() == 1


def test_it_adds_behind_a_timeline_only_when_told(city: Cast) -> None:
    make_history("--incidents", "3")
    with pytest.raises(CommandError, match="--yes"):
        make_history("--incidents", "3")
    make_history("--incidents", "3", "--yes")
    assert Incident.objects.count() == 6
    call_command("verify_timeline", stdout=StringIO())


@pytest.mark.parametrize(
    "words",
    [("--incidents", "0"), ("--incidents", "3", "--years", "-1"), ("--incidents", "3", "--position-days", "999")],
)
def test_it_refuses_figures_that_make_no_sense(city: Cast, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        make_history(*words)


def test_it_works_without_a_superuser(city: Cast) -> None:
    """Whose tests run as one steps down to a role of its own; everybody else is one already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        is_superuser = cursor.fetchone()[0]
        if is_superuser:
            _become_plain(cursor)
        try:
            words = ("--center", city.center.code, "--incidents", "5", "--position-days", "0")
            call_command("make_history", *words, stdout=StringIO())
        finally:
            if is_superuser:
                cursor.execute("RESET ROLE")
    assert Incident.objects.count() == 5
    call_command("verify_timeline", stdout=StringIO())


def _become_plain(cursor: Any) -> None:
    cursor.execute("DROP ROLE IF EXISTS siaga_plain; CREATE ROLE siaga_plain; GRANT siaga_plain TO CURRENT_USER")
    cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO siaga_plain")
    cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO siaga_plain")
    cursor.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'incidents_closedwords'::regclass"
    )
    for table in ["incidents_closedwords", *(row[0] for row in cursor.fetchall())]:
        cursor.execute(f"ALTER TABLE {table} OWNER TO siaga_plain")
    cursor.execute("GRANT ALL ON SCHEMA public TO siaga_plain; SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET ROLE siaga_plain")
