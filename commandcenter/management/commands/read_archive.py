"""`manage.py read_archive FOLDER`: checks archives and shows an incident from them. Reads files only, no database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from commandcenter.history.files import Damaged, check_month, find_incident, months


class Command(BaseCommand):
    help = "Checks every file, count and hash of archives, and the chain from one month to the next."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--incident", metavar="NUMBER", help="show this one with all that belongs to it, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        folders = months(options["folder"])
        if not folders:
            raise CommandError(f"{options['folder']} holds no archive")
        ends: dict[str, tuple[int, str]] = {}
        try:
            for folder in folders:
                manifest, _ = check_month(folder)
                part, center = manifest["timeline"], manifest["center"]
                before = ends.get(center)
                if before is not None and before != (part["first_seq"] - 1, part["prior_hash"]):
                    raise Damaged(f"{folder.name}: does not follow the month before it")
                ends[center] = (part["last_seq"], part["last_hash"])
                if not options["incident"]:
                    self.stdout.write(f"{folder.name}: {manifest['files']['timeline']['rows']} entries, whole")
            found = find_incident(folders, options["incident"]) if options["incident"] else None
        except Damaged as error:
            raise CommandError(str(error)) from error
        if options["incident"]:
            if found is None:
                raise CommandError(f"no archive here holds incident {options['incident']}")
            self.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
