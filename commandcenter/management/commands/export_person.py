"""`manage.py export_person`: all that is held about one person, as JSON (UU PDP, article 7)."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.management.base import CommandError

from commandcenter.history.person import export_number, export_user
from commandcenter.management.person_command import PersonCommand
from incidents.refusals import Refusal


class Command(PersonCommand):
    help = "Prints all that is held about one person as JSON; the export is logged."

    def handle(self, *args: Any, **options: Any) -> None:
        center, reason = self.center(options), options["reason"]
        try:
            if options["number"]:
                held = export_number(center, None, options["number"], reason=reason)
            else:
                held = export_user(center, None, options["user"], reason=reason)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(orjson.dumps(held, option=orjson.OPT_INDENT_2).decode())
