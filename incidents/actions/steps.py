"""How a row is locked and moved along its graph. Shared by all verbs; no verb of its own."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

from incidents import logs
from incidents.models import Center
from incidents.refusals import NotFound, StepOffGraph

Row = TypeVar("Row", bound=models.Model)

NAMES = {
    "Call": "Panggilan / call",
    "Incident": "Kejadian / incident",
    "Referral": "Rujukan / referral",
    "Assignment": "Penugasan / assignment",
    "Unit": "Unit",
    "Alarm": "Alarm",
    "Job": "Pekerjaan / job",
}


def lock(model: type[Row], center: Center, **which: Any) -> Row:
    """The row of this center, locked until the transaction ends. Raises NotFound."""
    manager: Any = model._default_manager
    row: Row | None = manager.select_for_update(no_key=True).filter(center=center, **which).first()
    if row is None:
        raise NotFound(what=NAMES[model.__name__])
    setattr(row, "center", center)  # noqa: B010 - known, so that nobody reads it again; not every model has one
    logs.follow(getattr(row, "trace", ""))
    return row


def move(row: Any, status: str, **fields: Any) -> None:
    """Moves a locked row to `status` and sets `fields` with it. Raises StepOffGraph."""
    if status not in row.GRAPH[row.status]:
        raise StepOffGraph(old=str(row.status), new=str(status))
    change(row, status=status, **fields)


def change(row: Any, **fields: Any) -> None:
    """Writes `fields` of a locked row; its version grows by one."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*fields, "version"])
