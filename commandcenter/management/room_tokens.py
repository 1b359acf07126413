"""Finds the bearer tokens with which `simulate` and `replay` speak to a room: a file, the environment or the database.
The only place of the simulation that touches the database, and only when no token is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.db.utils import OperationalError
from django.utils import timezone

from dispatch.cities.people import HOTLINE, OPERATOR, RADIO, SIMULATED_OPERATORS, TRACKER
from incidents.accounts import digest_of, make_token
from incidents.models import Center, Token, User

ENVIRONMENT = "SIAGA_ROOM_TOKENS"
USERS = (OPERATOR, HOTLINE, TRACKER, RADIO, *SIMULATED_OPERATORS)
# A room may be kept alive for a season; tokens that a killed run left behind end by themselves.
TOKEN_DAYS = 90


@contextmanager
def room_tokens(path: str | None, center: str | None) -> Iterator[dict[str, str]]:
    """user name → token: those that are given, else new ones for the seeded users of `center`, revoked at the end.

    Raises CommandError when a line is not `username=token`, or when there is no such center here.
    """
    given = tokens_from(path)
    if given:
        yield given
        return
    made = _make_tokens(center)
    try:
        yield made
    finally:
        digests = [digest_of(token) for token in made.values()]
        Token.objects.filter(digest__in=digests).update(revoked_at=timezone.now())


def tokens_from(path: str | None) -> dict[str, str]:
    """The tokens in the file `path`, else in SIAGA_ROOM_TOKENS, else none."""
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read the tokens of {path}: {error}") from None
        return _parse(text.splitlines(), path)
    return _parse(os.environ.get(ENVIRONMENT, "").split(","), ENVIRONMENT)


def _make_tokens(code: str | None) -> dict[str, str]:
    try:
        centers = list(Center.objects.filter(code=code) if code else Center.objects.order_by("id")[:1])
    except OperationalError as error:
        raise CommandError(f"no database to make tokens in; give them with --tokens ({error})") from None
    if not centers:
        known = ", ".join(Center.objects.order_by("code").values_list("code", flat=True)) or "none (seed_city first)"
        raise CommandError(f"there is no center {code!r}; known: {known}")
    [center] = centers
    tokens: dict[str, str] = {}
    for name in USERS:
        # The first city of a deployment has the plain names, the others `operator.mojokerto` (see seed_city).
        user = User.objects.filter(center=center, username__in=(name, f"{name}.{center.code}")).first()
        if user is not None:
            tokens[name] = make_token(user, TOKEN_DAYS)
    return tokens


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
