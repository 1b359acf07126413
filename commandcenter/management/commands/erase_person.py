"""`manage.py erase_person`: takes away what is held about one person (UU PDP, article 8); first with `--dry-run`."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.management.base import CommandError, CommandParser

from commandcenter.history.person import as_json, erase_number, erase_user
from commandcenter.management.person_command import PersonCommand
from incidents.refusals import Refusal


class Command(PersonCommand):
    help = "Erases what is held about one person and says what; the timeline's chain stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be taken away")

    def handle(self, *args: Any, **options: Any) -> None:
        center, how = self.center(options), {"reason": options["reason"], "is_dry": options["dry_run"]}
        try:
            if options["number"]:
                erased = erase_number(center, None, options["number"], **how)
            else:
                erased = erase_user(center, None, options["user"], **how)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write("would erase:" if options["dry_run"] else "erased:")
        self.stdout.write(orjson.dumps(as_json(erased), option=orjson.OPT_INDENT_2).decode())
