"""Promises of opening an incident and of what is added to it."""

import pytest

from incidents.models import Incident, Job
from tests.cast import MIDDLE, Cast


def test_it_opens_with_a_type_and_a_location_alone(city: Cast) -> None:
    incident = city.open()
    assert (incident["status"], incident["priority"], incident["zone"]) == ("pending", 1, "Zona 1")
    assert Job.objects.get(key=f"route:incident:{incident['id']}").status == "due"


def test_it_numbers_incidents_by_day(city: Cast) -> None:
    first, second = city.open()["number"], city.open()["number"]
    assert int(second[-4:]) == int(first[-4:]) + 1 and first[:7] == second[:7]


def test_it_takes_the_call_with_it(city: Cast) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer")
    incident = city.open(call=call["id"])
    assert city.ok("GET", f"calls/{call['id']}")["incident"] == incident["id"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "no_such"}, "unknown_type"),
        ({"location": {"lat": -6.2, "lon": 106.8}}, "outside_area"),
        ({"location": {"lat": 91, "lon": 0}}, "invalid"),
        ({"narrative": "x" * 1_000_000}, "invalid"),
        ({"narrative": "a\x00b"}, "invalid"),
        ({"priority": 6}, "invalid"),
        ({"type": None}, "invalid"),
    ],
)
def test_it_refuses_bad_input_and_writes_nothing(city: Cast, change: dict[str, object], code: str) -> None:
    before = city.board()["seq"]
    body = {"type": "building_fire", "location": MIDDLE} | change
    assert city.refused("POST", "incidents", body) == (422, code)
    assert Incident.objects.count() == 0 and Job.objects.count() == 0 and city.board()["seq"] == before


def test_it_refuses_a_request_without_a_body(city: Cast) -> None:
    assert city.refused("POST", "incidents")[0] in (400, 422)


def test_it_adds_words_and_notes(city: Cast) -> None:
    path = f"incidents/{city.open()['id']}"
    changed = city.ok("PATCH", path, {"address": "Jl. Contoh 1", "narrative": "asap hitam", "priority": 2})
    assert (changed["address"], changed["narrative"], changed["priority"]) == ("Jl. Contoh 1", "asap hitam", 2)
    city.ok("POST", f"{path}/notes", {"text": "hidran di ujung gang"})
    whole = city.ok("GET", path)
    assert whole["notes"][0]["text"] == "hidran di ujung gang"
    assert [entry["kind"] for entry in whole["timeline"]] == [
        "incident_opened",
        "priority_changed",
        "incident_changed",
        "note_added",
    ]
    assert all(entry["words"]["id"] and entry["words"]["en"] for entry in whole["timeline"])


def test_it_refuses_a_change_of_an_old_version(city: Cast) -> None:
    path = f"incidents/{city.open()['id']}"
    city.ok("PATCH", path, {"address": "a", "version": 1})
    assert city.refused("PATCH", path, {"address": "b", "version": 1}) == (409, "version_conflict")


def test_it_links_a_duplicate_to_its_parent(city: Cast) -> None:
    parent, child = city.open(), city.open()
    assert city.ok("POST", f"incidents/{child['id']}/duplicate", {"parent": parent["id"]})["parent"] == parent["id"]
    assert city.refused("POST", f"incidents/{parent['id']}/duplicate", {"parent": child["id"]}) == (422, "invalid")


def test_it_answers_the_same_key_with_the_same_incident(city: Cast) -> None:
    body = {"type": "building_fire", "location": MIDDLE}
    first = city.call("POST", "incidents", body, key="k1")
    assert first == city.call("POST", "incidents", body, key="k1")
    assert Incident.objects.count() == 1
    status, answer = city.call("POST", "incidents", body | {"priority": 2}, key="k1")
    assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")


def test_it_hides_another_centers_incidents(city: Cast) -> None:
    incident = city.open()
    assert city.refused("GET", f"incidents/{incident['id']}", who="outsider") == (404, "not_found")
    assert city.board(who="outsider")["incidents"] == []
