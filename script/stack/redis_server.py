"""A private Redis under the state folder, on a loopback port of its own with a password.
It carries hints only and may be wiped at any moment, so a damaged file is put aside, not repaired."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from stack.supervisor import Child, Supervisor
from stack.trouble import Trouble


class RedisServer:
    """The Redis of one state folder."""

    name = "redis"

    def __init__(self, var: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise Trouble("no redis-server here: run script/bootstrap")
        self._program = program
        self._folder = var / "redis"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._password = self._remembered("password", lambda: secrets.token_hex(24))
        self._port = int(self._remembered("port", lambda: str(_free_port())))

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def choose_port(self) -> None:
        """Keep the port of last time when it is free, else take another. Before `url` is handed to anybody."""
        if not is_free(self._port):
            self._port = _free_port()
            (self._folder / "port").write_text(str(self._port))

    def child(self) -> Child:
        return Child(
            name=self.name,
            argv=[self._program, str(self._folder / "redis.conf")],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd=self._folder,
            stage=0,
            stop_signal=signal.SIGTERM,
            stop_seconds=15,
            orphan_signal=signal.SIGTERM,
            before=self._write_settings,
        )

    def is_up(self) -> bool:
        """Whether it answers a PING as ours: another program on the port would not know the password."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(100)
                    if not part:
                        return False
                    answer += part
                return answer == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def start(self, supervisor: Supervisor) -> None:
        """Start it and wait; when it cannot read its own file, start it empty. Raises Trouble."""
        supervisor.start(self.child())
        try:
            supervisor.wait_until(self.is_up, 30, self.name, "Redis")
        except Trouble:
            kept = self._folder / "appendonlydir"
            if not kept.exists():
                raise
            aside = self._folder / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}"
            kept.rename(aside)
            supervisor.say(f"Redis could not start with what it had kept: put aside as {aside}, starting it empty")
            supervisor.start(self.child())
            supervisor.wait_until(self.is_up, 30, self.name, "Redis")

    def _write_settings(self) -> None:
        # The password stands in a file of mode 0600, never on a command line that everyone on the machine can read.
        lines = {
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "port": str(self._port),
            "requirepass": self._password,
            "dir": f'"{self._folder}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        path = self._folder / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))

    def _remembered(self, name: str, make: Callable[[], str]) -> str:
        path = self._folder / name
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            value = make()
            path.touch(mode=0o600)
            path.write_text(value)
            return value


def is_free(port: int) -> bool:
    """Whether a server could listen there now (an old connection in TIME_WAIT does not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
