"""An archive's files: JSON lines, compressed, with a manifest of counts and hashes. Written, checked and read without a
database, so that an archive can be trusted long after the room that wrote it.

A month's folder is `CENTER-YYYY-MM/`. A line of `timeline.jsonl.gz` is exactly what its entry's hash was made of:
`[center, seq, seconds since 1970, kind, actor, incident, data, touched]`; each hash is SHA-256 of the hash before and this line.
A line of any other file is a row of the table of that name."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from commandcenter.history import sealed

FORMAT = "siaga-archive-2"
READABLE = (FORMAT, "siaga-archive-1")
"""The first form held personal data in the rows themselves: nothing can be blanked in it."""
MANIFEST = "manifest.json"
TIMELINE = "timeline"
OF_AN_INCIDENT = ("calls", "referrals", "assignments", "notes", "alarms")


class Damaged(Exception):
    """The archive is not what was written; the words name the file and what is wrong with it."""


@dataclass(frozen=True)
class Stretch:
    """Part of a timeline: its entries' seqs, and the hashes before the first and of the last. Empty: last < first."""

    first_seq: int
    last_seq: int
    prior_hash: bytes
    last_hash: bytes


@contextmanager
def new_month(folder: Path) -> Iterator[Path]:
    """A folder that appears under its name when all is in it, and not at all when something fails."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        yield part
        os.rename(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def write_lines(folder: Path, name: str, lines: Iterable[str]) -> dict[str, Any]:
    """Writes NAME.jsonl.gz, readable by its owner alone, and gives its entry in the manifest."""
    path, rows = folder / f"{name}.jsonl.gz", 0
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
            for line in lines:
                packed.write(line.encode() + b"\n")
                rows += 1
        file.flush()
        os.fsync(file.fileno())
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": _sha256(path).hex()}


def write_manifest(folder: Path, about: dict[str, Any], stretch: Stretch, files: dict[str, Any]) -> bytes:
    """Writes the manifest and gives its SHA-256."""
    manifest = {
        "format": FORMAT,
        **about,
        "timeline": {
            "first_seq": stretch.first_seq,
            "last_seq": stretch.last_seq,
            "prior_hash": stretch.prior_hash.hex(),
            "last_hash": stretch.last_hash.hex(),
        },
        "files": files,
    }
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    with open(os.open(folder / MANIFEST, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    return hashlib.sha256(content).digest()


def check_month(folder: Path) -> tuple[dict[str, Any], bytes]:
    """(manifest, its SHA-256) of a month whose every file, count and hash is as written, the timeline's chain recomputed.
    Raises Damaged."""
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest: dict[str, Any] = orjson.loads(content)
        told = manifest["timeline"]
        stretch = Stretch(
            told["first_seq"], told["last_seq"], bytes.fromhex(told["prior_hash"]), bytes.fromhex(told["last_hash"])
        )
        files = {name: (file["rows"], file["sha256"]) for name, file in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{folder.name}/{MANIFEST}: {error}") from error
    if manifest.get("format") not in READABLE or TIMELINE not in files:
        raise Damaged(f"{folder.name}/{MANIFEST}: not of the form {FORMAT}")
    for name, (rows, digest) in files.items():
        path = folder / f"{name}.jsonl.gz"
        if not path.is_file() or _sha256(path).hex() != digest:
            raise Damaged(f"{folder.name}/{path.name}: missing or changed")
        counted = _follow_chain(folder, stretch) if name == TIMELINE else sum(1 for _ in read_rows(folder, name))
        if counted != rows:
            raise Damaged(f"{folder.name}/{path.name}: {counted} rows instead of {rows}")
    try:
        wrong = sealed.wrong_line(folder, lambda table: read_rows(folder, table))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder.name}/{sealed.PERSONAL}: {type(error).__name__}") from error
    if wrong is not None:
        raise Damaged(f"{folder.name}/{sealed.PERSONAL}: {wrong}")
    return manifest, hashlib.sha256(content).digest()


def months(folder: Path) -> list[Path]:
    """The months under `folder`, by center and time."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))


def read_rows(folder: Path, name: str) -> Iterator[Any]:
    """The rows of one file. Raises Damaged."""
    try:
        with gzip.open(folder / f"{name}.jsonl.gz", "rb") as file:
            for line in file:
                yield orjson.loads(line)
    except (OSError, EOFError, ValueError) as error:
        raise Damaged(f"{folder.name}/{name}.jsonl.gz: {error}") from error


def find_incident(folders: list[Path], number: str) -> dict[str, Any] | None:
    """An incident with all that belongs to it, from whichever months hold it; None when none does."""
    place, found = next(
        ((folder, row) for folder in folders for row in read_rows(folder, "incidents") if row["number"] == number),
        (None, None),
    )
    if place is None or found is None:
        return None
    found = sealed.unseal(place, "incidents", [found])[0]
    whole: dict[str, Any] = {**found, **{name: [] for name in OF_AN_INCIDENT}, TIMELINE: []}
    for folder in folders:
        for name in OF_AN_INCIDENT:
            rows = [row for row in read_rows(folder, name) if row["incident_id"] == found["id"]]
            whole[name] += sealed.unseal(folder, name, rows) if name in sealed.FIELDS and rows else rows
        whole[TIMELINE] += [row for row in read_rows(folder, TIMELINE) if row[5] == found["id"]]
    return whole


def _follow_chain(folder: Path, stretch: Stretch) -> int:
    """How many entries; raises Damaged where the chain does not lead from the hash before to the last one."""
    link, seq = stretch.prior_hash, stretch.first_seq - 1
    try:
        with gzip.open(folder / f"{TIMELINE}.jsonl.gz", "rb") as file:
            for line in _lines(file):
                seq += 1
                if orjson.loads(line)[1] != seq:
                    raise Damaged(f"{folder.name}/{TIMELINE}.jsonl.gz: entry {seq} is missing")
                link = hashlib.sha256(link + line).digest()
    except (OSError, EOFError, ValueError, IndexError, TypeError) as error:
        raise Damaged(f"{folder.name}/{TIMELINE}.jsonl.gz: {error}") from error
    if seq != stretch.last_seq or link != stretch.last_hash:
        raise Damaged(f"{folder.name}/{TIMELINE}.jsonl.gz: the chain does not end at {stretch.last_seq}")
    return seq - stretch.first_seq + 1


def _lines(file: Iterable[bytes]) -> Iterator[bytes]:
    for line in file:
        yield line.rstrip(b"\n")


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
