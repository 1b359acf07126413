"""Signed checkpoints: the head of each timeline, signed with a key that is not in the database and appended to a file on another
medium. A chain alone does not show that its end was cut off or that all of it was written anew; these do.

A line of `CENTER.jsonl` is `{"center", "seq", "hash", "at", "key", "signature"}`; signed is
`siaga-checkpoint-1 CENTER SEQ HASH AT`, in UTF-8, with Ed25519."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from incidents.models import Center, Checkpoint, Feed
from incidents.rows import iso

FORM = "siaga-checkpoint-1"


class NoKey(Exception):
    """There is no key, or one that cannot be used; the words name the file."""


class BadCheckpoint(Exception):
    """A line of a file is not what was signed; the words name it."""


@dataclass(frozen=True)
class Signed:
    """One line."""

    center: str
    seq: int
    hash: str
    at: str
    key: str
    signature: str

    @property
    def message(self) -> bytes:
        return f"{FORM} {self.center} {self.seq} {self.hash} {self.at}".encode()


def make_key(path: Path) -> Ed25519PublicKey:
    """A new private key, readable by its owner alone. Raises FileExistsError: a key that signed is not replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Raises NoKey."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise NoKey(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(f"{path}: not an Ed25519 key")
    return key


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """32 bytes."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def name_of(key: Ed25519PublicKey) -> str:
    """Which key it is: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_bytes(key)).hexdigest()[:16]


def sign(center: Center, key: Ed25519PrivateKey, folder: Path) -> Signed | None:
    """Signs the head of a center's timeline: into the table, then into the file. None when nothing happened since the last
    one. Raises OSError when the file cannot be written; then the table keeps nothing either."""
    with transaction.atomic():
        feed = Feed.objects.filter(center=center, seq__gt=0).first()
        if feed is None or Checkpoint.objects.filter(center=center, seq=feed.seq).exists():
            return None
        at, name = timezone.now(), name_of(key.public_key())
        unsigned = Signed(center.code, feed.seq, bytes(feed.head).hex(), iso(at) or "", name, "")
        signature = key.sign(unsigned.message)
        Checkpoint.objects.create(
            center=center, at=at, seq=feed.seq, hash=bytes(feed.head), key=name, signature=signature
        )
        line = Signed(unsigned.center, unsigned.seq, unsigned.hash, unsigned.at, name, signature.hex())
        _append(folder / f"{center.code}.jsonl", line)
    return line


def sign_all() -> int:
    """A checkpoint of each center whose last one is older than the setting; returns how many. Raises NoKey, OSError."""
    key, signed = read_key(settings.CHECKPOINT_KEY), 0
    due = timezone.now() - timedelta(minutes=settings.CHECKPOINT_MINUTES)
    for center in Center.objects.defer("outline").order_by("pk"):
        last = newest(center)
        if last is None or last.at <= due:
            signed += sign(center, key, settings.CHECKPOINT_FOLDER) is not None
    return signed


def newest(center: Center) -> Checkpoint | None:
    return Checkpoint.objects.filter(center=center).order_by("-seq").first()


def checked_lines(folder: Path, center: str, key: Ed25519PublicKey) -> Iterator[Signed]:
    """The lines of a center's file whose signature holds, oldest first. Raises BadCheckpoint at the first that does not, or
    that goes back. A line that a crash tore says nothing. No file: none."""
    path = folder / f"{center}.jsonl"
    if not path.exists():
        return
    before = 0
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line = Signed(**orjson.loads(text))
        except (ValueError, TypeError):
            continue
        where = f"{path.name}, line {number}"
        if line.center != center or not _is_signed(line, key):
            raise BadCheckpoint(f"{where}: its signature does not hold")
        if line.seq <= before:
            raise BadCheckpoint(f"{where}: goes back to {line.seq}")
        before = line.seq
        yield line


def _is_signed(line: Signed, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(line.signature), line.message)
    except (InvalidSignature, ValueError):
        return False
    return True


def holds(row: Checkpoint, center: str, key: Ed25519PublicKey) -> bool:
    """Whether the signature of a row of the table holds."""
    message = Signed(center, row.seq, bytes(row.hash).hex(), iso(row.at) or "", row.key, "").message
    try:
        key.verify(bytes(row.signature), message)
    except InvalidSignature:
        return False
    return True


def _append(path: Path, line: Signed) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # torn by a crash: what comes begins on a line of its own
                file.write(b"\n")
        file.write(orjson.dumps(line.__dict__) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def age_of_newest(center: Center, now: datetime) -> timedelta | None:
    """How long ago a center's newest checkpoint was signed."""
    last = newest(center)
    return now - last.at if last else None
