"""Counts what was planned, sent, taken and refused, so that the numbers at the end add up.
Only numbers and the lines that print them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """counts: what happened, by name. refusals: (what was asked, the room's reason) → how often."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, name: str, how_many: int = 1) -> None:
        self.counts[name] += how_many

    def refuse(self, what: str, reason: str, how_many: int = 1) -> None:
        self.refusals[what, reason] += how_many

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def refused(self, what: str | None = None) -> int:
        return sum(number for (asked, _), number in self.refusals.items() if what is None or asked == what)

    def call_lines(self) -> list[str]:
        """Two sums: what became of the plan, and what became of each ring."""
        count = self.counts
        outcomes = {name.split()[1]: number for name, number in count.items() if name.startswith("outcome ")}
        not_rung = count["calls planned"] - count["calls rung"] - count["calls held back"] - self.refused("call")
        ends = sum(outcomes.values()) + count["calls left to people"] + count["calls cut off by the end"]
        told = " + ".join(f"{number} {name}" for name, number in sorted(outcomes.items())) or "0"
        places_refused = self.refused("position") + self.refused("positions")
        return [
            f"calls planned  {count['calls planned']} = {count['calls rung']} rung"
            f" + {count['calls held back']} held back"
            f" + {self.refused('call')} refused + {not_rung} not rung",
            f"calls rung     {count['calls rung']} = {told}"
            f" + {count['calls left to people']} left to people"
            f" + {count['calls cut off by the end']} cut off by the end + {count['calls rung'] - ends} unexplained",
            f"incidents      {count['incidents opened']} opened, {count['incidents closed']} closed,"
            f" {count['assigned by hand']} units assigned by hand, {count['step cleared']} units cleared",
            f"positions      {count['positions']} taken, {places_refused} refused",
        ]

    def refusal_lines(self) -> list[str]:
        return [
            f"  refused {what}: {reason} × {number}"
            for (what, reason), number in sorted(self.refusals.items(), key=lambda item: (-item[1], item[0]))
        ]
