"""`manage.py revoke_token NUMBER`: a token opens nothing any more, and its sockets close within seconds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from incidents.actions.configure import revoke_tokens
from incidents.management.tokens import center_of_token, token_numbered


class Command(BaseCommand):
    help = "Revokes a token: it opens nothing any more, and its sockets close."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="as in the administrator's list of tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        token = token_numbered(options["number"])
        count = revoke_tokens(center_of_token(token), None, [token])
        self.stdout.write(f"{token}: revoked" if count else f"{token}: was revoked before")
