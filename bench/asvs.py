"""docs/security.md: OWASP ASVS 5.0, level 1 and 2, item by item, made from docs/security/asvs-5.0.csv alone.
Judges nothing: what a row says was written by a person; tests/docs holds that its tests exist and that no item is missing.

python -m bench.asvs        writes the page anew
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "docs" / "security" / "asvs-5.0.csv"
PAGE = ROOT / "docs" / "security.md"
STATES = {"m": "met", "n": "does not apply", "x": "**not met**"}
CHAPTERS = {
    1: "Encoding and sanitization",
    2: "Validation and business logic",
    3: "Web frontend",
    4: "API and web service",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Self-contained tokens",
    10: "OAuth and OIDC",
    11: "Cryptography",
    12: "Communication",
    13: "Configuration",
    14: "Data protection",
    15: "Coding and architecture",
    16: "Logging and errors",
    17: "WebRTC",
}
HEAD = """# Security

Siaga held against the [OWASP Application Security Verification Standard 5.0](https://github.com/OWASP/ASVS), levels 1 and 2, item by
item. The words are ours and short; the standard's own text counts. This page is made by `python -m bench.asvs` from
`docs/security/asvs-5.0.csv`. A test named here exists (tests/docs holds it) and tries the item; *by reading* means that somebody looked
at the code and no test holds it. What is not met is said so, with what is missing. How to report a weakness: SECURITY.md.
"""


@dataclass(frozen=True)
class Item:
    """`number` without the V; `tests`: paths below tests/, with or without `::test`."""

    number: str
    level: int
    state: str
    words: str
    tests: tuple[str, ...]
    note: str

    @property
    def chapter(self) -> int:
        return int(self.number.split(".")[0])


def items() -> list[Item]:
    """In the order of the standard. Raises ValueError for a row of another form."""
    found = []
    for line in LIST.read_text().splitlines():
        number, level, state, words, tests, note = line.split("|")
        found.append(Item(number, int(level), state, words, tuple(tests.split()), note))
    return found


def page(every: list[Item]) -> str:
    held = sum(1 for item in every if item.state == "m" and item.tests)
    states = Counter(item.state for item in every)
    count = (
        f"Of {len(every)} items {states['m']} are met ({held} held by a test, {states['m'] - held} by reading),"
        f" {states['n']} do not apply, {states['x']} are not met."
    )
    lines = [HEAD, count, "", "## Not met", ""]
    lines += [f"- v5.0.0-{item.number} {item.words}: {item.note}" for item in every if item.state == "x"]
    for chapter, title in CHAPTERS.items():
        lines += [
            "",
            f"## V{chapter} {title}",
            "",
            "| item | level | what | state | by |",
            "| --- | ---: | --- | --- | --- |",
        ]
        lines += [_row(item) for item in every if item.chapter == chapter]
    return "\n".join(lines) + "\n"


def _row(item: Item) -> str:
    by = ", ".join(f"`{test}`" for test in item.tests)
    if item.note:
        by += (". " if by else "by reading: " if item.state == "m" else "") + item.note
    return f"| v5.0.0-{item.number} | {item.level} | {item.words} | {STATES[item.state]} | {by} |"


if __name__ == "__main__":
    PAGE.write_text(page(items()))
