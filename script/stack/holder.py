"""Who holds a state folder: one script at a time starts and stops its services, others may borrow them meanwhile.
File locks only, which the kernel drops with the process: there is no stale lock to clean up."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
from pathlib import Path


class Holder:
    """The lock on a state folder. `take` once, `release` or die."""

    def __init__(self, var: Path) -> None:
        self._path = var / "lock"
        self._borrowers = var / "borrowers"
        self._held: int | None = None
        self._borrowed: int | None = None

    def take(self, kind: str, address: str = "") -> bool:
        """Become the holder; False when somebody else is. `kind` and `address` are what others are told."""
        held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return False
        since = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
        os.ftruncate(held, 0)
        os.write(held, json.dumps({"kind": kind, "pid": os.getpid(), "address": address, "since": since}).encode())
        self._held = held
        return True

    def read(self) -> dict[str, str]:
        """What the holder wrote: kind, pid, address, since. Empty in the instant before it has."""
        try:
            read = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return {key: str(value) for key, value in read.items()}

    def sentence(self) -> str:
        """Who holds the folder, for a person."""
        known = self.read()
        address = f" at {known['address']}" if known.get("address") else ""
        return f"script/{known.get('kind', '?')}{address} (process {known.get('pid', '?')}, since {known.get('since', '?')})"

    def borrow(self) -> None:
        """Wait until borrowing is allowed, and count as a borrower until `release`: the holder waits for us before it stops."""
        self._borrowed = os.open(self._borrowers, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._borrowed, fcntl.LOCK_SH)

    def close_to_borrowers(self) -> bool:
        """As the holder: let no new borrower in; False while one is still there."""
        borrowers = os.open(self._borrowers, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(borrowers, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(borrowers)
            return False
        self._borrowed = borrowers
        return True

    def release(self) -> None:
        for descriptor in (self._borrowed, self._held):
            if descriptor is not None:
                os.close(descriptor)
        self._borrowed = self._held = None
