"""script/backup: a base backup into a folder, checked against its manifest, the old ones taken away with the WAL that only
they needed. Also what restoring needs to know of such a folder. Nothing of Siaga's own tables."""

from __future__ import annotations

import argparse
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stack.postgres import SUPERUSER, find_programs
from stack.services import published
from stack.trouble import Trouble

CLONE = Path(__file__).resolve().parents[2]
PARTIAL = ".partial"


@dataclass(frozen=True)
class Backup:
    """One base backup: where, when it was complete, the first WAL segment it needs."""

    path: Path
    ended_at: datetime
    first_wal: str


def base_of(folder: Path) -> Path:
    return folder / "base"


def wal_of(folder: Path) -> Path:
    return folder / "wal"


def backups_in(folder: Path) -> list[Backup]:
    """Oldest first; half ones are none."""
    found = []
    for path in sorted(base_of(folder).glob("*")):
        if path.name.endswith(PARTIAL) or not (path / "PG_VERSION").exists():
            continue
        label = re.search(r"\(file ([0-9A-F]{24})\)", (path / "backup_label").read_text())
        ended_at = datetime.fromisoformat(json.loads((path.parent / f"{path.name}.json").read_text())["ended_at"])
        if label:
            found.append(Backup(path, ended_at, label[1]))
    return found


def as_owner(folder: Path) -> dict[str, object]:
    """For subprocess: PostgreSQL's programs refuse root, so root's run as the folder's owner. Raises Trouble."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat().st_uid
    if owner == 0:
        raise Trouble(f"{folder} belongs to root: give it to the account that runs PostgreSQL (chown)")
    account = pwd.getpwuid(owner)
    return {"user": owner, "group": account.pw_gid, "extra_groups": []}


def run(folder: Path, argv: list[str | Path], env: Mapping[str, str]) -> None:
    """A program as the folder's owner. Raises Trouble with what it said."""
    ran = subprocess.run(
        [str(word) for word in argv],
        env=dict(env),
        cwd="/",
        capture_output=True,
        text=True,
        umask=0o077,
        **as_owner(folder),  # type: ignore[call-overload]
    )
    if ran.returncode != 0:
        raise Trouble(f"{Path(argv[0]).name} failed: {ran.stderr.strip() or ran.stdout.strip()}")


def cluster_env() -> dict[str, str]:
    """libpq's variables: what the caller set, else the private cluster of SIAGA_VAR."""
    plain = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    asked = {key: value for key, value in os.environ.items() if key.startswith("PG")}
    if "PGHOST" not in asked:
        var = Path(os.environ.get("SIAGA_VAR") or CLONE / "var")
        services = published(var) or published(var / "state")
        if services is None or "PGHOST" not in services:
            raise Trouble(f"no private cluster runs in {var}: start script/server, or name the cluster by PGHOST")
        asked |= {"PGHOST": services["PGHOST"], "PGPORT": services["PGPORT"], "PGUSER": SUPERUSER}
    return plain | asked


def make_backup(folder: Path, env: Mapping[str, str]) -> Backup:
    """A new base backup. Raises Trouble; then no half backup stands where a whole one is looked for."""
    programs = find_programs(None)
    began = datetime.now(UTC)
    name = f"{began:%Y%m%dT%H%M%SZ}"
    partial, path = base_of(folder) / f"{name}{PARTIAL}", base_of(folder) / name
    try:
        run(
            folder,
            [programs / "pg_basebackup", "-D", partial, "-X", "stream", "-c", "fast", "--manifest-checksums", "SHA256"],
            env,
        )
        run(folder, [programs / "pg_verifybackup", "-q", partial], env)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    ended = datetime.now(UTC)
    written = {"began_at": began.isoformat(), "ended_at": ended.isoformat(), "bytes": _bytes(partial)}
    note = base_of(folder) / f"{name}.json"
    note.write_text(json.dumps(written))
    note.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(note, folder.stat().st_uid, folder.stat().st_gid)
    partial.rename(path)
    return next(backup for backup in backups_in(folder) if backup.path == path)


def forget_old(folder: Path, keep: int, env: Mapping[str, str]) -> list[str]:
    """All but the newest `keep` go, and the WAL before the oldest that stays. Names of what went."""
    backups = backups_in(folder)
    gone = backups[:-keep]
    for backup in gone:
        shutil.rmtree(backup.path)
        (backup.path.parent / f"{backup.path.name}.json").unlink(missing_ok=True)
    if gone and wal_of(folder).is_dir():
        program = find_programs(None) / "pg_archivecleanup"
        run(folder, [program, "-x", ".gz", wal_of(folder), backups[len(gone)].first_wal], env)
    return [backup.path.name for backup in gone]


def record(kind: str, values: Mapping[str, object]) -> None:
    """For the administrator's page. A backup is no worse for it when the room cannot be told."""
    said = os.environ.get("SIAGA_MANAGE", "").split() or [str(CLONE / "script" / "manage")]
    told = subprocess.run([*said, "record_recovery", kind, json.dumps(values)], capture_output=True, text=True)
    if told.returncode != 0:
        print(f"not recorded: {told.stderr.strip().splitlines()[-1:]}", file=sys.stderr)


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def prepare(folder: Path) -> Path:
    """The folder with its two parts, owned as it is itself. Raises Trouble."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise Trouble(f"{folder} is no folder: make it, on another disk or machine than the database's")
    who = folder.stat()
    for part in (base_of(folder), wal_of(folder)):
        part.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(part, who.st_uid, who.st_gid)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/backup")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=int, default=4, help="how many backups stay (default 4)")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        folder, env = prepare(options.folder), cluster_env()
        backup = make_backup(folder, env)
        gone = forget_old(folder, max(1, options.keep), env)
    except Trouble as trouble:
        print(f"script/backup: {trouble}", file=sys.stderr)
        record("backup", {"is_good": False, "seconds": time.monotonic() - began, "error": str(trouble)[:500]})
        return 1
    seconds, size = time.monotonic() - began, _bytes(backup.path)
    record("backup", {"is_good": True, "seconds": seconds, "backup": backup.path.name, "bytes": size})
    print(f"{backup.path} ({size >> 20} MB, {seconds:.0f} s){'; gone: ' + ', '.join(gone) if gone else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
