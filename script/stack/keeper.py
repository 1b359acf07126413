"""Has the services up while its standard input is open: borrows them from whoever holds the state folder, else starts and stops its own.
Runs as the unprivileged account, prints one JSON object (the environment for the command), and knows nothing of the command."""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import time
from pathlib import Path

from stack.environment import for_processes, secret_of
from stack.holder import Holder
from stack.place import own_folder
from stack.services import Services, forget, published
from stack.supervisor import Stopping, Supervisor
from stack.trouble import Trouble

WAIT_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack.keeper")
    parser.add_argument("--kind", choices=("manage", "test"), required=True)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--code", type=Path, required=True)
    options = parser.parse_args()
    try:
        own_folder(options.var)
        keep(options.kind, var=options.var, code=options.code)
    except Trouble as trouble:
        print(f"script/{options.kind}: {trouble}", file=sys.stderr)
        return 1
    return 0


def keep(kind: str, *, var: Path, code: Path) -> None:
    """Hold or borrow until standard input ends. Raises Trouble."""
    holder = Holder(var)
    deadline = time.monotonic() + WAIT_SECONDS
    while not holder.take(kind):
        if kind == "test":
            raise Trouble(
                f"{var} is held by {holder.sentence()}: stop that first, or name another folder with SIAGA_VAR"
            )
        if _borrow(holder, var=var, code=code):
            return
        if time.monotonic() > deadline:
            raise Trouble(f"{holder.sentence()} holds {var} and its services do not answer")
        time.sleep(0.2)
    _own(holder, kind, var=var, code=code)


def _borrow(holder: Holder, *, var: Path, code: Path) -> bool:
    """False when there is nothing to borrow (yet)."""
    if published(var) is None:
        return False
    holder.borrow()
    try:
        services = published(var)  # the holder may have stopped while we waited for leave
        if services is None:
            return False
        _hand_out(services, var=var, code=code)
        while not _is_over(timeout=3600):
            pass
        return True
    finally:
        holder.release()


def _own(holder: Holder, kind: str, *, var: Path, code: Path) -> None:
    supervisor = Supervisor(var / "run", var / "log", quiet=True)
    services: Services | None = None
    try:
        forget(var)
        supervisor.clear_leftovers()
        services = Services(var, os.environ, is_throwaway=kind == "test")
        services.start(supervisor)
        _hand_out(services.environment, var=var, code=code)
        supervisor.run(until=_is_over)
        supervisor.run(until=holder.close_to_borrowers)
    except Stopping:
        pass
    finally:
        if services is not None:
            services.withdraw()
        supervisor.stop()
        holder.release()


def _hand_out(services: dict[str, str], *, var: Path, code: Path) -> None:
    port = int(os.environ.get("PORT", "8000"))
    env = for_processes(os.environ, code=code, var=var, services=services, secret=secret_of(var), port=port)
    changed = {key: value for key, value in env.items() if os.environ.get(key) != value}
    print(json.dumps(changed), flush=True)


def _is_over(timeout: float = 0) -> bool:
    """Standard input has ended: the command is done, or whoever ran it was killed."""
    readable, _, _ = select.select([sys.stdin], [], [], timeout)
    return bool(readable) and os.read(sys.stdin.fileno(), 1000) == b""


if __name__ == "__main__":
    sys.exit(main())
