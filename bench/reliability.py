"""docs/reliability.md: the twelve promises, each with what was reached, how often it was tried, and by which command.
Made from bench/results/reliability/*.json alone. Measures nothing; a promise without a figure says "not measured".

python -m bench.reliability        writes the page anew from the results that are there

Whoever measures adds a figure with `keep`, which writes one file of that folder:

    keep("restore", [Figure("G9", "restored in 48 s, 0 entries missing", tries=3, how="script/drill restore")])
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.report import ROOT, machine

RESULTS = ROOT / "bench" / "results" / "reliability"
PAGE = ROOT / "docs" / "reliability.md"


@dataclass(frozen=True)
class Promise:
    """One row: what is wanted, and the figure that would be enough."""

    row: str
    goal: str
    demand: str


@dataclass(frozen=True)
class Figure:
    """What was reached for a row. `tries`: how many attempts at breaking it (0: none, it was only looked at); `how`: the
    command or test that measures it again; `is_met` None: it says something of the row, but not whether the demand is met."""

    row: str
    figure: str
    tries: int
    how: str
    is_met: bool | None = None


PROMISES = [
    Promise("G1", "No acknowledged call is ever lost", "0 lost of 10,000 acknowledged over 200 faults"),
    Promise(
        "G2",
        "No unit has two active assignments",
        "0 in 50,000 contended attempts; the loser is told within 300 ms (p95)",
    ),
    Promise(
        "G3", "A status moves only along its graph, a version by one", "0 illegal steps, by raw SQL and the admin too"
    ),
    Promise(
        "G4",
        "Consoles converge after any cut",
        "all equal the board within 5 s of healing; no seq missing; STALE within 5 s",
    ),
    Promise("G5", "Speed", "own echo 100 ms, another console 500 ms (p95) and 2 s (p99); usable 10 s after a restart"),
    Promise("G6", "A killed worker's job is done anew, fast", "begun again within 3 s; one effect for each key"),
    Promise(
        "G7", "Redis is disposable", "without it the room works on, 0 lost; after FLUSHALL all jobs go on within 10 s"
    ),
    Promise(
        "G8", "PostgreSQL restarts, or a standby takes over", "writes within 10 s of a restart; standby: 0 lost, 60 s"
    ),
    Promise("G9", "A backup that restores", "at most 5 min lost, back within 30 min; the copy's chain verifies"),
    Promise(
        "G10", "Nobody rewrites the past unnoticed", "any edit, removal, insertion or cut found; every reveal logged"
    ),
    Promise(
        "G11",
        "Only the right person, from the right origin",
        "ASVS 5.0 level 2 answered; sockets closed 5 s after revoking",
    ),
    Promise(
        "G12",
        "Degrades in the open, and stays healthy",
        "one part down is shown within 10 s; snapshot at most 60 s old; no growth in a soak",
    ),
]

HEAD = """# What Siaga survives

This page is made by `python -m bench.reliability` from `bench/results/reliability/*.json`. Nothing in it is written by hand,
and nothing is promised here that was not measured: a row says what was reached, how often somebody tried to break it, and
which command tries it again. How the faults are made: [faults.md](faults.md). Times belong to the machine named below.

Siaga is designed for the failure of a single part without loss of data. Run on one machine it says nothing of years; no count
of nines is claimed.
"""


def keep(name: str, figures: Sequence[Figure], **more: Any) -> Path:
    """Writes the results of one measurement (`name`: letters and dashes), in place of its earlier ones. `more`: what else is
    worth keeping, as JSON. Raises ValueError for a row that does not exist."""
    unknown = {figure.row for figure in figures} - {promise.row for promise in PROMISES}
    if unknown:
        raise ValueError(f"no such rows: {', '.join(sorted(unknown))}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    kept = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
        **more,
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")
    return path


def results() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))] + _speed()


def _speed() -> list[dict[str, Any]]:
    """What script/bench measured of a change on its way to all consoles; the rest of it is in docs/performance.md."""
    path = RESULTS.parent / "fanout.json"
    if not path.exists():
        return []
    kept = json.loads(path.read_text())
    figures = [
        asdict(Figure("G5", f"{one['demand']}: {one['reached']}", kept["repeats"], "`script/bench fanout`"))
        for one in kept["verdicts"]
        if one["demand"].startswith("POST → all")
    ]
    notes = ["Of `script/bench`; all of it is in [performance.md](performance.md)."]
    return [
        {"name": "speed", "at": "with script/bench", "machine": kept["machine"], "figures": figures, "notes": notes}
    ]


def page(kept: Iterable[dict[str, Any]]) -> str:
    """The Markdown of docs/reliability.md."""
    every = list(kept)
    lines = [HEAD, "| | Promise | Demand | Reached | Tries | Tried by |", "| --- | --- | --- | --- | ---: | --- |"]
    for promise in PROMISES:
        figures = [figure for one in every for figure in one["figures"] if figure["row"] == promise.row]
        first = [f"**{promise.row}**", promise.goal, promise.demand]
        if not figures:
            lines.append(_row([*first, "not measured", "0", ""]))
        for number, figure in enumerate(figures):
            reached = figure["figure"] + _mark(figure["is_met"])
            lines.append(
                _row([*(first if number == 0 else ["", "", ""]), reached, f"{figure['tries']:,}", figure["how"]])
            )
    for one in every:
        lines += ["", f"## {one['name']}", ""]
        lines += [f"- {note}" for note in one.get("notes", [])]
        lines += _table(one["table"]) if one.get("table") else []
        spec = ", ".join(f"{key} {value}" for key, value in one["machine"].items() if value)
        lines += ["", f"Measured {one['at']}, on: {spec}."]
    return "\n".join(lines) + "\n"


def _mark(is_met: bool | None) -> str:
    return {True: " – **met**", False: " – **NOT MET**", None: ""}[is_met]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(table: dict[str, Any]) -> list[str]:
    """`{"head": [words], "rows": [[cells]]}` as Markdown."""
    head = table["head"]
    return ["", _row(head), _row(["---"] * len(head)), *(_row([str(cell) for cell in row]) for row in table["rows"])]


def write_page() -> None:
    PAGE.write_text(page(results()))


if __name__ == "__main__":
    write_page()
