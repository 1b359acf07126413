"""What the clients asked and were told, and what was done to the parts meanwhile: kept in memory and as JSON lines.
An unknown result (`info`) may or may not have happened, and nobody here decides which."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK, FAIL, INFO = "ok", "fail", "info"


@dataclass
class Operation:
    """One request: who asked what under which key, and what came of it. An operation that was tried again with its key is
    several of these. Times are Unix seconds; `outcome` None: never answered."""

    number: int
    who: str
    verb: str
    key: str
    value: dict[str, Any]
    invoked_at: float
    ended_at: float | None = None
    outcome: str | None = None
    status: int | None = None
    answer: Any = None


@dataclass
class Fault:
    """What the nemesis did: from `at` until it was undone at `healed_at`."""

    name: str
    target: str
    at: float
    healed_at: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class History:
    """Grows while the clients run; each line is written when it happens, so that a killed run leaves its history behind."""

    def __init__(self, path: Path | None = None) -> None:
        self.operations: list[Operation] = []
        self.faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self._file = path.open("w") if path else None

    def invoke(self, who: str, verb: str, key: str, value: dict[str, Any]) -> Operation:
        operation = Operation(next(self._numbers), who, verb, key, value, time.time())
        self.operations.append(operation)
        self._write("invoke", operation.invoked_at, n=operation.number, who=who, verb=verb, key=key, value=value)
        return operation

    def end(self, operation: Operation, outcome: str, status: int | None, answer: Any) -> None:
        operation.ended_at, operation.outcome = time.time(), outcome
        operation.status, operation.answer = status, answer
        self._write(outcome, operation.ended_at, n=operation.number, status=status, answer=answer)

    def fault(self, name: str, target: str) -> Fault:
        fault = Fault(name, target, time.time())
        self.faults.append(fault)
        self._write("fault", fault.at, name=name, target=target)
        return fault

    def heal(self, fault: Fault) -> None:
        fault.healed_at = time.time()
        self._write("heal", fault.healed_at, name=fault.name, target=fault.target, facts=fault.facts)

    def _write(self, kind: str, at: float, **more: Any) -> None:
        if self._file is not None:
            self._file.write(json.dumps({"kind": kind, "at": round(at, 6), **more}) + "\n")
            self._file.flush()


def read(lines: Iterable[str]) -> History:
    """A history from its JSON lines, to check it again later."""
    history, known = History(), {}
    for line in lines:
        row = json.loads(line)
        kind, at = row["kind"], row["at"]
        if kind == "invoke":
            operation = Operation(row["n"], row["who"], row["verb"], row["key"], row["value"], at)
            known[operation.number] = operation
            history.operations.append(operation)
        elif kind == "fault":
            history.faults.append(Fault(row["name"], row["target"], at))
        elif kind == "heal":
            healed = next(f for f in reversed(history.faults) if f.name == row["name"] and f.healed_at is None)
            healed.healed_at, healed.facts = at, row["facts"]
        else:
            operation = known[row["n"]]
            operation.ended_at, operation.outcome = at, kind
            operation.status, operation.answer = row["status"], row["answer"]
    return history
