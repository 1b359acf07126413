"""PostgreSQL and Redis for one state folder: the private ones, or those that DATABASE_URL and REDIS_URL name.
Knows addresses and start order, nothing of the processes that use them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from stack.postgres import Postgres
from stack.redis_server import RedisServer
from stack.supervisor import Supervisor


class Services:
    """`start`, then `environment` holds their addresses; the Supervisor that started them stops them."""

    def __init__(self, var: Path, given: Mapping[str, str], *, is_throwaway: bool = False) -> None:
        self._given = given
        self._published = var / "run" / "services.json"
        self._published.parent.mkdir(mode=0o700, exist_ok=True)
        self._postgres = (
            None
            if given.get("DATABASE_URL")
            else Postgres(var, is_throwaway=is_throwaway, archive=given.get("SIAGA_BACKUPS", ""))
        )
        self._redis = None if given.get("REDIS_URL") else RedisServer(var)

    @property
    def are_private(self) -> bool:
        return self._postgres is not None and self._redis is not None

    @property
    def environment(self) -> dict[str, str]:
        addresses = {
            "DATABASE_URL": self._postgres.url if self._postgres else self._given["DATABASE_URL"],
            "REDIS_URL": self._redis.url if self._redis else self._given["REDIS_URL"],
        }
        return addresses | (self._postgres.environment if self._postgres else {})

    def start(self, supervisor: Supervisor) -> None:
        """Start the private ones and wait until they answer, then tell borrowers where. Raises Trouble."""
        if self._postgres is not None:
            supervisor.start(self._postgres.child())
        if self._redis is not None:
            self._redis.choose_port()
            self._redis.start(supervisor)
        if self._postgres is not None:
            supervisor.wait_until(self._postgres.is_up, 60, self._postgres.name, "PostgreSQL")
            self._postgres.ensure_database()
        self._published.touch(mode=0o600)
        self._published.write_text(json.dumps(self.environment))

    def withdraw(self) -> None:
        """Before stopping: nobody shall be told of them any more."""
        self._published.unlink(missing_ok=True)


def published(var: Path) -> dict[str, str] | None:
    """Addresses of the services that the holder of `var` has up; None while there are none."""
    try:
        read = json.loads((var / "run" / "services.json").read_text())
    except (OSError, ValueError):
        return None
    return {str(key): str(value) for key, value in read.items()}


def forget(var: Path) -> None:
    """Take away what a killed holder had published. Only the new holder may call this."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(var / "run" / "services.json")
