"""script/manage and script/test: run one command with the services up, and leave things as they were.
The command keeps the caller's account, folder and standard streams; the services belong to the keeper."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from stack.place import Place, find_place
from stack.trouble import Trouble


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack.hold")
    parser.add_argument("--kind", choices=("manage", "test"), required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    try:
        clone = Path(__file__).resolve().parents[2]
        place = find_place(clone, os.environ.get("SIAGA_VAR", ""))
        return hold(place, kind=options.kind, command=command)
    except Trouble as trouble:
        print(f"script/{options.kind}: {trouble}", file=sys.stderr)
        return 1


def hold(place: Place, *, kind: str, command: list[str]) -> int:
    """The command's exit code (128 + n after signal n). Raises Trouble."""
    keeper = _start_keeper(place, kind)
    assert keeper.stdout is not None and keeper.stdin is not None
    try:
        handed_out = keeper.stdout.readline()
        if not handed_out:
            raise SystemExit(keeper.wait() or 1)  # it has said why
        env = dict(os.environ) | json.loads(handed_out)
        return _run(command, env)
    finally:
        keeper.stdin.close()  # the keeper's sign to stop; it comes by itself when this process is killed
        keeper.wait()


def _start_keeper(place: Place, kind: str) -> subprocess.Popen[bytes]:
    env = dict(os.environ) | {"PYTHONPATH": str(place.code / "script")}
    argv = [str(place.python), "-m", "stack.keeper", "--kind", kind, "--var", str(place.var), "--code", str(place.code)]
    account = place.account
    if account is None:
        return subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    env |= {"HOME": account.home, "USER": account.name, "LOGNAME": account.name}
    return subprocess.Popen(
        argv,
        env=env,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        umask=0o077,
    )


def _run(command: list[str], env: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=env)

    def pass_on(number: int, _frame: object) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the command as well
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
