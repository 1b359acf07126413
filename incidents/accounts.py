"""Logging in and bearer tokens. What a role may do is in `incidents/access.py`."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from incidents.models import Token, User

TOKEN_BYTES = 32


class AccountBackend(ModelBackend):
    """Django's own, but a demo login works in demo mode alone."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        if isinstance(user, User) and user.is_demo and not settings.SIAGA_DEMO:
            return False
        return super().user_can_authenticate(user)


def make_token(user: User, days: int | None = None) -> str:
    """A new bearer token for `user`; shown once, only its digest is kept."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = timezone.now() + timedelta(days=settings.TOKEN_DAYS if days is None else days)
    Token.objects.create(user=user, digest=digest_of(secret), expires_at=expires_at)
    return secret


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def user_of_token(secret: str) -> User | None:
    """The user of a valid token: not revoked, not expired, its user active and of a center; else None."""
    token = (
        Token.objects.select_related("user__center")
        .defer("user__center__outline")
        .filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if token is None or not token.user.is_active or token.user.center is None:
        return None
    return token.user
