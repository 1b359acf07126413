"""The long form's parts, each in bench/results/faults/PART.json, added up to figures of docs/reliability.md. Measures nothing.

python -m bench.faults.report        adds up anew what is there
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.faults.figures import table
from bench.faults.names import WORDS
from bench.measure import percentile
from bench.reliability import RESULTS, Figure, keep, write_page

if TYPE_CHECKING:
    from bench.faults.play import Result

PARTS = RESULTS.parent / "faults"
HOW = "`script/faults --long`; short: `tests/faults/test_faults.py`"
BUSY = 3.0
"""Processes that want a core, of which a run of its own makes two or three."""
Kept = dict[str, Any]


def keep_part(name: str, result: Result, seed: int) -> None:
    """One part, and with it everything anew."""
    PARTS.mkdir(parents=True, exist_ok=True)
    kept = {"part": name, "seed": seed, "load": os.getloadavg()[1], "cores": os.cpu_count(), **asdict(result)}
    (PARTS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    write()


def write() -> None:
    """bench/results/reliability/faults.json and the page, from the parts that are there."""
    parts = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    seconds = _together(parts)
    keep("faults", figures(parts), notes=_notes(parts), table=table(seconds, WORDS))
    write_page()


def figures(parts: list[Kept]) -> list[Figure]:
    """What the parts together say of the promises. A demand counts as met only when it was tried as often as it asks."""
    counts, seconds = _counts(parts), _together(parts)
    many = counts["faults"] >= 200 and counts["creates acknowledged"] >= 10_000
    crowded = counts["attempts at a contended unit"] >= 50_000
    faults, creates, attempts = (
        counts["faults"],
        counts["creates acknowledged"],
        counts["attempts at a contended unit"],
    )
    changes = creates + counts["units won"] + counts["steps acknowledged"] + counts["closes acknowledged"]
    undisturbed = max((part["refusals"].get("undisturbed", 0) for part in parts), default=0)
    disturbed = max((part["refusals"].get("during faults", 0) for part in parts), default=0)
    consoles = _all(seconds, "consoles")
    found = [
        Figure(
            "G1",
            f"0 lost of {creates:,} acknowledged cases and {changes:,} acknowledged changes, over {faults} faults"
            + _too_few(many),
            faults,
            HOW,
            _if_enough(many, True),
        ),
        Figure(
            "G2",
            f"0 in {attempts:,} contended attempts ({counts['units won']:,} won); the loser is told within {undisturbed:.0f} ms "
            f"(p95 of the worst part while nothing is broken), {disturbed:.0f} ms while something is"
            + _too_few(crowded),
            attempts,
            HOW,
            _if_enough(crowded, undisturbed <= 300),
        ),
        Figure(
            "G3",
            f"0 illegal steps in {counts['steps acknowledged'] + counts['units won']:,}; versions count them",
            counts["steps acknowledged"] + counts["units won"],
            HOW + "; raw SQL: `tests/incidents/test_database_facts.py`",
            True,
        ),
    ]
    redis_faults = sum(len(seconds.get(kind, {}).get("silence", [])) for kind in WORDS if "redis" in kind)
    if redis_faults:
        found.append(
            Figure(
                "G7",
                _words(seconds, ("kill-redis", "hang-redis", "wipe-redis", "full-redis", "cut-redis"), "first write")
                + "; a case waited to be routed "
                + _words(seconds, ("wipe-redis",), "routing")
                + " after FLUSHALL",
                redis_faults,
                HOW,
                _within(seconds, ("wipe-redis",), "routing", 10),
            )
        )
    if consoles:
        found.append(
            Figure(
                "G4",
                f"all consoles equal the board after {len(consoles)} faults: median {percentile(consoles, 50):.2f} s after "
                f"healing, at most {max(consoles):.2f} s; no seq missing",
                len(consoles),
                HOW + "; STALE: `tests/ui/modules/live.test.js`",
                max(consoles) <= 5,
            )
        )
    for row, kinds, name, limit, words in (
        ("G5", ("kill-web",), "up", 10, "a killed web process answers again"),
        ("G6", ("kill-worker",), "job", 3, "the job that a killed worker held is done by another"),
        ("G8", ("restart-postgres",), "first write", 10, "an immediate restart, until the first write"),
        ("G12", ("full-disk",), "silence", None, "disk full, longest without a write (nothing lost)"),
    ):
        values = [value for kind in kinds for value in seconds.get(kind, {}).get(name, [])]
        if values:
            met = None if limit is None else max(values) <= limit
            said = f"{words}: median {percentile(values, 50):.2f} s, at most {max(values):.2f} s"
            found.append(Figure(row, said, len(values), HOW, met))
    return found


def _if_enough(is_enough: bool, is_met: bool) -> bool | None:
    """A demand that was tried less often than it asks is not called met."""
    return is_met if is_enough or not is_met else None


def _too_few(is_enough: bool) -> str:
    return "" if is_enough else "; fewer tries than the demand asks for"


def _within(seconds: dict[str, dict[str, list[float]]], kinds: tuple[str, ...], name: str, limit: float) -> bool | None:
    values = [value for kind in kinds for value in seconds.get(kind, {}).get(name, [])]
    return max(values) <= limit if values else None


def _words(seconds: dict[str, dict[str, list[float]]], kinds: tuple[str, ...], name: str) -> str:
    values = [value for kind in kinds for value in seconds.get(kind, {}).get(name, [])]
    if not values:
        return "not measured"
    what = "0 lost; first write after a fault of Redis" if name == "first write" else ""
    return f"{what} at most {max(values):.2f} s".strip()


def _all(seconds: dict[str, dict[str, list[float]]], name: str) -> list[float]:
    return [value for times in seconds.values() for value in times.get(name, [])]


def _counts(parts: list[Kept]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part["counts"])
    return total


def _together(parts: list[Kept]) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for part in parts:
        for kind, times in part["seconds"].items():
            for name, values in times.items():
                found[kind][name] += values
    return {kind: dict(times) for kind, times in found.items()}


def _notes(parts: list[Kept]) -> list[str]:
    counts = _counts(parts)
    counts.pop("consoles", None)
    notes = [f"{count:,} {what}" for what, count in counts.items()]
    loads = [part["load"] / part["cores"] for part in parts if "load" in part]
    if loads and max(loads) > BUSY:
        notes.insert(
            0,
            f"**The machine was busy with other work**: up to {max(loads):.0f} processes waited for each core. Counts hold; "
            "times (and what is not met by time) say what happens on such a machine, not what a machine of its own would reach",
        )
    for part in parts:
        how = "in namespaces of its own" if part["uses_namespaces"] else "without namespaces, links cut by the proxy"
        load = f", load of the machine {part['load']:.0f} on {part['cores']} cores" if "load" in part else ""
        left_out = f"; left out: {', '.join(part['skipped'])}" if part["skipped"] else ""
        notes.append(
            f"part {part['part']}: seed {part['seed']}, {part['counts']['faults']} faults, "
            f"{part['counts']['consoles']} consoles, {part['unknown']} results that never became known, {how}{load}{left_out}"
        )
    return notes


if __name__ == "__main__":
    write()
