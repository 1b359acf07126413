"""Logs as JSON lines with an allow-list: a field that is not named here does not leave the process, and of other
libraries' messages only the template does. No words, number, address, query or body of anybody is ever in a log."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
import structlog
from django.conf import settings
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars, merge_contextvars

FIELDS = frozenset(
    # when, what, where in the code
    ["at", "level", "event", "logger", "error", "sqlstate", "trace", "line"]
    # whose request, which case
    + ["request", "case", "operation", "method", "status", "code", "seconds", "role", "user", "center"]
    # of the case: ids, and names that the room itself has given
    + ["seq", "kind", "incident", "call", "assignment", "referral", "alarm", "unit", "agency"]
    # of the machinery
    + ["job", "attempt", "worker", "result", "server", "count", "day", "days", "closed", "attempts", "phase"]
)
"""Every field that a line may have. Their values are numbers or short names, never text that somebody typed."""
CHARACTERS_MAX = 120
NAME = re.compile(r"[\w .,:;/@+()'%<>{}\[\]=-]*")
FRAMES_MAX = 30


def get(name: str) -> Any:
    """The logger of a module: `logger.warning("what happened", field=value)`. The first argument is a constant."""
    return structlog.get_logger(name)


def allow(logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keeps the fields of the list, as numbers or short names; an exception becomes its kind and its place."""
    line.setdefault("logger", getattr(logger, "name", ""))
    error = line.pop("exc_info", None)
    if error:
        line.update(described(sys.exc_info()[1] if error is True else error))
    return {name: value for name in line if name in FIELDS and (value := _plain(line[name])) is not None}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value[:FRAMES_MAX]]
    text = str(value)[:CHARACTERS_MAX]
    return text if NAME.fullmatch(text) else "withheld"


def described(error: Any) -> dict[str, Any]:
    """Its kind, PostgreSQL's code and the places it came through. Never its message: that may quote what was typed."""
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return {}
    found: dict[str, Any] = {"error": type(error).__name__, "trace": _places(error.__traceback__)}
    state = getattr(error.__cause__ or error, "sqlstate", None)
    return found | ({"sqlstate": state} if state else {})


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def _dump(line: Any, **_options: Any) -> bytes:
    return orjson.dumps(line, default=str)


class JsonLines(logging.Formatter):
    """For what Django, Celery and the servers say with Python's own logging. A message with its values already in it is
    withheld, and the line says where in the code it stands."""

    def format(self, record: logging.LogRecord) -> str:
        template = str(record.msg)
        line: dict[str, Any] = {
            **get_contextvars(),
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": " ".join(template.split()) if record.args else "(a message with its values, withheld)",
            "line": f"{record.module}:{record.lineno}",
        }
        if record.exc_info:
            line["exc_info"] = record.exc_info
        elif isinstance(record.args, tuple):
            line |= next(({"error": type(one).__name__} for one in record.args if isinstance(one, Exception)), {})
        return _dump(allow(None, "", line)).decode()


def configure() -> None:
    """Once in a process, when Django starts."""
    level = logging.getLevelNamesMapping().get(settings.LOG_LEVEL.upper(), logging.INFO)
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            allow,
            structlog.processors.JSONRenderer(serializer=_dump),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_ToStderr,
        cache_logger_on_first_use=False,
    )


class _ToStderr:
    """One write a line, to whatever stderr is just now."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: bytes) -> None:
        sys.stderr.write(line.decode() + "\n")

    log = debug = info = warning = error = critical = exception = msg


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Every line within has these fields, beside those of the request."""
    with bound_contextvars(**fields):
        yield


def follow(case: str) -> None:
    """From here on, lines of this request or job belong to that case: the request that a call began with."""
    if case:
        bind_contextvars(case=case)


def case() -> str:
    """The case that is worked on; else the request, with which one begins; empty outside of both."""
    found = get_contextvars()
    return str(found.get("case") or found.get("request") or "")


def request_id() -> str:
    return str(get_contextvars().get("request") or "")
