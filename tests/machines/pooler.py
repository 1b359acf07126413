"""PgBouncer with deploy/pgbouncer.ini itself before the test's database: only addresses and accounts are put in."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.processes import ROOT, free_port, wait_for_port

DEPLOYED = ROOT / "deploy" / "pgbouncer.ini"
PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_pgbouncer = pytest.mark.skipif(
    PGBOUNCER is None, reason="PgBouncer is not installed: script/bootstrap --dev installs it"
)


def with_addresses(deployed: str, port: int, connections: int) -> str:
    """The deployed configuration before the test's database. Each replacement must find its place."""
    at = connection.settings_dict
    place = f"host={at['HOST'] or '127.0.0.1'} port={at['PORT'] or 5432} dbname={at['NAME']} user={at['USER']}"
    if at["PASSWORD"]:
        place += f" password={at['PASSWORD']}"
    for old, new in (
        ("host=postgres port=5432 dbname=siaga", place),
        ("listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1"),
        ("listen_port = 6432", f"listen_port = {port}"),
        ("auth_type = scram-sha-256", "auth_type = any"),
        ("auth_file = /etc/pgbouncer/userlist.txt\n", ""),
        ("default_pool_size = 20", f"default_pool_size = {connections}"),
    ):
        assert deployed.count(old) == 1, old
        deployed = deployed.replace(old, new)
    return deployed


@contextmanager
def pgbouncer(connections: int) -> Iterator[str]:
    """A running PgBouncer with so many connections to PostgreSQL; gives a DATABASE_URL through it."""
    assert PGBOUNCER is not None
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pgbouncer.ini").write_text(with_addresses(DEPLOYED.read_text(), port, connections))
        process = subprocess.Popen([PGBOUNCER, "-q", *_account(), str(folder / "pgbouncer.ini")])
        try:
            wait_for_port(port, process)
            yield f"postgis://{connection.settings_dict['USER']}@127.0.0.1:{port}/siaga"
        finally:
            process.kill()  # a polite end waits for its clients
            process.wait(10)


def _account() -> list[str]:
    """PgBouncer does not run as root: then as whoever owns the socket of PostgreSQL, or nobody."""
    if os.geteuid() != 0:
        return []
    host = connection.settings_dict["HOST"] or ""
    owner = pwd.getpwuid(os.stat(host).st_uid).pw_name if host.startswith("/") else "nobody"
    return ["-u", "nobody" if owner == "root" else owner]
