"""Rows read by id with SQL that is made once: for the reads of every event, building the statement costs more than running it.
The query itself stands beside its shape, in the `rows.py` of each app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.lookups import Lookup

CENTER, IDS = -112_000_001, (-112_000_002,)
"""Stand for the center and the ids while the statement is made; no row has them."""


@models.AutoField.register_lookup
@models.BigAutoField.register_lookup
class AnyOf(Lookup):  # type: ignore[type-arg]
    """`id__any=(1, 2)`: `id = ANY(array)`, one statement for however many ids."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, self.rhs]


class Prepared:
    """`build(center_id, ids)` gives a `.values()` query of one center's rows with `id__any=ids`."""

    def __init__(self, build: Callable[[int, Sequence[int]], QuerySet[Any, dict[str, Any]]]) -> None:
        self._build = build
        self._sql = ""
        self._params: list[Any] = []
        self._names: list[str] = []
        self._converters: list[tuple[str, list[Any], Any]] = []

    def rows(self, center_id: int, ids: Sequence[int]) -> list[dict[str, Any]]:
        """The rows of those ids that are of this center; one query."""
        if not self._sql:
            self._prepare()
        given = [center_id if value == CENTER else list(ids) if value == IDS else value for value in self._params]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, given)
            rows = [dict(zip(self._names, row, strict=True)) for row in cursor.fetchall()]
        for name, convert, expression in self._converters:
            for row in rows:
                for one in convert:
                    row[name] = one(row[name], expression, connection)
        return rows

    def _prepare(self) -> None:
        query = self._build(CENTER, IDS).query
        compiler: Any = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        names = list(query.selected) if query.selected else [*query.values_select, *query.annotation_select]
        expressions = [column[0] for column in compiler.select[: compiler.col_count]]
        converters = [
            (names[at], convert, expression)
            for at, (convert, expression) in compiler.get_converters(expressions).items()
        ]
        self._params, self._names, self._converters = list(params), names, converters
        self._sql = sql  # last: another thread looks here
