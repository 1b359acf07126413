"""Finds the token that a command names by its number in the administrator's list. For the commands alone."""

from __future__ import annotations

from django.core.management.base import CommandError

from incidents.models import Center, Token


def token_numbered(number: int) -> Token:
    """Raises CommandError when there is none."""
    token = Token.objects.select_related("user__center").filter(pk=number).first()
    if token is None:
        raise CommandError(f"there is no token {number}")
    return token


def center_of_token(token: Token) -> Center:
    """Raises CommandError when its user is of no center."""
    if token.user.center is None:
        raise CommandError(f"{token.user.username} is of no center; its tokens open nothing")
    return token.user.center
