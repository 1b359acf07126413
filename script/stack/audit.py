"""script/audit: known weaknesses of the locked packages, as pip-audit and npm tell them. It decides only whether a source answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
PYTHON = [
    sys.executable,
    "-m",
    "pip_audit",
    "-r",
    "requirements/dev.txt",
    "--disable-pip",
    "--no-deps",
    "--timeout",
    "5",
]
NPM = ["npm", "audit", "--json", "--fetch-retries", "0", "--fetch-timeout", "10000"]


def main() -> int:
    weak = False
    for name, argv, read in (
        ("pip-audit", [*PYTHON, "--format", "json", "--progress-spinner", "off"], of_python),
        ("npm audit", NPM, of_npm),
    ):
        found = read(ask(argv))
        if found is None:
            print(f"{name}: skipped, no source of advisories could be reached")
        else:
            print("\n".join([f"{name}: {len(found)} known weaknesses", *found]))
            weak = weak or bool(found)
    return int(weak)


def ask(argv: list[str]) -> str:
    """What the program printed; nothing when it is not there or takes too long."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        return subprocess.run(
            argv, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, env=os.environ | {"PATH": path}
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def of_python(text: str) -> list[str] | None:
    """None when pip-audit could look up no package at all."""
    packages = _json(text).get("dependencies", [])
    looked_up = [one for one in packages if "skip_reason" not in one]
    if not looked_up:
        return None
    return [f"  {one['name']} {one['version']}: {weak['id']}" for one in looked_up for weak in one.get("vulns", [])]


def of_npm(text: str) -> list[str] | None:
    """None when npm's source did not answer."""
    answer = _json(text)
    if "vulnerabilities" not in answer:
        return None
    return [f"  {name}: {facts['severity']}" for name, facts in answer["vulnerabilities"].items()]


if __name__ == "__main__":
    sys.exit(main())
