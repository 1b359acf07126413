"""What a measurement gives: rows of values, one per repeat, and verdicts on the goals. No measuring here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SIAGA = "siaga"


@dataclass(frozen=True)
class Row:
    """One quantity of one side (`siaga`, or a floor's name): a value per repeat, in `unit`."""

    what: str
    side: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Verdict:
    """What a goal demands, what was reached, whether that is enough. `is_met` None: not to be told on this machine."""

    goal: str
    demand: str
    reached: str
    is_met: bool | None


@dataclass
class Result:
    """Of one workload."""

    rows: list[Row] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, side: str, unit: str, values: Iterable[float]) -> Row:
        row = Row(what, side, unit, [float(value) for value in values])
        self.rows.append(row)
        return row

    def judge(self, goal: str, demand: str, reached: str, is_met: bool | None) -> None:
        self.verdicts.append(Verdict(goal, demand, reached, is_met))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed (nearest rank). Raises ValueError without values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100).__int__() - 1))]


def ratio(mine: Row, floor: Row) -> float:
    """Mine over the floor, of medians; the two were measured in turn."""
    return mine.median / floor.median if floor.median else float("inf")
