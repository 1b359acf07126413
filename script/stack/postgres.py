"""A private PostgreSQL cluster with PostGIS under the state folder: found, made, started, healed after a crash.
No schema and no data of Siaga's: migrations do that."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from stack.supervisor import Child
from stack.trouble import Trouble

DATABASE = "siaga"
#: The application's role owns its database and may make test databases, and is no superuser.
ROLE = "siaga"
SUPERUSER = "postgres"
#: Only names the socket file: the cluster listens on no network address.
PORT = 5432
#: A Unix socket's path must fit into 107 bytes and a closing zero.
SOCKET_PATH_LIMIT_BYTES = 107
#: PostGIS may only be made by a superuser, so it goes into the template that every database, the tests' too, is copied from.
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist", "pg_stat_statements")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A statement that failed holds what was said on the telephone: the log names the error alone.
    "log_min_error_statement": "panic",
    # Counts every kind of statement: what a request or an event asks is held by a test, and seen by who looks for a slow one.
    "shared_preload_libraries": "pg_stat_statements",
    # Past this many kinds it forgets the rarest, with what it had counted: two test workers come to more than the usual 5,000.
    "pg_stat_statements.max": "50000",
}
#: For a cluster that lives as long as a test run.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The cluster of one state folder."""

    name = "postgres"

    def __init__(self, var: Path, *, is_throwaway: bool = False, archive: str = "") -> None:
        """`archive`: a folder of backups (docs/recovery.md), into whose `wal` every segment goes; empty: none does."""
        self._data = var / "postgres"
        self._run = var / "run"
        self._run.mkdir(mode=0o700, exist_ok=True)
        self._settings = SETTINGS | (THROWAWAY_SETTINGS if is_throwaway else {})
        if archive and not is_throwaway:
            self._settings = self._settings | archiving(Path(archive))
        self._bin = find_programs(self._data)
        self._sockets = self._socket_folder()

    @property
    def url(self) -> str:
        """As django-environ reads it: the socket's folder stands before the name of the database."""
        return f"postgis://{ROLE}@/{self._sockets}/{DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """For psql, pg_dump and whatever else speaks libpq."""
        return {"PGHOST": str(self._sockets), "PGPORT": str(PORT), "PGUSER": ROLE, "PGDATABASE": DATABASE}

    def child(self) -> Child:
        settings = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        return Child(
            name=self.name,
            argv=[
                str(self._bin / "postgres"),
                "-D",
                str(self._data),
                "-k",
                str(self._sockets),
                "-p",
                str(PORT),
                *settings,
            ],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self._data)},
            cwd=self._run.parent,
            stage=0,
            # Fast shutdown: sessions are ended, the cluster is closed properly. Smart would wait for the last client.
            stop_signal=signal.SIGINT,
            stop_seconds=60,
            orphan_signal=signal.SIGINT,
            before=self.prepare,
        )

    def prepare(self) -> None:
        """Make the cluster when there is none, and take away what a crash left in the way. Raises Trouble."""
        if not (self._data / "PG_VERSION").exists():
            self._make()
        self._clear_stale_pid(self._data / "postmaster.pid")
        self._clear_stale_pid(self._sockets / f".s.PGSQL.{PORT}.lock")

    def is_up(self) -> bool:
        return self._psql("postgres", "SELECT 1") is not None

    def ensure_database(self) -> None:
        """Role, template with the extensions, database. Repeatable; raises Trouble."""
        extensions = "".join(f"CREATE EXTENSION IF NOT EXISTS {name};" for name in EXTENSIONS)
        role = f"SELECT 'CREATE ROLE {ROLE} LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') \\gexec\n"
        database = (
            f"SELECT 'CREATE DATABASE {DATABASE} OWNER {ROLE}'"
            f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
        )
        for name, commands in (("template1", role + extensions), ("postgres", database)):
            if self._psql(name, commands) is None:
                raise Trouble(f"cannot set up the database; see {self._run.parent / 'log' / 'postgres.log'}")

    def _psql(self, database: str, commands: str) -> str | None:
        ran = subprocess.run(
            [
                self._bin / "psql",
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                self._sockets,
                "-p",
                str(PORT),
                "-U",
                SUPERUSER,
                "-d",
                database,
            ],
            input=commands,
            capture_output=True,
            text=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGOPTIONS": "-c client_min_messages=warning"},
        )
        return ran.stdout if ran.returncode == 0 else None

    def _make(self) -> None:
        """initdb into a folder beside and rename, so that half a cluster is never taken for one."""
        fresh = self._data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        ran = subprocess.run(
            # Trust, since only this account (and root) can enter the folder of the socket; there is no other way in.
            [
                self._bin / "initdb",
                "-D",
                fresh,
                "-U",
                SUPERUSER,
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth-local=trust",
                "--auth-host=reject",
                "--no-instructions",
            ],
            capture_output=True,
            text=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
        if ran.returncode != 0:
            raise Trouble(f"initdb failed: {ran.stderr.strip() or ran.stdout.strip()}")
        if self._data.exists():
            raise Trouble(f"{self._data} exists and holds no cluster: move it away")
        fresh.rename(self._data)

    def _clear_stale_pid(self, lock: Path) -> None:
        """PostgreSQL refuses to start while a pid file names a living process, also when the id is another program's by now."""
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if self._is_postmaster(pid):
            self._end(pid)
        lock.unlink(missing_ok=True)

    def _is_postmaster(self, pid: int) -> bool:
        """Whether the process is a server on this very cluster: a postmaster's working folder is its data."""
        try:
            return Path(f"/proc/{pid}/cwd").resolve() == self._data.resolve() and Path(
                f"/proc/{pid}/comm"
            ).read_text().startswith("postgres")
        except OSError:
            return False

    def _end(self, pid: int) -> None:
        for number, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0)):
            deadline = time.monotonic() + seconds
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            while time.monotonic() < deadline:
                if not self._is_postmaster(pid):
                    return
                time.sleep(0.1)
        raise Trouble(f"a PostgreSQL server (process {pid}) that an earlier start left does not stop: end it by hand")

    def _socket_folder(self) -> Path:
        """`run` under the state folder, or a short private folder when the socket's path would not fit."""
        name = f".s.PGSQL.{PORT}"
        if len(os.fsencode(self._run / name)) <= SOCKET_PATH_LIMIT_BYTES:
            return self._run
        note = self._run / "socket_folder"
        if note.exists() and _is_private(Path(note.read_text())):
            return Path(note.read_text())
        made = Path(tempfile.mkdtemp(prefix="siaga-", dir="/tmp"))
        note.write_text(str(made))
        return made


