"""The page on sizes: every number says where it is from, and its arithmetic holds."""

from __future__ import annotations

import ast
import math

from bench.sizing import COSTS, PAGE, PLACES, Place, costs, page, reckon
from bench.workloads import costs as workload

CITY = Place("Kota", 1_000_000, 1, 1, 20, "invented")


def test_it_takes_what_was_measured_and_says_so() -> None:
    one = COSTS["worker"]
    made = page({(one.row, one.side): 12.5})
    assert f"| {one.words} | 12.5 ms | measured: `costs.json`, “{one.row}”, siaga |" in made
    assert made.count("assumed: not measured here yet") == len(COSTS) - 1


def test_it_asks_for_rows_that_are_measured() -> None:
    source = open(workload.__file__).read()  # noqa: SIM115
    said = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    numbers = str(workload.FEW), str(workload.MANY), str(workload.FEW + workload.MANY)
    for cost in COSTS.values():
        words = cost.row
        for number in numbers:
            words = words.replace(f" {number} consoles", " ")
        head = words.split(", ")[0]
        assert any(isinstance(text, str) and text.startswith(head) for text in said), cost.row


def test_its_arithmetic_holds() -> None:
    cost = costs({})
    at = {line.words.strip("*"): line.value for line in reckon(CITY, cost)}
    assert math.isclose(at["calls a day"], 3_800)
    surge = 3_800 / 86_400 * 20
    assert math.isclose(at["cases a second"], surge * 0.38)
    assert math.isclose(at["events a second"], surge * 0.38 * cost["entries"] + surge * 0.62 * 4)
    assert at["consoles of a center"] == 16
    assert at["web processes"] >= 2 and at["web processes"] * 0.5 >= at["web cores"]


def test_it_shows_every_place_and_every_step() -> None:
    made = page({})
    for place in PLACES:
        for line in reckon(place, costs({})):
            assert line.sum in made
    assert PAGE.read_text().startswith(made.splitlines()[0])
