"""Tables for the terminal and docs/performance.md, made from bench/results/*.json alone. Measures nothing.

python -m bench.report        writes the page anew from the results that are there
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
PAGE = ROOT / "docs" / "performance.md"
Kept = dict[str, Any]

HEAD = """# How fast Siaga is

This page is made by `script/bench` from `bench/results/*.json` (`python -m bench.report` writes it anew). Nothing in it is
written by hand. Each measurement runs Siaga's real processes (PostgreSQL with synchronous commits, Redis, the web server,
workers) and its floor or peer in turn inside the same run, on loopback, the load generator in its own process. A value is the
median of the repeats, the spread beside it their lowest and highest. Absolute times belong to the machine; read the ratios. Where
the time goes, what was tried and why a goal is not met here: [decision 8](decisions/0008-where-the-time-goes.md).
"""


def machine() -> dict[str, str]:
    """What it was measured on, as far as it can be found out."""
    cpu = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+) kB", _read("/proc/meminfo"))
    return {
        "cpu": cpu.group(1) if cpu else platform.processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory.group(1)) / 2**20:.0f} GiB" if memory else "",
        "system": _first(r'PRETTY_NAME="(.*)"', _read("/etc/os-release")),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": _first(r"(\d+\.\d+)", _said("psql", "--version")),
        "redis": _first(r"v=(\S+)", _said("redis-server", "--version")),
        "node": _said("node", "--version").strip(),
        "siaga": _said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD").strip(),
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _said(*argv: str) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=10).stdout
    except OSError:
        return ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""


def number(value: float) -> str:
    """Three figures, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"


def table(kept: Kept) -> list[str]:
    """Lines for a terminal."""
    rows = [("", "side", "median", "lowest – highest", "unit")] + [
        (row["what"], row["side"], number(statistics.median(row["values"])), _spread(row["values"]), row["unit"])
        for row in kept["rows"]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines += [f"  {_mark(v['is_met'])} {v['goal']}: {v['demand']} → {v['reached']}" for v in kept["verdicts"]]
    lines += [f"  note: {note}" for note in kept["notes"]]
    return lines + [f"  ({kept['seconds']} s)"]


def _spread(values: list[float]) -> str:
    return f"{number(min(values))} – {number(max(values))}" if len(values) > 1 else ""


def _mark(is_met: bool | None) -> str:
    return {True: "met", False: "NOT MET", None: "–"}[is_met]


def results() -> list[Kept]:
    return [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]


def page(kept: Iterable[Kept]) -> str:
    """The Markdown of docs/performance.md."""
    every = list(kept)
    lines = [HEAD, "## Goals", "", "| Goal | Demand | Reached | |", "| --- | --- | --- | --- |"]
    verdicts = [(v, each["name"]) for each in every for v in each["verdicts"]]
    for verdict, name in sorted(verdicts, key=lambda pair: int(_first(r"G(\d+)", pair[0]["goal"]) or 99)):
        cells = (verdict["goal"], verdict["demand"], verdict["reached"], f"**{_mark(verdict['is_met'])}** ({name})")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for each in every:
        lines += ["", f"## {each['name']}: {each['title']}", ""]
        lines += ["| | side | median | lowest – highest | unit |", "| --- | --- | ---: | ---: | --- |"]
        for row in each["rows"]:
            median = number(statistics.median(row["values"]))
            lines.append(f"| {row['what']} | {row['side']} | {median} | {_spread(row['values'])} | {row['unit']} |")
        lines += [""] + [f"- {note}" for note in each["notes"]] if each["notes"] else []
        spec = ", ".join(f"{key} {value}" for key, value in each["machine"].items() if value)
        lines += ["", f"{each['repeats']} repeats, {each['seconds']} s, on: {spec}."]
    return "\n".join(lines) + "\n"


def write_page() -> None:
    PAGE.write_text(page(results()))


if __name__ == "__main__":
    write_page()
