"""The short form of script/faults: the whole stack of its own, ten faults of different kinds, every checker. About a minute.
The seed is fixed, so that a failure can be had again; `script/faults` without --seed draws another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bench.faults.names import GROUPS, WORDS
from bench.faults.nemesis import KINDS, plan
from tests.processes import ROOT

SEED = 112
CHECKERS, FAULTS = 10, 10


def faults(*argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    """script/faults without its installing."""
    own = ("DATABASE_URL", "REDIS_URL", "SIAGA_DEMO", "SIAGA_DEBUG", "PYTEST_CURRENT_TEST")
    env = {name: value for name, value in os.environ.items() if name not in own} | {"PYTHONPATH": str(ROOT), **more}
    command = [sys.executable, "-m", "bench.faults.run", *argv]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)


def test_it_survives_ten_faults(tmp_path: Path) -> None:
    ran = faults("--seed", str(SEED), "--keep", str(tmp_path))
    told = ran.stdout[-6000:] + ran.stderr[-3000:]
    assert ran.returncode == 0, told
    assert len(re.findall(r"^held ", ran.stdout, re.M)) == CHECKERS, told
    assert re.search(rf"^ +{FAULTS} faults$", ran.stdout, re.M), told
    acknowledged = re.search(r"^ +([\d,]+) creates acknowledged$", ran.stdout, re.M)
    assert acknowledged is not None and int(acknowledged.group(1).replace(",", "")) > 30, told
    assert (tmp_path / "history.jsonl").read_text().count('"kind": "heal"') == FAULTS


def test_it_plans_every_kind_before_any_comes_again() -> None:
    names = list(KINDS)
    made = plan(SEED, 2 * len(names), 100, names)
    assert made == plan(SEED, 2 * len(names), 100, names) != plan(SEED + 1, 2 * len(names), 100, names)
    assert {one.name for one in made[: len(names)]} == set(names) == {one.name for one in made[len(names) :]}
    assert abs(sum(one.hold_seconds + one.rest_seconds for one in made) - 100) < 0.01


def test_it_has_every_fault_in_one_part_of_the_long_form() -> None:
    parts = [name for group in GROUPS.values() for name in group]
    assert sorted(parts) == sorted(WORDS) == sorted(KINDS)


def test_it_lists_the_faults_and_refuses_one_that_is_none() -> None:
    assert faults("--list").stdout.count("\n") == len(WORDS) + len(GROUPS)
    assert faults("--only", "earthquake").returncode == 2
