"""Personal data in archives: it stands in a file of its own, and the archived rows hold only a salted digest of each value. So it
can be taken away line by line while every hash of the archive, and the timeline's chain, stay as they were written.

A line of `personal.jsonl.gz` is `{"table", "id", "field", "kind", "salt", "value"}`; in the row itself stands
`{"sealed": SHA-256 of salt and value}`. Without its line a value is gone."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import orjson

PERSONAL = "personal.jsonl.gz"
FIELDS = {"calls": ("caller_number",), "incidents": ("narrative", "address"), "notes": ("text",)}
NUMBER, MEDICAL, WORDS = "number", "medical", "words"
"""Kinds, each with a time of its own until it is blanked."""
SALT_BYTES = 16

Line = dict[str, Any]


def seal(table: str, row: dict[str, Any], kind: str, taken: list[Line]) -> dict[str, Any]:
    """The row with its personal values sealed; what was taken out is appended to `taken`."""
    sealed = dict(row)
    for field in FIELDS.get(table, ()):
        value = row[field]
        if value:
            salt = secrets.token_bytes(SALT_BYTES).hex()
            taken.append({"table": table, "id": row["id"], "field": field, "kind": kind, "salt": salt, "value": value})
            sealed[field] = {"sealed": digest_of(salt, value)}
    return sealed


def digest_of(salt: str, value: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + value.encode()).hexdigest()


def write_personal(folder: Path, lines: Collection[Line]) -> None:
    """The file as a whole, in place of the one before, readable by its owner alone."""
    part = folder / f".{PERSONAL}.part"
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
            for line in lines:
                packed.write(orjson.dumps(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder / PERSONAL)


def read_personal(folder: Path) -> Iterator[Line]:
    """Nothing when there is no file. Raises OSError, EOFError, ValueError for one that cannot be read."""
    path = folder / PERSONAL
    if path.exists():
        with gzip.open(path, "rb") as file:
            for line in file:
                yield orjson.loads(line)


def rewrite(folder: Path, keep: Callable[[Line], bool]) -> int:
    """Takes away the lines that are not to be kept; returns how many. Untouched when there are none."""
    lines = list(read_personal(folder))
    kept = [line for line in lines if keep(line)]
    if len(kept) < len(lines):
        write_personal(folder, kept)
    return len(lines) - len(kept)


def unseal(folder: Path, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their values, as far as these are still there; else None."""
    wanted = {row["id"] for row in rows}
    values = {
        (line["id"], line["field"]): line["value"]
        for line in read_personal(folder)
        if line["table"] == table and line["id"] in wanted
    }
    return [
        {
            name: values.get((row["id"], name)) if isinstance(value, dict) and value.keys() == {"sealed"} else value
            for name, value in row.items()
        }
        for row in rows
    ]


def wrong_line(folder: Path, rows_of: Callable[[str], Iterator[Any]]) -> str | None:
    """Says which personal value is not what was sealed; None when all are. `rows_of` gives an archived table's rows."""
    lines = {(line["table"], line["id"], line["field"]): line for line in read_personal(folder)}
    for table, fields in FIELDS.items():
        if not any(key[0] == table for key in lines):
            continue
        for row in rows_of(table):
            for field in fields:
                line = lines.pop((table, row["id"], field), None)
                if line is not None and row[field] != {"sealed": digest_of(line["salt"], line["value"])}:
                    return f"{table} {row['id']}: its {field} is not what was sealed"
    return f"{len(lines)} values of no row" if lines else None