def archiving(folder: Path) -> dict[str, str]:
    """Settings that archive each segment, at the latest after a minute: so much may be lost with the machine."""
    script = Path(__file__).resolve().parents[2] / "deploy" / "archive-wal.sh"
    return {
        "archive_mode": "on",
        "archive_timeout": "60s",
        "archive_command": f"sh '{script}' '{folder / 'wal'}' '%p' '%f'",
    }


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700


def find_programs(data: Path | None) -> Path:
    """The folder of `postgres`, `initdb` and `psql`: of the version that made the cluster, else the newest with PostGIS. Raises Trouble."""
    found: dict[str, Path] = {}
    for server in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        version = server.parent.parent.name
        if Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists():
            found[version] = server.parent
    config = shutil.which("pg_config")
    if config is not None:
        programs = Path(_say(config, "--bindir"))
        if (programs / "postgres").exists() and (
            Path(_say(config, "--sharedir")) / "extension/postgis.control"
        ).exists():
            found.setdefault(_say(config, "--version").split()[1].split(".")[0], programs)
    if not found:
        raise Trouble("no PostgreSQL server with PostGIS here: run script/bootstrap")
    try:
        made_by = (data / "PG_VERSION").read_text().strip() if data is not None else ""
    except OSError:
        made_by = ""
    if not made_by:
        return found[max(found, key=int)]
    if made_by not in found:
        raise Trouble(
            f"{data} was made by PostgreSQL {made_by}, and here is {', '.join(sorted(found))}: install postgresql-{made_by} and "
            f"postgresql-{made_by}-postgis-3, or move it as docs/operating.md says under Upgrading"
        )
    return found[made_by]


def _say(program: str, question: str) -> str:
    return subprocess.run([program, question], capture_output=True, text=True, check=True).stdout.strip()
