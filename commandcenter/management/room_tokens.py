"""Finds the bearer tokens with which `simulate` and `replay` speak to a room: a file, the environment or the database.
The only place of the simulation that touches the database, and only when no token is given."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError

from dispatch.cities.people import HOTLINE, OPERATOR, RADIO, SIMULATED_OPERATORS, TRACKER

ENVIRONMENT = "SIAGA_ROOM_TOKENS"
USERS = (OPERATOR, HOTLINE, TRACKER, RADIO, *SIMULATED_OPERATORS)


def room_tokens(path: str | None) -> dict[str, str]:
    """Tokens that are given, else new ones for the seeded users of this database. Raises CommandError."""
    return tokens_from(path) or {username: _new_token(username) for username in USERS}


def _new_token(username: str) -> str:
    out = StringIO()
    call_command("create_token", username, stdout=out)
    return out.getvalue().strip().splitlines()[-1]


def tokens_from(path: str | None) -> dict[str, str]:
    """user name → token, from `path`, else from SIAGA_ROOM_TOKENS, else nothing. Raises CommandError on a line that is
    not `username=token`."""
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read the tokens of {path}: {error}") from None
        return _parse(text.splitlines(), path)
    return _parse(os.environ.get(ENVIRONMENT, "").split(","), ENVIRONMENT)


def _parse(lines: list[str], origin: str) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        username, equals, token = line.partition("=")
        if not equals or not token.strip():
            raise CommandError(f"{origin}, entry {number}: write username=token")
        tokens[username.strip()] = token.strip()
    return tokens
