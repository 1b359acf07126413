"""`manage.py archive`: writes whole months to files and, only when told, takes them out of the tables."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commandcenter.history.archive import (
    CannotArchive,
    archive_month,
    month_folder,
    months_before,
    refuse_what_is_not_over,
    take_out,
)
from commandcenter.history.files import Damaged
from incidents.disk import is_disk_low
from incidents.models import Center


class Command(BaseCommand):
    help = "Writes closed calls, incidents and the timeline of whole months as checksummed files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", required=True, help="YYYY-MM-DD: months that end before it")
        parser.add_argument("--to", required=True, type=Path, help="folder; one folder a month is made in it")
        parser.add_argument("--center", help="code of one center (default: all)")
        parser.add_argument("--delete", action="store_true", help="then take out of the tables what the files hold")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = date.fromisoformat(options["before"])
        except ValueError as error:
            raise CommandError(f"--before {options['before']}: not a day (YYYY-MM-DD)") from error
        if is_disk_low():
            raise CommandError("the disk is nearly full: no archive is begun (SIAGA_DISK_FREE_MB)")
        centers = Center.objects.order_by("code")
        if options["center"]:
            centers = centers.filter(code=options["center"])
            if not centers:
                raise CommandError(f"no center has the code {options['center']!r}")
        root: Path = options["to"]
        try:
            for center in centers:
                self._archive(center, day, root, is_deleting=options["delete"])
        except (CannotArchive, Damaged, OSError) as error:
            raise CommandError(str(error)) from error

    def _archive(self, center: Center, day: date, root: Path, *, is_deleting: bool) -> None:
        refuse_what_is_not_over(center, day)
        months = months_before(center, day)
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for month in months:
            made = archive_month(center, month, root)
            entries = made.last_seq - made.first_seq + 1
            self.stdout.write(f"{month_folder(center, month, root)}: {entries} entries up to {made.last_seq}")
        if not months:
            self.stdout.write(f"{center.code}: no whole month before {day} that is not archived")
        if is_deleting:
            gone = take_out(center, root)
            said = ", ".join(f"{count} {name}" for name, count in gone.items())
            self.stdout.write(f"{center.code}: taken out: {said}")
