"""`manage.py verify_timeline`: recomputes each center's hash chain, checks what was signed, and names the first bad row."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.checkpoints import NoKey, read_key
from incidents.models import Center, Checkpoint
from incidents.verify import Verdict, verify


class Command(BaseCommand):
    help = "Checks that no timeline entry was changed, removed, inserted or reordered, and that none is cut off at the end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--public-key", help="64 hexadecimal digits; else that of SIAGA_CHECKPOINT_KEY")
        parser.add_argument("--checkpoints", type=Path, help="folder of the signed lines; else SIAGA_CHECKPOINTS")

    def handle(self, *args: Any, **options: Any) -> None:
        key = self._key(options["public_key"])
        folder = options["checkpoints"] or settings.CHECKPOINT_FOLDER
        bad, begun, entries = [], time.monotonic(), 0
        for center in Center.objects.order_by("code"):
            verdict = verify(center, key, folder)
            entries += verdict.entries
            bad += [f"{center.code}: {words}" for words in verdict.wrong]
            if not verdict.wrong:
                self.stdout.write(f"{center.code}: {said(verdict, key is not None)}")
        seconds = max(time.monotonic() - begun, 0.001)
        self.stdout.write(f"{entries} entries in {seconds:.1f} s, {entries / seconds:.0f} a second")
        if bad:
            raise CommandError("\n".join(bad))

    def _key(self, given: str | None) -> Ed25519PublicKey | None:
        if given is not None:
            try:
                return Ed25519PublicKey.from_public_bytes(bytes.fromhex(given))
            except ValueError as error:
                raise CommandError(f"--public-key: {error}") from error
        try:
            return read_key(settings.CHECKPOINT_KEY).public_key()
        except NoKey as error:
            if Checkpoint.objects.exists():
                raise CommandError(f"there are checkpoints, and no key to check them with: {error}") from error
            return None


def said(verdict: Verdict, is_signed: bool) -> str:
    """A whole timeline in words."""
    archived = f"; up to {verdict.archived} archived" if verdict.archived else ""
    signed = f"; {verdict.checkpoints} checkpoints hold" if is_signed else "; no checkpoints"
    return f"{verdict.entries} entries, whole{archived}{signed}"
