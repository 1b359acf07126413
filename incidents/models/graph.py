"""Status graphs as database triggers: a status moves only along its graph and `version` by one, for raw SQL too.
The graphs themselves stand beside their models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import pgtrigger

Graph = Mapping[str, Iterable[str]]
Model = TypeVar("Model")


def moves_from(*start: str) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: the model's rows begin in one of `start` and move along its `GRAPH`."""

    def decorate(model: type[Model]) -> type[Model]:
        graph: Graph = model.GRAPH  # type: ignore[attr-defined]
        pgtrigger.register(*moves(graph, start))(model)
        return model

    return decorate


def moves(graph: Graph, start: Iterable[str]) -> list[pgtrigger.Trigger]:
    """Triggers for a model with `status` and `version`: rows begin in `start`, and move along `graph`.
    A breach raises SQLSTATE 23514 (check_violation) with the words `status_graph` or `version_step`."""
    pairs = ", ".join(f"'{old}>{new}'" for old, news in graph.items() for new in news)
    begins = ", ".join(f"'{status}'" for status in start)
    return [
        pgtrigger.Trigger(
            name="status_start",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            func=f"""
                IF NEW.status NOT IN ({begins}) THEN
                    RAISE EXCEPTION 'status_graph: % cannot begin as %', TG_TABLE_NAME, NEW.status USING ERRCODE = '23514';
                END IF;
                NEW.version = 1;
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="status_step",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"""
                IF NEW.status <> OLD.status AND (OLD.status || '>' || NEW.status) NOT IN ({pairs}) THEN
                    RAISE EXCEPTION 'status_graph: % % cannot go from % to %', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
                        USING ERRCODE = '23514';
                END IF;
                IF NEW.version NOT IN (OLD.version, OLD.version + 1) THEN
                    RAISE EXCEPTION 'version_step: % % cannot go from version % to %', TG_TABLE_NAME, OLD.id, OLD.version, NEW.version
                        USING ERRCODE = '23514';
                END IF;
                NEW.version = OLD.version + 1;
                RETURN NEW;
            """,
        ),
    ]
