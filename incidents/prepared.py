"""Rows read with SQL that is made once: for the reads of every event, building the statement costs more than running it.
The query itself stands beside its shape, in the `rows.py` of each app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.lookups import Lookup

StandIn = int | tuple[int, ...] | tuple[str, ...]
CENTER: Final = -112_000_001
SEQ: Final = -112_000_002
IDS: Final = (-112_000_003,)
CODES: Final = ("stand-in for codes",)
"""Stand-ins for a center, a seq, ids and codes while the statement is made; no row has them."""


@models.AutoField.register_lookup
@models.BigAutoField.register_lookup
@models.CharField.register_lookup
class AnyOf(Lookup):  # type: ignore[type-arg]
    """`id__any=(1, 2)`: `id = ANY(array)`, one statement for however many."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, self.rhs]


class Prepared:
    """`build` gives a `.values()` query for the stand-ins it is called with, in their order."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *stand_ins: StandIn) -> None:
        self._build = build
        self._stand_ins = stand_ins
        self._sql = ""
        self._params: list[Any] = []
        self._names: list[str] = []
        self._converters: list[tuple[str, list[Any], Any]] = []

    def rows(self, *values: int | Sequence[int] | Sequence[str]) -> list[dict[str, Any]]:
        """One query, with `values` in the place of the stand-ins."""
        if not self._sql:
            self._prepare()
        given = list(self._params)
        for stand_in, value in zip(self._stand_ins, values, strict=True):
            real = value if isinstance(value, int) else list(value)
            given = [real if param == stand_in else param for param in given]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, given)
            rows = [dict(zip(self._names, row, strict=True)) for row in cursor.fetchall()]
        for name, convert, expression in self._converters:
            for row in rows:
                for one in convert:
                    row[name] = one(row[name], expression, connection)
        return rows

    def _prepare(self) -> None:
        query = self._build(*self._stand_ins).query
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
