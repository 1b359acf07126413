"""script/faults: starts everything, lets clients play while the nemesis breaks its parts, heals, waits until all is at rest,
reads everything and checks it. Exit code 1 when a checker found something. What is played is in play.py.

The short form is a test; the parts of the long form are kept in bench/results/faults/ and become figures of docs/reliability.md.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.faults.links import is_isolated, isolate
from bench.faults.names import GROUPS, WORDS

SHORT = {"seconds": 30.0, "faults": 10, "creates": 4.0, "attempts": 20.0, "consoles": 3}
LONG = {"seconds": 330.0, "faults": 52, "creates": 12.0, "attempts": 90.0, "consoles": 8}
"""Of each part. Creates and attempts are per second, if answers come in time."""


def options_of(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/faults", description="Breaks Siaga's parts on purpose and checks what is left."
    )
    parser.add_argument("--long", action="store_true", help="every part, kept as results; with --only PART one of them")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a fault or a part; repeatable")
    parser.add_argument("--seed", type=int, help="of the plan; drawn and printed without it")
    parser.add_argument("--seconds", type=float, help="how long faults go on")
    parser.add_argument("--faults", type=int, help="how many faults")
    parser.add_argument("--creates", type=float, help="cases a second")
    parser.add_argument("--attempts", type=float, help="attempts at contended units a second")
    parser.add_argument("--consoles", type=int, help="how many consoles follow")
    parser.add_argument("--keep", metavar="FOLDER", help="leave history and logs there")
    parser.add_argument("--list", action="store_true", help="say which faults there are")
    options = parser.parse_args(argv)
    for name, value in (LONG if options.long else SHORT).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    for name in options.only:
        if name not in GROUPS and name not in WORDS:
            parser.error(f"there is no {name}; see --list")
    return options


def main(argv: list[str]) -> int:
    options = options_of(argv)
    if options.list:
        for group, names in GROUPS.items():
            print(group, *(f"  {name:18} {WORDS[name]}" for name in names), sep="\n")
        return 0
    if options.long and not options.only:
        return max(
            subprocess.run([sys.executable, "-m", "bench.faults.run", *argv, "--only", group]).returncode
            for group in GROUPS
        )
    isolate([sys.executable, "-m", "bench.faults.run", *argv])
    # Told to stop, it ends what it has started: SystemExit runs the clean-up.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="siaga-faults-"))
    folder.chmod(0o755)  # PostgreSQL runs as another account
    try:
        return run(options, folder)
    finally:
        if options.keep:
            _leave(folder, Path(options.keep))
        shutil.rmtree(folder, ignore_errors=True)


def run(options: argparse.Namespace, folder: Path) -> int:
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} {words}", flush=True)

    stage_module = import_module("bench.faults.stage")
    stage = stage_module.Stage(folder)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    say(f"seed {seed}; " + _how(is_isolated()))
    try:
        stage.make_services()
        say("PostgreSQL and Redis run")
        os.environ.update(stage.environment)
        os.environ["SIAGA_ALLOWED_HOSTS"] = "127.0.0.1,testserver"
        import_module("django").setup()
        import_module("django.core.management").call_command("migrate", verbosity=0)
        say("the database has its schema")
        play = import_module("bench.faults.play")
        names = [one for name in options.only for one in GROUPS.get(name, (name,))] or list(WORDS)
        result = play.play(stage, options, names, seed, say)
    finally:
        stage.close()
    for line in result.lines():
        print(line, flush=True)
    if options.long and not result.is_broken:
        import_module("bench.faults.report").keep_part("-".join(options.only), result, seed)
    return 1 if result.is_broken else 0


def _how(has_namespaces: bool) -> str:
    if has_namespaces:
        return "links are cut in network namespaces, slowed by a proxy; PostgreSQL is on a disk of its own"
    return "no namespaces here (they need root): links are cut and slowed by a proxy, and the disk is not filled"


def _leave(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in (folder / "history.jsonl", *(folder / "log").glob("*.log")):
        if path.exists():
            shutil.copy(path, target / path.name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
