"""The checkers themselves: a history in which all is well passes, and each thing that can be wrong is named by its checker and by
no other. Histories are made up here; that a broken product is caught is in test_broken_on_purpose.py."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.faults.checkers import CHECKERS, Final, Row, Seen, check, no_unit_is_twice, seq_has_no_holes
from bench.faults.figures import counts_of, felt
from bench.faults.history import FAIL, INFO, OK, History, read

GRAPH = {
    "dispatched": ["en_route", "cleared", "canceled"],
    "en_route": ["on_scene", "cleared", "canceled"],
    "on_scene": ["cleared"],
    "cleared": [],
    "canceled": [],
}


def entry(seq: int, kind: str, incident: int, **data: object) -> Row:
    return {
        "seq": seq,
        "at": float(seq),
        "kind": kind,
        "incident": incident,
        "data": data,
        "text": f"{seq} {kind} {data}",
    }


def chained(entries: list[Row]) -> str:
    prior = b""
    for one in entries:
        prior = hashlib.sha256(prior + one["text"].encode()).digest()
        one["hash"] = prior.hex()
    return prior.hex()


def told(
    history: History, verb: str, key: str, answer: object, outcome: str = OK, status: int = 201, **value: object
) -> None:
    history.end(history.invoke("opener", verb, key, value), outcome, status, answer)


def all_is_well() -> tuple[History, Final]:
    """One incident, opened at the second try of its key, routed, with a unit that came and went; a second key refused."""
    history = History()
    told(history, "create", "k1", "TimeoutError", INFO, 0)
    told(history, "create", "k1", {"id": 1, "number": "1"})
    told(history, "create", "k2", {"error": {}}, FAIL, 422)
    told(history, "assign", "k3", {"id": 5, "version": 1, "status": "dispatched"}, unit="A-1", incident=1)
    told(history, "step", "k4", {"id": 5, "version": 2, "status": "cleared"}, status=200, assignment=5)
    told(history, "close", "k5", {"id": 1}, status=200, incident=1)
    entries = [
        entry(1, "incident_opened", 1),
        entry(2, "incident_routed", 1),
        entry(3, "unit_dispatched", 1, unit="A-1", assignment=5),
        entry(4, "unit_cleared", 1, unit="A-1", assignment=5),
        entry(5, "incident_closed", 1),
    ]
    head = chained(entries)
    board = {"units": {1: {"id": 1, "status": "available"}}, "incidents": {}}
    final = Final(
        incidents=[{"id": 1, "number": "1", "status": "closed", "mark": "k1"}],
        assignments=[
            {"id": 5, "incident": 1, "unit": "A-1", "status": "cleared", "version": 2, "from": 3.0, "until": 4.0}
        ],
        entries=entries,
        feed_seq=5,
        feed_head=head,
        jobs=[{"key": "route:1", "kind": "route_incident", "status": "done", "incident": 1, "error": ""}],
        keys=[
            {"key": one.key, "status_code": one.status, "answer": one.answer}
            for one in history.operations
            if one.outcome == OK
        ],
        board_seq=5,
        board=board,
        graph=GRAPH,
        consoles=[Seen("console", 5, copy.deepcopy(board))],
    )
    return history, final


def renumber(final: Final) -> None:
    final.entries[3]["seq"] = 5
    final.entries[4]["seq"] = final.feed_seq = final.board_seq = final.consoles[0].seq = 6


def second_assignment(final: Final) -> None:
    """Sent while the first still was out; in the timeline both look well."""
    row = {"id": 6, "incident": 1, "unit": "A-1", "status": "dispatched", "version": 1, "from": 3.5, "until": None}
    final.assignments.append(row)
    final.entries.append(entry(6, "unit_dispatched", 1, unit="A-1", assignment=6))
    final.feed_seq = final.board_seq = final.consoles[0].seq = 6
    final.feed_head = chained(final.entries)


def off_the_graph(final: Final) -> None:
    final.entries[3]["kind"] = "unit_on_scene"
    final.entries.append(entry(6, "unit_cleared", 1, unit="A-1", assignment=5))
    final.assignments[0]["version"] = 3
    final.feed_seq = final.board_seq = final.consoles[0].seq = 6
    final.feed_head = chained(final.entries)


BREACHES: list[tuple[str, Callable[[Final], object]]] = [
    ("a", lambda final: final.incidents[0].update(status="active")),
    ("a", lambda final: final.incidents[0].update(number="2")),
    ("b", second_assignment),
    ("c", lambda final: final.assignments[0].update(version=3)),
    ("c", off_the_graph),
    ("d", lambda final: final.consoles[0].rows["units"][1].update(status="dispatched")),
    ("d", lambda final: final.consoles[0].rows["units"].clear()),
    ("d", lambda final: final.consoles[0].rows["incidents"].update({7: {"id": 7}})),
    ("e", renumber),
    ("e", lambda final: final.consoles[0].holes.append("from 2 to 4 with 1 entries")),
    ("f", lambda final: final.entries[1].update(text="forged")),
    ("f", lambda final: setattr(final, "feed_head", "00")),
    ("g", lambda final: final.keys.pop()),
    ("g", lambda final: final.keys[0].update(answer={"id": 9})),
    ("h", lambda final: final.jobs.clear()),
    ("h", lambda final: final.jobs[0].update(status="parked")),
]


def found_by(history: History, final: Final) -> set[str]:
    return {name[0] for name, breaches in check(history, final).items() if breaches}


def test_it_finds_nothing_where_all_is_well() -> None:
    assert check(*all_is_well()) == {name: [] for name in CHECKERS}


@pytest.mark.parametrize(("letter", "breach"), BREACHES)
def test_it_names_what_is_wrong_and_nothing_else(letter: str, breach: Callable[[Final], object]) -> None:
    history, final = all_is_well()
    breach(final)
    also = {"c"} if breach is second_assignment and letter == "b" else set()
    assert found_by(history, final) - also == {letter}


def test_it_finds_an_incident_that_was_acknowledged_and_is_gone() -> None:
    history, final = all_is_well()
    final.incidents.clear()
    assert "a" in found_by(history, final)


def test_it_finds_a_key_that_made_two_incidents() -> None:
    history, final = all_is_well()
    final.incidents.append({"id": 2, "number": "2", "status": "closed", "mark": "k1"})
    final.jobs.append({"key": "route:2", "kind": "route_incident", "status": "done", "incident": 2, "error": ""})
    assert found_by(history, final) == {"g"}


def test_it_finds_the_effect_of_a_refused_key() -> None:
    history, final = all_is_well()
    final.incidents[0]["mark"] = "k2"
    assert "g" in found_by(history, final)


def test_it_finds_a_case_that_was_routed_twice() -> None:
    history, final = all_is_well()
    final.entries.append(entry(6, "incident_routed", 1))
    final.feed_seq = final.board_seq = final.consoles[0].seq = 6
    final.feed_head = chained(final.entries)
    assert found_by(history, final) == {"h"}


def test_it_finds_a_500_and_lets_a_503_in_form_pass() -> None:
    history, final = all_is_well()
    told(history, "create", "k9", {"error": {"code": "unavailable"}}, INFO, 503)
    assert found_by(history, final) == set()
    told(history, "create", "k9", {"error": {"code": "internal"}}, INFO, 500)
    assert found_by(history, final) == {"i"}


def test_it_leaves_unknown_results_undecided() -> None:
    history, final = all_is_well()
    history.invoke("opener", "create", "k7", {})
    told(history, "create", "k8", "ConnectionResetError", INFO, 0)
    assert found_by(history, final) == set()


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6) | st.none()), max_size=8)


@settings(max_examples=200)
@given(spans)
def test_it_finds_an_overlap_exactly_when_two_share_a_moment(given_spans: list[tuple[int, int | None]]) -> None:
    """Against the definition: for whole seconds, whether any second lies in two spans."""
    history, final = all_is_well()
    final.entries = []
    final.assignments = [
        {"id": pk, "unit": "A-1", "from": begin, "until": None if length is None else begin + length}
        for pk, (begin, length) in enumerate(given_spans)
    ]
    seconds = [
        moment for begin, length in given_spans for moment in range(begin, 60 if length is None else begin + length)
    ]
    assert bool(no_unit_is_twice(history, final)) == (len(seconds) != len(set(seconds)))


@settings(max_examples=200)
@given(st.permutations(range(1, 7)), st.integers(0, 6))
def test_it_takes_only_one_order_for_whole(order: list[int], dropped: int) -> None:
    history, final = all_is_well()
    final.entries = [entry(seq, "note_added", 1) for seq in order if seq != dropped]
    for place, one in enumerate(final.entries):
        one["at"] = float(place)
    final.feed_seq = 6
    is_whole = [one["seq"] for one in final.entries] == [1, 2, 3, 4, 5, 6]
    assert bool(seq_has_no_holes(history, final)) != is_whole


def test_it_keeps_a_history_in_lines_that_can_be_read_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    history = History(tmp_path / "history.jsonl")
    told(history, "create", "k1", {"id": 1})
    history.invoke("opener", "close", "k2", {"incident": 1})
    history.heal(history.fault("kill-web", "web one"))
    again = read((tmp_path / "history.jsonl").read_text().splitlines())
    assert [(one.key, one.outcome) for one in again.operations] == [("k1", OK), ("k2", None)]
    assert counts_of(again) == counts_of(history) and again.faults[0].healed_at is not None


def test_it_measures_how_long_a_fault_was_felt() -> None:
    history = History()
    for number, (invoked, ended) in enumerate([(0.0, 1.0), (1.5, 9.0), (7.5, 8.0), (8.5, 9.5)]):
        told(history, "create", f"k{number}", {})
        history.operations[-1].invoked_at, history.operations[-1].ended_at = invoked, ended
    fault = history.fault("kill-redis", "redis")
    fault.at, fault.healed_at, fault.facts["head"] = 2.0, 6.0, 40
    seconds = felt(history, {"one": [(5.0, 39), (7.0, 41)], "two": [(6.5, 40)]}, {})
    # Asked before the fault and answered after it says nothing of recovery; asked after it does.
    assert seconds["kill-redis"]["first write"] == [6.0]
    assert seconds["kill-redis"]["silence"] == [6.0]
    assert seconds["kill-redis"]["consoles"] == [1.0]
