"""Rows read with SQL that is made once: for the reads of every event, building the statement costs more than running it.
The query itself stands beside its shape, in the `rows.py` of each app."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.lookups import Lookup

StandIn = int | tuple[int, ...] | tuple[str, ...]
CENTER: Final = -112_000_001
SEQ: Final = -112_000_002
TYPE, PRIORITY, ZONE = -112_000_004, 32_112, -112_000_006
IDS: Final = (-112_000_003,)
CODES: Final = ("stand-in for codes",)
"""Stand-ins for a center, a seq, an incident type, priority and zone, ids and codes while the statement is made; no row has them."""


_numbers = itertools.count(1)


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
        self._name = f"siaga_{next(_numbers)}"
        self._sql = ""
        self._names: list[str] = []
        self._converters: list[tuple[str, list[Any], Any]] = []

    def rows(self, *values: int | Sequence[int] | Sequence[str]) -> list[dict[str, Any]]:
        """One query, with `values` in the place of the stand-ins."""
        if not self._sql:
            self._make()
        given = [value if isinstance(value, int) else list(value) for value in values]
        with connection.cursor() as cursor:
            if settings.PGBOUNCER:
                numbered = {f"${number}": value for number, value in enumerate(given, start=1)}
                parts = re.split(r"(\$\d+)", self._sql)
                cursor.execute(
                    "".join("%s" if part in numbered else part.replace("%", "%%") for part in parts),
                    [numbered[part] for part in parts if part in numbered],
                )
            else:
                self._prepare(cursor)
                cursor.execute(f"EXECUTE {self._name} ({', '.join(['%s'] * len(given))})", given)
            rows = [dict(zip(self._names, row, strict=True)) for row in cursor.fetchall()]
        for name, convert, expression in self._converters:
            for row in rows:
                for one in convert:
                    row[name] = one(row[name], expression, connection)
        return rows

    def _prepare(self, cursor: Any) -> None:
        """Once on each connection: a statement with six joins takes ten times as long to plan as to run."""
        own = connection.connection
        known: set[str] = own.__dict__.setdefault("siaga_prepared", set())
        if self._name not in known:
            cursor.execute(f"PREPARE {self._name} AS {self._sql}")
            known.add(self._name)

    def _make(self) -> None:
        query = self._build(*self._stand_ins).query
        compiler: Any = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        names = list(query.selected) if query.selected else [*query.values_select, *query.annotation_select]
        expressions = [column[0] for column in compiler.select[: compiler.col_count]]
        converters = [
            (names[at], convert, expression)
            for at, (convert, expression) in compiler.get_converters(expressions).items()
        ]
        self._names, self._converters = names, converters
        texts = [text.replace("%%", "%") for text in sql.split("%s")]
        self._sql = (
            texts[0]
            + "".join(  # last: another thread looks here
                self._said(param) + text for param, text in zip(params, texts[1:], strict=True)
            )
        )

    def _said(self, param: Any) -> str:
        """`$1` for the first stand-in; what is no stand-in is part of the statement."""
        for number, stand_in in enumerate(self._stand_ins, start=1):
            if param == stand_in:
                return f"${number}"
        operations: Any = connection.ops
        said: str = operations.compose_sql("%s", [param])
        return said


class Listed:
    """The rows of one list of the board: all that are on it, or those named by ids, which every event asks for.
    `values` turns a query of the model into its `.values()`, in order."""

    def __init__(
        self, model: type[models.Model], on_board: Q, values: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]
    ) -> None:
        self._rows: Any = model._default_manager
        self._on_board = on_board
        self._values = values
        self._by_id = Prepared(
            lambda center_id, ids: values(self._rows.filter(center=center_id, id__any=ids)), CENTER, IDS
        )

    def read(self, center_id: int, ids: Sequence[int] | None) -> Iterable[dict[str, Any]]:
        """One query. `ids` None: what is on the board."""
        if ids is not None:
            return self._by_id.rows(center_id, ids)
        return self._values(self._rows.filter(self._on_board, center=center_id))
