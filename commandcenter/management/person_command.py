"""What `export_person` and `erase_person` ask for alike: whose data, in which center, for which reason."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.models import Center


class PersonCommand(BaseCommand):
    """`--number` or `--user`, `--center` where there are several, and `--reason`."""

    def add_arguments(self, parser: CommandParser) -> None:
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--number", help="a caller's number, in any spelling")
        who.add_argument("--user", help="username of somebody who works here")
        parser.add_argument("--center", help="code; needed where there is more than one")
        parser.add_argument("--reason", required=True, help="why; kept in the log of access")

    def center(self, options: dict[str, Any]) -> Center:
        centers = Center.objects.filter(**({"code": options["center"]} if options["center"] else {}))
        if len(centers) != 1:
            raise CommandError(
                "name one center with --center: " + ", ".join(sorted(c.code for c in Center.objects.all()))
            )
        return centers[0]
