"""What a run measured: counts, and how long each kind of fault was felt. Pure functions over the history, the consoles' own
notes and the rows of jobs; numbers only, no judgement."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from bench.faults.history import FAIL, INFO, OK, Fault, History
from bench.measure import percentile

AFTER_SECONDS = 10.0
"""A fault is felt at most so long after it was mended, for these numbers."""


def counts_of(history: History) -> dict[str, int]:
    done = Counter((one.verb, one.outcome) for one in history.operations)
    statuses = Counter(one.status for one in history.operations if one.status)
    return {
        "requests": len(history.operations),
        "creates acknowledged": done["create", OK],
        "attempts at a contended unit": sum(done["assign", outcome] for outcome in (OK, FAIL)),
        "units won": done["assign", OK],
        "steps acknowledged": done["step", OK],
        "closes acknowledged": done["close", OK],
        "results unknown, tried again with the same key": sum(1 for one in history.operations if one.outcome == INFO),
        "answers 503": statuses[503],
        "answers 500": statuses[500],
        "faults": len(history.faults),
    }


def refusal_milliseconds(history: History, *, is_disturbed: bool) -> list[float]:
    """How long losers of a contended unit waited for their 409 that names who has it: while a fault was on, or while none was."""
    return [
        1000 * ((one.ended_at or 0) - one.invoked_at)
        for one in history.operations
        if one.verb == "assign"
        and one.status == 409
        and "unit_already_assigned" in str(one.answer)
        and is_disturbed
        == any(
            fault.at <= (one.ended_at or 0) and one.invoked_at <= (fault.healed_at or fault.at)
            for fault in history.faults
        )
    ]


def felt(
    history: History, frames: Mapping[str, list[tuple[float, int]]], jobs: Mapping[str, tuple[float, float]]
) -> dict[str, dict[str, list[float]]]:
    """For each kind of fault, seconds of each time: `first write` from the fault to the first acknowledged write that was asked
    after it, `silence` the longest time without any acknowledged write, `consoles` from healing until the last console had
    what was known then, `routing` the longest that a case waited meanwhile to be routed, `job` from a worker's death to its job done,
    `up` from a part's start to its first sign of life. `frames`: console → (Unix time, seq) in order; `jobs`: key → owed, done."""
    said = sorted((one.ended_at, one.invoked_at) for one in history.operations if one.outcome == OK and one.ended_at)
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    begins = [fault.at for fault in history.faults[1:]] + [float("inf")]
    for fault, next_begin in zip(history.faults, begins, strict=True):
        of_kind = found[fault.name]
        begun = fault.facts.get("killed_at", fault.at)
        first = [ended for ended, invoked in said if invoked >= begun][:1]
        of_kind["first write"] += [ended - begun for ended in first]
        healed = fault.healed_at or fault.at
        until = min(healed + AFTER_SECONDS, max(next_begin, healed), max([healed, *(ended for ended, _ in said[-1:])]))
        of_kind["silence"].append(_longest_gap([ended for ended, _ in said], begun, until))
        of_kind["consoles"] += _caught_up(fault, frames)
        waits = [done - max(owed, begun) for owed, done in jobs.values() if owed < until and done > begun]
        of_kind["routing"] += [max(waits)] if waits else []
        if fault.facts.get("job") in jobs:
            of_kind["job"].append(jobs[fault.facts["job"]][1] - begun)
        if "up_seconds" in fault.facts:
            of_kind["up"].append(fault.facts["up_seconds"])
    return {name: dict(values) for name, values in found.items()}


def _longest_gap(moments: list[float], begin: float, end: float) -> float:
    inside = moments[bisect.bisect_left(moments, begin) : bisect.bisect_right(moments, end)]
    edges = [begin, *inside, end]
    return max((later - earlier for earlier, later in zip(edges, edges[1:], strict=False)), default=0.0)


def _caught_up(fault: Fault, frames: Mapping[str, list[tuple[float, int]]]) -> list[float]:
    """The last console's time, when all caught up with the head at healing."""
    head, healed = fault.facts.get("head"), fault.healed_at
    if head is None or healed is None or not frames:
        return []
    moments = [next((at for at, seq in seen if seq >= head), None) for seen in frames.values()]
    if any(moment is None for moment in moments):
        return []
    return [max(0.0, max(moment for moment in moments if moment is not None) - healed)]


def table(seconds: Mapping[str, Mapping[str, list[float]]], words: Mapping[str, str]) -> dict[str, Any]:
    """For the page: each kind with its count, and the median and greatest of each time."""
    names = ("first write", "silence", "consoles", "routing", "job", "up")
    rows = [
        [words.get(kind, kind), len(times.get("silence", [])), *(_said(times.get(name, [])) for name in names)]
        for kind, times in sorted(seconds.items())
    ]
    head = [
        "fault",
        "times",
        "first write after (s)",
        "longest without a write (s)",
        "consoles equal after healing (s)",
        "longest wait to be routed (s)",
        "killed worker's job done (s)",
        "up again (s)",
    ]
    return {"head": head, "rows": rows}


def _said(values: Iterable[float]) -> str:
    known = list(values)
    return f"{percentile(known, 50):.2f}, at most {max(known):.2f}" if known else "–"
