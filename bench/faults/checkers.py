"""What must hold whatever happened: pure functions over a history and the rows found afterwards. Each gives the breaches it
found, in words; none is good. No database, no clock, no network. tests/faults/test_checkers.py breaks each on purpose."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.faults.history import FAIL, OK, History, Operation

Row = dict[str, Any]
CREATES = "create"
ROUTED_KINDS = ("incident_routed", "incident_routed_to_nobody")
OPENS, ENDS = "unit_dispatched", ("unit_cleared", "unit_canceled")


@dataclass
class Seen:
    """What a console had on its screen at the end. `rows`: list name → id → row; `holes`: seqs it went past without a frame."""

    name: str
    seq: int
    rows: dict[str, dict[int, Row]]
    holes: list[str] = field(default_factory=list)


@dataclass
class Final:
    """Everything that was found after healing. Times are Unix seconds."""

    incidents: list[Row]
    """id, number, status, mark (what the client wrote into it: its key)"""
    assignments: list[Row]
    """id, incident, unit, status, version, from, until (None: open)"""
    entries: list[Row]
    """The timeline in order of seq: seq, kind, incident, data, hash (hex), text (what is hashed with the hash before)"""
    feed_seq: int
    feed_head: str
    jobs: list[Row]
    """key, kind, status, incident, error"""
    keys: list[Row]
    """key, status_code, answer"""
    board_seq: int
    board: dict[str, dict[int, Row]]
    graph: Mapping[str, Iterable[str]]
    """Of an assignment's status."""
    consoles: list[Seen] = field(default_factory=list)


def nothing_acknowledged_is_lost(history: History, final: Final) -> list[str]:
    """Every answer of 2xx has its effect in the rows."""
    incidents = {row["id"]: row for row in final.incidents}
    assignments = {row["id"]: row for row in final.assignments}
    lost = []
    for done in _told(history, OK):
        answer = done.answer
        if done.verb == CREATES:
            row = incidents.get(answer["id"])
            if row is None or row["number"] != answer["number"] or row["mark"] != done.key:
                lost.append(f"{done.who} was told of incident {answer['number']}, which is not there")
        elif done.verb == "close":
            row = incidents.get(done.value["incident"])
            if row is None or row["status"] != "closed":
                lost.append(f"{done.who} was told that incident {done.value['incident']} is closed, and it is not")
        else:
            row = assignments.get(answer["id"])
            if row is None or row["version"] < answer["version"]:
                lost.append(f"{done.who} was told of assignment {answer['id']} {answer['status']}, which is not there")
    return lost


def no_unit_is_twice(history: History, final: Final) -> list[str]:
    """At no moment has a unit two open assignments: by their times, and by the order of the timeline."""
    found = []
    spans: dict[str, list[Row]] = defaultdict(list)
    for row in final.assignments:
        spans[row["unit"]].append(row)
    for unit, rows in spans.items():
        rows.sort(key=lambda row: (row["from"], row["id"]))
        latest = None
        for row in rows:
            if latest is not None and (latest["until"] is None or latest["until"] > row["from"]):
                found.append(f"{unit} is in assignments {latest['id']} and {row['id']} at once")
            if latest is None or (latest["until"] is not None and _later(row["until"], latest["until"])):
                latest = row
    busy: dict[str, int] = {}
    for entry in final.entries:
        unit, assignment = entry["data"].get("unit"), entry["data"].get("assignment")
        if entry["kind"] == OPENS:
            if unit in busy:
                found.append(f"{unit} was dispatched at seq {entry['seq']} while assignment {busy[unit]} was open")
            busy[unit] = assignment
        elif entry["kind"] in ENDS and busy.get(unit) == assignment:
            del busy[unit]
    return found


def statuses_follow_the_graph(history: History, final: Final) -> list[str]:
    """The timeline's steps of an assignment are edges of its graph, its version counts them, and all that were told a version
    were told the same status."""
    found = []
    paths: dict[int, list[str]] = defaultdict(list)
    for entry in final.entries:
        if entry["kind"].startswith("unit_") and entry["data"].get("assignment") is not None:
            paths[entry["data"]["assignment"]].append(entry["kind"].removeprefix("unit_"))
    said: dict[tuple[int, int], str] = {}
    for row in final.assignments:
        path = paths.get(row["id"], [])
        if path[:1] != ["dispatched"]:
            found.append(f"assignment {row['id']} does not begin with being dispatched")
        for old, new in zip(path, path[1:], strict=False):
            if new not in set(final.graph[old]):
                found.append(f"assignment {row['id']} went from {old} to {new}")
        if path[-1:] != [row["status"]] or row["version"] != len(path):
            found.append(
                f"assignment {row['id']} is {row['status']} at version {row['version']}; its timeline says {path}"
            )
        said.update({(row["id"], version): status for version, status in enumerate(path, start=1)})
    for done in _told(history, OK):
        if done.verb in ("assign", "step"):
            answer = done.answer
            known = said.get((answer["id"], answer["version"]))
            if known is not None and known != answer["status"]:
                found.append(
                    f"version {answer['version']} of assignment {answer['id']}: {known}, told as {answer['status']}"
                )
    return found


