"""script/restore: a cluster out of a folder of backups, at the end of its WAL or as it was at a moment. Makes a new folder and
never touches a cluster that is there; what the copy holds is looked at by others."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from stack.backup import CLONE, Backup, as_owner, backups_in, wal_of
from stack.postgres import find_programs
from stack.trouble import Trouble

READY_SECONDS = 3600.0
DEPLOY = CLONE / "deploy"


def choose(folder: Path, to: datetime | None) -> Backup:
    """The newest backup that was complete before `to`. Raises Trouble."""
    fitting = [backup for backup in backups_in(folder) if to is None or backup.ended_at <= to]
    if not fitting:
        raise Trouble(f"no backup in {folder} was complete {'before ' + str(to) if to else 'yet'}")
    return fitting[-1]


def unpack(folder: Path, backup: Backup, into: Path, to: datetime | None) -> None:
    """A copy of the backup in `into`, told to replay the archive up to `to`. Raises Trouble."""
    if into.exists() and any(into.iterdir()):
        raise Trouble(f"{into} is not empty: a restore makes a folder of its own")
    shutil.copytree(backup.path, into, symlinks=True, dirs_exist_ok=True)
    # The scripts lie in the copy: the account may not be let into the clone.
    shutil.copy(DEPLOY / "fetch-wal.sh", into / "fetch-wal.sh")
    settings = [
        f'restore_command = \'sh "{into / "fetch-wal.sh"}" "{wal_of(folder)}" "%f" "%p"\'',
        "recovery_target_timeline = 'latest'",
        "recovery_target_action = 'promote'",
        "archive_mode = off",  # a copy must never write into the archive of the original
        "synchronous_standby_names = ''",
        "primary_conninfo = ''",
    ]
    if to is not None:
        settings.append(f"recovery_target_time = '{to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'")
    with (into / "postgresql.auto.conf").open("a") as file:
        file.write("\n".join(["", "# restored by script/restore", *settings, ""]))
    (into / "recovery.signal").touch()
    give(into, folder)


def give(into: Path, folder: Path) -> None:
    """To the account that runs PostgreSQL: the owner of the folder of backups."""
    if os.geteuid() == 0:
        who = folder.stat()
        for path in (into, *into.rglob("*")):
            os.chown(path, who.st_uid, who.st_gid, follow_symlinks=False)
    into.chmod(0o700)


@contextmanager
def running(folder: Path, into: Path, port: int, *, is_open: bool) -> Iterator[Path]:
    """The copy while it runs, once it has become a primary of its own; gives the folder of its socket. `is_open`: it
    listens on loopback too. Raises Trouble."""
    programs = find_programs(into)
    with tempfile.TemporaryDirectory(prefix="siaga-restore-", dir="/tmp") as name:
        sockets = Path(name)
        give(sockets, folder)
        log = into.with_name(f"{into.name}.log")
        argv = [programs / "postgres", "-D", into, "-k", sockets, "-p", str(port)]
        argv += ["-c", f"listen_addresses={'127.0.0.1' if is_open else ''}"]
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        with log.open("ab") as said:
            process = subprocess.Popen(
                [str(word) for word in argv],
                env=env,
                cwd="/",
                stdout=said,
                stderr=said,
                **as_owner(folder),  # type: ignore[call-overload]
            )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not _is_primary(programs, sockets, port, folder):
                if process.poll() is not None or time.monotonic() > deadline:
                    last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                    raise Trouble(f"the copy did not come up; the end of {log}:\n{last}")
                time.sleep(0.1)
            yield sockets
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(120)


def _is_primary(programs: Path, sockets: Path, port: int, folder: Path) -> bool:
    asked = query(programs, sockets, port, folder, "postgres", "SELECT pg_is_in_recovery()")
    return asked == "f"


def query(programs: Path, sockets: Path, port: int, folder: Path, database: str, words: str) -> str | None:
    """What psql says to it as the copy's superuser; None when it cannot be asked."""
    for role in ("postgres", "siaga"):
        ran = subprocess.run(
            [str(programs / "psql"), "-XqAt", "-h", str(sockets), "-p", str(port), "-U", role, "-d", database],
            input=words,
            capture_output=True,
            text=True,
            cwd="/",
            **as_owner(folder),  # type: ignore[call-overload]
        )
        if ran.returncode == 0:
            return ran.stdout.strip()
    return None


def moment(given: str) -> datetime:
    """An ISO time with its zone."""
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{given}: no time such as 2026-11-24 10:15:00+07:00") from error
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{given}: say the zone too, such as +07:00")
    return at


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/restore")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--to", type=moment, help="as it was then; without it, up to the end of the archived WAL")
    parser.add_argument("--serve", type=int, metavar="PORT", help="serve it on loopback until Ctrl-C")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        folder, into = options.folder.resolve(), options.into.resolve()
        backup = choose(folder, options.to)
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        unpack(folder, backup, into, options.to)
        with running(folder, into, options.serve or 5432, is_open=bool(options.serve)):
            seconds = time.monotonic() - began
            print(f"{into}: restored from {backup.path.name} in {seconds:.1f} s", flush=True)
            if options.serve:
                print(f"serving on 127.0.0.1:{options.serve} until Ctrl-C", flush=True)
                signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except Trouble as trouble:
        print(f"script/restore: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    sys.exit(main())
