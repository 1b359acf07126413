"""script/drill: proves that the backups restore. The newest is brought up beside the live room with all WAL since, its timeline
is verified by `manage.py verify_timeline`, and what was found is recorded. The live cluster is not touched."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stack.backup import CLONE, record
from stack.postgres import find_programs
from stack.restore import choose, give, moment, query, running, unpack
from stack.trouble import Trouble

COPY_PORT = 5432
"""Only names the socket's file: a drill's copy listens nowhere else."""
STATE = """
    SELECT json_build_object(
        'seqs', (SELECT json_object_agg(code, coalesce(seq, 0)) FROM incidents_center c
                 LEFT JOIN incidents_feed f ON f.center_id = c.id),
        'reached_at', (SELECT max(at) FROM incidents_timelineentry),
        'incidents', (SELECT count(*) FROM incidents_incident),
        'entries', (SELECT count(*) FROM incidents_timelineentry))
"""


def drill(folder: Path, scratch: Path, to: object = None) -> dict[str, object]:
    """What was found: seconds, backup, and of the copy its seqs, newest entry, counts. Raises Trouble."""
    began = time.monotonic()
    backup = choose(folder, to)  # type: ignore[arg-type]
    into = Path(tempfile.mkdtemp(prefix="drill-", dir=scratch))
    try:
        unpack(folder, backup, into, to)  # type: ignore[arg-type]
        with running(folder, into, COPY_PORT, is_open=False) as sockets:
            seconds = time.monotonic() - began
            state = query(find_programs(into), sockets, COPY_PORT, folder, "siaga", STATE)
            if state is None:
                raise Trouble("the copy has no database siaga, or lets nobody in by its socket")
            said = _verify(sockets)
        return {
            "is_good": True,
            "backup": backup.path.name,
            "seconds": seconds,
            "verify_seconds": time.monotonic() - began - seconds,
            "verified": said,
            **json.loads(state),
        }
    finally:
        shutil.rmtree(into, ignore_errors=True)
        into.with_name(f"{into.name}.log").unlink(missing_ok=True)


def _verify(sockets: Path) -> str:
    # What PG… variables say is the live cluster's, and must not lead the check there.
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {
        "DATABASE_URL": f"postgis://siaga@/{sockets}/siaga",
        "SIAGA_REPLICA_URL": "",
        "SIAGA_SECRET_KEY": os.environ.get("SIAGA_SECRET_KEY") or "only-to-read-a-copy",
    }
    sockets.chmod(0o711)
    argv = [os.environ.get("SIAGA_PYTHON") or sys.executable, str(CLONE / "manage.py"), "verify_timeline"]
    ran = subprocess.run(argv, env=env, cwd=CLONE, capture_output=True, text=True)
    if ran.returncode != 0:
        raise Trouble(f"the copy's timeline is not whole: {ran.stderr.strip() or ran.stdout.strip()}")
    return ran.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/drill")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scratch", type=Path, help="where the copy is made and removed (default: beside the backups)")
    parser.add_argument("--to", type=moment, help="as it was then; without it, up to the end of the archived WAL")
    options = parser.parse_args()
    began = time.monotonic()
    folder = options.folder.resolve()
    try:
        scratch = (options.scratch or folder / "drill").resolve()
        scratch.mkdir(mode=0o700, exist_ok=True)
        if options.scratch is None:
            give(scratch, folder)
        found = drill(folder, scratch, options.to)
    except (Trouble, OSError) as trouble:
        print(f"script/drill: {trouble}", file=sys.stderr)
        record("restore_drill", {"is_good": False, "seconds": time.monotonic() - began, "error": str(trouble)[:500]})
        return 1
    record("restore_drill", found)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