def consoles_equal_the_board(history: History, final: Final) -> list[str]:
    """What each console put together from snapshot and frames is what a fresh board says."""
    found = []
    for seen in final.consoles:
        if seen.seq != final.board_seq:
            found.append(f"{seen.name} is at seq {seen.seq}, the board at {final.board_seq}")
        for name, rows in final.board.items():
            mine = seen.rows.get(name, {})
            wrong = sorted(pk for pk in mine.keys() | rows.keys() if mine.get(pk) != rows.get(pk))
            if wrong:
                found.append(f"{seen.name} shows other {name} than the board: {wrong[:5]}")
    return found


def seq_has_no_holes(history: History, final: Final) -> list[str]:
    """The timeline counts 1, 2, 3 … to the head of its feed, and no console was led past a seq."""
    found = []
    for expected, entry in enumerate(final.entries, start=1):
        if entry["seq"] != expected:
            found.append(f"seq {expected} is missing: after it stands {entry['seq']}")
            break
    last = final.entries[-1]["seq"] if final.entries else 0
    if final.feed_seq != last:
        found.append(f"the feed's head is {final.feed_seq}, the newest entry {last}")
    moments = [entry["at"] for entry in final.entries]
    found += [f"seq {entry['seq']} is older than the one before" for entry in _backwards(final.entries, moments)]
    return found + [f"{seen.name}: {hole}" for seen in final.consoles for hole in seen.holes]


def the_chain_verifies(history: History, final: Final) -> list[str]:
    """Each hash is SHA-256 of the one before and its own entry; the feed keeps the newest."""
    prior = b""
    for entry in final.entries:
        hashed = hashlib.sha256(prior + entry["text"].encode()).digest()
        if hashed.hex() != entry["hash"]:
            return [f"the chain breaks at seq {entry['seq']}"]
        prior = hashed
    return [] if prior.hex() == final.feed_head else ["the feed's head is not the newest entry's hash"]


def each_key_has_one_effect(history: History, final: Final) -> list[str]:
    """A key, however often it was sent, made one incident and got one answer; one that was refused made none."""
    found = []
    made = Counter(row["mark"] for row in final.incidents)
    kept = {row["key"]: row for row in final.keys}
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for done in history.operations:
        by_key[done.key].append(done)
    for key, tries in by_key.items():
        answers = {json.dumps(one.answer, sort_keys=True) for one in tries if one.outcome == OK}
        was_refused = any(one.outcome == FAIL for one in tries)
        if len(answers) > 1:
            found.append(f"key {key} got {len(answers)} different answers")
        if tries[0].verb == CREATES:
            wanted = {1} if answers else {0} if was_refused else {0, 1}
            if made[key] not in wanted:
                found.append(f"key {key} made {made[key]} incidents")
        if answers:
            row = kept.get(key)
            if row is None or row["status_code"] is None:
                found.append(f"key {key} was answered and is not kept")
            elif json.dumps(row["answer"], sort_keys=True) not in answers:
                found.append(f"key {key} is kept with another answer than was given")
    return found


def each_case_was_routed_once(history: History, final: Final) -> list[str]:
    """Every incident has its job, done; it was routed exactly once, unless it was closed before; no job is left."""
    routed = Counter(entry["incident"] for entry in final.entries if entry["kind"] in ROUTED_KINDS)
    jobs = {row["incident"]: row for row in final.jobs if row["kind"] == "route_incident"}
    found = [f"job {row['key']} is {row['status']}: {row['error']}" for row in final.jobs if row["status"] != "done"]
    for row in final.incidents:
        if row["id"] not in jobs:
            found.append(f"incident {row['number']} has no job to route it")
        elif routed[row["id"]] != 1 and not (routed[row["id"]] == 0 and row["status"] == "closed"):
            found.append(f"incident {row['number']} was routed {routed[row['id']]} times")
    return found


def no_answer_is_a_500(history: History, final: Final) -> list[str]:
    """A lost part is answered with 503 in the API's own form, never with a 500."""
    return [
        f"{done.who} got {done.status} to {done.verb}: {str(done.answer)[:200]}"
        for done in history.operations
        if done.status == 500 or ((done.status or 0) > 500 and "error" not in (done.answer or {}))
    ]


Checker = Callable[[History, Final], list[str]]
CHECKERS: dict[str, Checker] = {
    "a. nothing acknowledged is lost": nothing_acknowledged_is_lost,
    "b. no unit is twice": no_unit_is_twice,
    "c. statuses follow the graph": statuses_follow_the_graph,
    "d. consoles equal the board": consoles_equal_the_board,
    "e. seq has no holes": seq_has_no_holes,
    "f. the chain verifies": the_chain_verifies,
    "g. each key has one effect": each_key_has_one_effect,
    "h. each case was routed once": each_case_was_routed_once,
    "i. no answer is a 500": no_answer_is_a_500,
}


def check(history: History, final: Final) -> dict[str, list[str]]:
    """The breaches of every checker."""
    return {name: checker(history, final) for name, checker in CHECKERS.items()}


def _told(history: History, outcome: str) -> Iterable[Operation]:
    return (done for done in history.operations if done.outcome == outcome)


def _later(one: float | None, other: float) -> bool:
    return one is None or one > other


def _backwards(entries: list[Row], moments: list[float]) -> list[Row]:
    return [entries[at] for at in range(1, len(entries)) if moments[at] < moments[at - 1]]
