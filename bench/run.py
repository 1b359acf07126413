"""script/bench: runs the measurements one after the other on a database made for it, writes results and the page.

Needs DATABASE_URL (a role that may create databases) and REDIS_URL; script/bench gives private ones.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import signal
import sys
import time
import traceback
from dataclasses import asdict
from importlib import import_module
from types import ModuleType

import django
import environ
import psycopg

DATABASE = "siaga_bench"


def names() -> list[str]:
    workloads = import_module("bench.workloads")
    return sorted(module.name for module in pkgutil.iter_modules(workloads.__path__))


def fresh_database() -> None:
    """Makes the database anew and points DATABASE_URL to it, before Django reads it."""
    given = environ.Env().db_url("DATABASE_URL")
    at = {key: given[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if given.get(key)}
    kept = {key.lower(): value for key, value in at.items()}
    with psycopg.connect(**kept, dbname=given["NAME"], autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {DATABASE}")  # type: ignore[arg-type]
    url = os.environ["DATABASE_URL"]
    base, _, _ = url.partition("?")
    os.environ["DATABASE_URL"] = base.rsplit("/", 1)[0] + f"/{DATABASE}"


def prepare() -> None:
    fresh_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")
    os.environ["SIAGA_ALLOWED_HOSTS"] = (
        "127.0.0.1,testserver"  # the second for calls that set a city up in this process
    )
    django.setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)


def run_one(name: str, workload: ModuleType, repeats: int, is_quick: bool) -> bool:
    """Runs, prints, keeps. False when it broke."""
    stage_module, report = import_module("bench.stage"), import_module("bench.report")
    print(f"\n{name}: {workload.TITLE}", flush=True)
    begun = time.monotonic()
    try:
        result = workload.run(stage_module.Stage(repeats=repeats, is_quick=is_quick))
    except Exception:
        traceback.print_exc()
        return False
    seconds = time.monotonic() - begun
    kept = {
        "name": name,
        "title": workload.TITLE,
        "goals": list(workload.GOALS),
        "repeats": repeats,
        "is_quick": is_quick,
        "seconds": round(seconds, 1),
        "machine": report.machine(),
        **asdict(result),
    }
    for line in report.table(kept):
        print(line, flush=True)
    report.RESULTS.mkdir(exist_ok=True)
    (report.RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures Siaga beside its floors.")
    parser.add_argument("names", nargs="*", metavar="name", help="what to measure (default: everything)")
    parser.add_argument("--list", action="store_true", help="say what there is and what each measures")
    parser.add_argument("--quick", action="store_true", help="two repeats, to see that it runs; not kept as a result")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    every = names()
    if options.list:
        for name in every:
            workload = import_module(f"bench.workloads.{name}")
            print(f"{name:12} {', '.join(workload.GOALS):12} {workload.TITLE}")
        return 0
    unknown = [name for name in options.names if name not in every]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(every)}")
    if options.repeats < 1:
        parser.error("--repeats must be 1 or more")
    # Told to stop, it ends what it has started: SystemExit runs every workload's own clean-up.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    prepare()
    report = import_module("bench.report")
    if options.quick:
        report.RESULTS = report.RESULTS / "quick"
    begun = time.monotonic()
    went = [
        run_one(name, import_module(f"bench.workloads.{name}"), 2 if options.quick else options.repeats, options.quick)
        for name in options.names or every
    ]
    print(f"\n{sum(went)} of {len(went)} measured in {time.monotonic() - begun:.0f} s", flush=True)
    if not options.quick:
        report.write_page()
        sizing = import_module("bench.sizing")
        sizing.write_page()
        print(f"written: {report.PAGE} and {sizing.PAGE}", flush=True)
    return 0 if all(went) else 1


if __name__ == "__main__":
    sys.exit(main())
