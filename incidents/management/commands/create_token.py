"""`manage.py create_token USERNAME`: prints a new bearer token alone on the last line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.accounts import check_scopes, make_token
from incidents.models import Token, User
from incidents.refusals import Invalid


class Command(BaseCommand):
    help = "Makes a bearer token for a user and prints it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, help="days until it expires")
        parser.add_argument("--name", default="", help="what uses it, for the administrator's list")
        parser.add_argument(
            "--scope",
            action="append",
            metavar="ROW",
            help="a row of incidents/access.py that it opens, or read; may be repeated; without, all that the role may",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['username']!r}")
        if options["days"] is not None and not 1 <= options["days"] <= 3650:
            raise CommandError("--days must be from 1 to 3650")
        if len(options["name"]) > Token.NAME_CHARACTERS_MAX:
            raise CommandError(f"--name may have {Token.NAME_CHARACTERS_MAX} characters")
        try:
            check_scopes(user, options["scope"] or [])
        except Invalid as refusal:
            raise CommandError(refusal.message("en")) from None
        self.stdout.write(make_token(user, options["days"], name=options["name"], scopes=options["scope"]))
