"""Keeps what the tests of this folder measured for docs/reliability.md, when SIAGA_KEEP_RESULTS is set; else only prints it.
Asserts nothing."""

from __future__ import annotations

import os
from statistics import median

from bench import reliability
from bench.reliability import Figure

RESTARTS = int(os.environ.get("SIAGA_RESTARTS", "2"))


def _keep(name: str, *figures: Figure) -> None:
    for figure in figures:
        print(f"\n{figure.row}: {figure.figure} ({figure.tries} tries)")
    if os.environ.get("SIAGA_KEEP_RESULTS"):
        reliability.keep(name, figures)


def keep_takeover(told: int, repeats: int, promoted: float, silence: float) -> None:
    words = (
        f"synchronous standby promoted in {promoted:.1f} s; no write for {silence:.1f} s; 0 of {told:,} acknowledged"
        f" lost, 0 doubled, {repeats} requests repeated with their keys"
    )
    _keep("takeover", Figure("G8", words, 1, "tests/recovery/test_takeover.py", silence <= 60))


def keep_restart(told: int, seconds: list[float]) -> None:
    words = (
        f"immediate stop and restart: first write {median(seconds):.1f} s (median), {max(seconds):.1f} s (longest) after the"
        f" server is back; 0 of {told:,} acknowledged lost, 0 doubled"
    )
    _keep("restart", Figure("G8", words, len(seconds), "tests/recovery/test_takeover.py", max(seconds) <= 10))


def keep_restore(entries: int, seconds: float, verify: float, gap: float) -> None:
    words = (
        f"{entries:,} timeline entries restored in {seconds:.1f} s to before a DELETE, the newest kept entry {gap:.1f} s older"
        f" than it; chain verified in {verify:.1f} s; WAL archived at the latest after 60 s"
    )
    _keep("restore", Figure("G9", words, 1, "tests/recovery/test_restore.py"))


def keep_parts(shown: dict[str, float]) -> None:
    """`shown`: part → seconds from its end until a screen said so."""
    each = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in shown.items())
    words = f"stopped, and on the screen that it is away: {each}"
    _keep("parts", Figure("G12", words, len(shown), "tests/recovery/test_parts_away.py", max(shown.values()) <= 10))
