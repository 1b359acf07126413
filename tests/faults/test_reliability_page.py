"""docs/reliability.md says of every promise what was reached, or that it was not measured; and it is what the results say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import reliability
from bench.faults import report
from bench.reliability import PROMISES, Figure, keep, page, results


def test_it_names_all_twelve_and_says_which_were_not_measured() -> None:
    kept = [{"name": "x", "at": "", "machine": {}, "figures": [Figure("G9", "48 s", 3, "a|b", True).__dict__]}]
    rows = [line for line in page(kept).splitlines() if line.startswith("| **G")]
    assert [row.split("**")[1] for row in rows] == [f"G{number}" for number in range(1, 13)]
    assert [row for row in rows if "not measured" not in row] == [
        f"| **G9** | {PROMISES[8].goal} | {PROMISES[8].demand} | 48 s – **met** | 3 | a\\|b |"
    ]


def test_it_keeps_a_figure_and_refuses_a_row_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "RESULTS", tmp_path)
    keep("drill", [Figure("G8", "12 s", 2, "script/drill")], notes=["calm"])
    assert json.loads((tmp_path / "drill.json").read_text())["figures"][0]["tries"] == 2
    with pytest.raises(ValueError, match="G13"):
        keep("drill", [Figure("G13", "12 s", 2, "script/drill")])


def test_it_is_made_from_the_results_that_are_there() -> None:
    assert reliability.PAGE.read_text() == page(results())


def part_of(creates: int, faults: int, refused: float) -> dict[str, object]:
    counts = {"creates acknowledged": creates, "faults": faults, "attempts at a contended unit": 60_000}
    seconds = {"kill-worker": {"silence": [0.2], "job": [2.0, 2.5]}, "wipe-redis": {"silence": [0.1], "routing": [1.0]}}
    return {"counts": counts, "seconds": seconds, "refusals": {"undisturbed": refused}}


def test_it_calls_met_only_what_was_tried_as_often_as_demanded() -> None:
    figures = {one.row: one for one in report.figures([part_of(6_000, 100, 200), part_of(5_000, 100, 250)])}
    assert (figures["G1"].is_met, figures["G1"].tries) == (True, 200)
    assert (figures["G2"].is_met, figures["G6"].is_met, figures["G6"].tries) == (True, True, 4)
    assert "G4" not in figures and "G8" not in figures
    few = {one.row: one for one in report.figures([part_of(6_000, 200, 400)])}
    assert few["G1"].is_met is None and "fewer tries" in few["G1"].figure
    assert few["G2"].is_met is False
