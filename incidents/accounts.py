"""Logging in and bearer tokens. What a role may do is in `incidents/access.py`."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone

from incidents.models import Center, Token, User
from incidents.models.center import CENTER_FIELDS

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
    """The user of a valid token: not revoked, not expired, its user active and of a center; else None.
    Every request begins here, so the one query is written out and reads no geometry of the center."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_TOKEN, [digest_of(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    user = User.from_db(connection.alias, _USER_FIELDS, row[: len(_USER_FIELDS)])
    user.center = Center.from_db(connection.alias, CENTER_FIELDS, row[len(_USER_FIELDS) :])
    return user


_USER_FIELDS = [field.attname for field in User._meta.concrete_fields]
_OF_TOKEN = f"""
    SELECT {", ".join(f"person.{name}" for name in _USER_FIELDS)}, {", ".join(f"center.{name}" for name in CENTER_FIELDS)}
    FROM incidents_token token
    JOIN incidents_user person ON person.id = token.user_id
    JOIN incidents_center center ON center.id = person.center_id
    WHERE token.digest = %s AND token.revoked_at IS NULL AND token.expires_at > clock_timestamp() AND person.is_active
"""
