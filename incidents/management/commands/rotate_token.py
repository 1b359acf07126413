"""`manage.py rotate_token NUMBER`: a new secret for a token, alone on the last line; the old one opens for a while more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.actions.configure import TokenGone, rotate_token
from incidents.management.tokens import center_of_token, token_numbered


class Command(BaseCommand):
    help = "Gives a token a new secret and prints it; the old one opens for a while more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="as in the administrator's list of tokens")
        parser.add_argument(
            "--overlap-hours", type=float, help="how long the old one still opens (SIAGA_TOKEN_OVERLAP_HOURS)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asked = options["overlap_hours"]
        overlap = settings.TOKEN_OVERLAP_HOURS if asked is None else asked
        if not 0 <= overlap <= 24 * 30:
            raise CommandError("--overlap-hours must be from 0 to 720")
        token = token_numbered(options["number"])
        try:
            secret = rotate_token(center_of_token(token), None, token, overlap=timedelta(hours=overlap))
        except TokenGone as refusal:
            raise CommandError(refusal.message("en")) from None
        self.stdout.write(secret)
