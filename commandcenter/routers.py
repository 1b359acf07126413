"""Which database a query goes to: the replica while something that may be old is read, else the primary."""

from __future__ import annotations

from typing import Any

from incidents.replica import PRIMARY, REPLICA, is_reading_old


class ReplicaRouter:
    """Writes and migrations know only the primary. So does a row that was read from the replica, once that reading is over."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return REPLICA if is_reading_old() else PRIMARY

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None
