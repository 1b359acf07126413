"""Promises of assignments, referrals and units: assign, step, cancel, decline, out of service, close."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dispatch.models import Assignment, Unit
from tests.cast import Cast


@pytest.fixture
def assignment(city: Cast) -> dict[str, object]:
    incident = city.open("burglary")
    row: dict[str, object] = city.ok("POST", f"incidents/{incident['id']}/assignments", {"unit": "PMK-01"})
    return row


def test_it_walks_each_step_to_cleared(city: Cast, assignment: dict[str, object]) -> None:
    for status in ("acknowledged", "en_route", "on_scene", "transporting", "at_hospital", "cleared"):
        row = city.ok("POST", f"assignments/{assignment['id']}/status", {"status": status}, who="crew")
        assert row["status"] == status and row[f"{status}_at"]
    assert Unit.objects.get(call_sign="PMK-01").status == "available"
    assert city.board()["assignments"] == []


def test_it_refuses_a_unit_already_assigned_and_says_who_has_it(city: Cast, assignment: dict[str, object]) -> None:
    other = city.open("burglary")
    status, answer = city.call("POST", f"incidents/{other['id']}/assignments", {"unit": "PMK-01"}, who="rian")
    assert (status, answer["error"]["code"]) == (409, "unit_already_assigned")
    assert answer["error"]["fields"]["incident"] == assignment["incident"]
    assert answer["error"]["fields"]["by"] == "Dana" and answer["error"]["fields"]["since"]


def test_it_refuses_a_step_off_the_graph(city: Cast, assignment: dict[str, object]) -> None:
    path = f"assignments/{assignment['id']}/status"
    assert city.refused("POST", path, {"status": "at_hospital"}) == (409, "step_off_graph")
    assert city.refused("POST", path, {"status": "flying"}) == (422, "invalid")


def test_it_lets_a_crew_step_only_its_own_unit(city: Cast) -> None:
    row = city.ok("POST", f"incidents/{city.open()['id']}/assignments", {"unit": "PMK-02"})
    path = f"assignments/{row['id']}/status"
    assert city.refused("POST", path, {"status": "en_route"}, who="crew") == (403, "not_allowed")


def test_it_cancels_before_the_scene_and_not_after(city: Cast, assignment: dict[str, object]) -> None:
    for status in ("en_route", "on_scene"):
        city.ok("POST", f"assignments/{assignment['id']}/status", {"status": status})
    assert city.refused("POST", f"assignments/{assignment['id']}/cancel") == (409, "step_off_graph")
    other = city.ok("POST", f"incidents/{assignment['incident']}/assignments", {"unit": "PMK-02"})
    assert city.ok("POST", f"assignments/{other['id']}/cancel", {"reason": "salah"})["status"] == "canceled"


def test_it_clears_units_when_the_incident_closes(city: Cast, assignment: dict[str, object]) -> None:
    closed = city.ok("POST", f"incidents/{assignment['incident']}/close", {"disposition": "selesai"})
    assert (closed["status"], closed["on_board"]) == ("closed", False)
    board = city.board()
    assert board["assignments"] == [] and board["referrals"] == [] and board["incidents"] == []
    assert Unit.objects.get(call_sign="PMK-01").status == "available"
    path = f"incidents/{assignment['incident']}/close"
    assert city.refused("POST", path, {"disposition": "lagi"}) == (409, "incident_closed")


def test_it_refers_declines_and_alarms(city: Cast) -> None:
    incident = city.open("burglary")
    row = city.ok("POST", f"incidents/{incident['id']}/referrals", {"agency": "bpbd"})
    again = city.refused("POST", f"incidents/{incident['id']}/referrals", {"agency": "bpbd"})
    assert again == (409, "already_referred")
    assert city.ok("POST", f"referrals/{row['id']}/decline", {"reason": "bukan bencana"})["status"] == "declined"
    assert [alarm["kind"] for alarm in city.board()["alarms"]] == ["referral_declined_alarm"]
    assert city.refused("POST", f"referrals/{row['id']}/accept") == (409, "step_off_graph")


def test_it_puts_a_unit_out_of_service_and_back(city: Cast) -> None:
    assert city.ok("POST", "units/PMK-02/out-of-service", {"reason": "ban"})["status"] == "out_of_service"
    incident = city.open()
    refused = city.refused("POST", f"incidents/{incident['id']}/assignments", {"unit": "PMK-02"})
    assert refused == (409, "unit_not_available")
    assert city.ok("POST", "units/PMK-02/in-service")["status"] == "available"
    assert city.refused("POST", "units/PMK-02/in-service") == (409, "unit_in_that_state")


def test_it_refuses_to_put_an_assigned_unit_out_of_service(city: Cast, assignment: dict[str, object]) -> None:
    refused = city.refused("POST", "units/PMK-01/out-of-service", {"reason": "ban"})
    assert refused == (409, "unit_already_assigned")


def test_it_lets_the_database_alone_hold_one_open_assignment(city: Cast, assignment: dict[str, object]) -> None:
    row = Assignment.objects.get(pk=assignment["id"])
    with pytest.raises(IntegrityError, match="one_open_assignment_per_unit"), transaction.atomic():
        Assignment.objects.create(
            center=row.center, incident=row.incident, unit=row.unit, dispatched_at=row.dispatched_at
        )


def test_it_ranks_units_with_minutes_and_a_reason(city: Cast) -> None:
    ranked = city.ok("GET", f"incidents/{city.open()['id']}/recommendations")
    assert ranked[0]["fits"] and ranked[0]["travel_seconds"] > 0
    assert "menit" in ranked[0]["reason"]["id"] and "min" in ranked[0]["reason"]["en"]


def test_it_takes_positions_and_names_each_refusal(city: Cast) -> None:
    now = timezone.now().isoformat()
    body = {
        "positions": [
            {"unit": "PMK-01", "lat": -7.26, "lon": 112.76, "at": now, "speed": 40, "heading": 90},
            {"unit": "NONE-1", "lat": -7.26, "lon": 112.76, "at": now},
            {"unit": "PMK-02", "lat": 95, "lon": 112.76, "at": now},
            {"unit": "PMK-03", "lat": -7.26, "lon": 112.76, "at": "2090-01-01T00:00:00Z"},
        ]
    }
    status, answer = city.call("POST", "positions", body, who="tracker")
    assert (status, answer["taken"]) == (202, 1)
    assert [(item["index"], item["code"]) for item in answer["refused"]] == [
        (1, "unknown_unit"),
        (2, "invalid"),
        (3, "in_the_future"),
    ]
    [unit] = [row for row in city.board()["units"] if row["call_sign"] == "PMK-01"]
    assert unit["location"] == {"lat": -7.26, "lon": 112.76}
