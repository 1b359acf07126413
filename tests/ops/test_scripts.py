"""The scripts: they parse, and say what is missing instead of failing obscurely."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    "script/bootstrap",
    "script/server",
    "script/manage",
    "script/test",
    "script/lint",
    "script/bench",
    "script/audit",
    "script/sbom",
    "script/backup",
    "script/restore",
    "script/drill",
    "script/faults",
    ".ci/run",
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_executable_and_parses(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_ci_calls_the_linters_and_the_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-3:] == ["script/lint", "script/test", "script/test -n 0 -m long"]


def test_no_lock_file_names_an_address() -> None:
    for name in ("requirements/app.txt", "requirements/dev.txt", "package-lock.json"):
        assert "://" not in (ROOT / name).read_text().replace("https://opencollective.com", "").replace(
            "https://github.com", ""
        )
