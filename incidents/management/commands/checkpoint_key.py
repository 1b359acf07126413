"""`manage.py checkpoint_key [--make]`: makes the key that signs checkpoints, and prints the public one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.checkpoints import NoKey, make_key, name_of, public_bytes, read_key


class Command(BaseCommand):
    help = "Prints the public key of the checkpoints; with --make it makes the pair, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make", action="store_true", help="make the key when there is none")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.CHECKPOINT_KEY
        try:
            public = make_key(path) if options["make"] and not path.exists() else read_key(path).public_key()
        except (NoKey, OSError) as error:
            raise CommandError(f"{error}; `manage.py checkpoint_key --make` makes one") from error
        self.stdout.write(f"key {name_of(public)} in {path}; keep the line below elsewhere:")
        self.stdout.write(public_bytes(public).hex())
