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

    def refusal_lines(self) -> list[str]:
        return [
            f"  refused {what}: {reason} × {number}"
            for (what, reason), number in sorted(self.refusals.items(), key=lambda item: (-item[1], item[0]))
        ]
