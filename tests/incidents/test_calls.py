"""Promises of a call: ring, answer, hold, resume, end, outcome."""

import pytest

from incidents.models import TimelineEntry
from tests.cast import Cast


def test_it_takes_the_same_ring_twice_as_one_call(city: Cast) -> None:
    assert city.ring("x")["id"] == city.ring("x")["id"]
    assert len(city.board()["calls"]) == 1


def test_it_takes_a_call_without_a_number(city: Cast) -> None:
    body = {"external_id": "n", "line": "2", "caller_number": None, "rang_at": "2026-01-01T00:00:00Z"}
    assert city.ok("POST", "calls", body, who="hotline")["caller_number"] is None


def test_it_walks_from_ring_to_outcome(city: Cast) -> None:
    call = city.ring()
    path = f"calls/{call['id']}"
    answered = city.ok("POST", f"{path}/answer")
    assert (answered["status"], answered["answered_by"]) == ("answered", "dana")
    assert city.ok("POST", f"{path}/hold")["status"] == "held"
    assert city.ok("POST", f"{path}/resume")["status"] == "answered"
    assert city.ok("POST", f"{path}/end")["on_board"] is True
    done = city.ok("POST", f"{path}/outcome", {"outcome": "prank"})
    assert (done["outcome"], done["on_board"], done["version"]) == ("prank", False, 6)


@pytest.mark.parametrize("outcome", ["information", "prank", "ghost", "abandoned", "transferred", "test"])
def test_it_gives_each_outcome_without_an_incident(city: Cast, outcome: str) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer")
    assert city.ok("POST", f"calls/{call['id']}/outcome", {"outcome": outcome})["outcome"] == outcome


def test_it_attaches_a_call_to_an_incident(city: Cast) -> None:
    call, incident = city.ring(), city.open()
    city.ok("POST", f"calls/{call['id']}/answer")
    city.ok("POST", f"calls/{call['id']}/outcome", {"outcome": "attached", "incident": incident["id"]})
    assert city.ok("GET", f"incidents/{incident['id']}")["calls"][0]["id"] == call["id"]


def test_it_asks_for_the_incident_of_an_attached_call(city: Cast) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer")
    assert city.refused("POST", f"calls/{call['id']}/outcome", {"outcome": "attached"}) == (422, "invalid")


def test_it_refuses_to_answer_a_call_that_somebody_has(city: Cast) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer")
    status, answer = city.call("POST", f"calls/{call['id']}/answer", who="rian")
    assert (status, answer["error"]["code"]) == (409, "call_already_answered")
    assert answer["error"]["fields"] == {"by": "Dana"}


def test_it_refuses_an_outcome_while_the_call_rings(city: Cast) -> None:
    call = city.ring()
    assert city.refused("POST", f"calls/{call['id']}/outcome", {"outcome": "prank"}) == (409, "call_still_ringing")


def test_it_keeps_the_callers_number_out_of_the_timeline(city: Cast) -> None:
    city.ring()
    assert all("0800" not in str(entry.data) for entry in TimelineEntry.objects.all())
