"""Logging in and bearer tokens. What a role may do is in `incidents/access.py`."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone

from incidents.access import MAY, READ
from incidents.models import Center, Token, User
from incidents.models.center import CENTER_FIELDS
from incidents.refusals import Invalid

TOKEN_BYTES = 32


class AccountBackend(ModelBackend):
    """Django's own, but a demo login works in demo mode alone."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        if isinstance(user, User) and user.is_demo and not settings.SIAGA_DEMO:
            return False
        return super().user_can_authenticate(user)


def make_token(user: User, days: int | None = None, *, name: str = "", scopes: Sequence[str] | None = None) -> str:
    """A new bearer token for `user`; shown once, only its digest is kept. `scopes`: rows of `incidents/access.py` or "read", as
    `check_scopes` lets pass; None: all that the role may."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = timezone.now() + timedelta(days=settings.TOKEN_DAYS if days is None else days)
    kept = None if scopes is None else sorted(set(scopes))
    Token.objects.create(user=user, digest=digest_of(secret), expires_at=expires_at, name=name, scopes=kept)
    return secret


def check_scopes(user: User, scopes: Iterable[str]) -> None:
    """Raises Invalid for a scope that is not one of the rows of the user's role: it would promise what it does not open."""
    known = {READ, *(what for what, roles in MAY.items() if user.role in roles)}
    unknown = sorted(set(scopes) - known)
    if unknown:
        raise Invalid(field="scope", why=f"{', '.join(unknown)}; {user.role}: {', '.join(sorted(known))}")


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def user_of_token(secret: str) -> User | None:
    """The user of a valid token: not revoked, not expired, its user active and of a center; else None.
    Every request begins here, so the one query is written out and reads no geometry of the center. Once a minute it says in
    the same statement that the token was used."""
    digest, now = digest_of(secret), time.monotonic()
    noted_at = _noted_at.get(digest)
    is_noted = noted_at is not None and now - noted_at < NOTED_SECONDS
    with connection.cursor() as cursor:
        if is_noted:
            cursor.execute(_OF_TOKEN, [digest])
        else:
            cursor.execute(_OF_TOKEN_USED, [digest, digest])
        row = cursor.fetchone()
    if row is None:
        return None
    if not is_noted:
        if len(_noted_at) >= NOTED_TOKENS_MAX:
            _noted_at.clear()
        _noted_at[digest] = now
    user = User.from_db(connection.alias, _USER_FIELDS, row[: len(_USER_FIELDS)])
    user.center = Center.from_db(connection.alias, CENTER_FIELDS, row[len(_USER_FIELDS) : -1])
    user.scopes = None if row[-1] is None else frozenset(row[-1])
    return user


def is_known(digest: bytes) -> bool:
    """Whether this token has opened something in this process. No statement."""
    return digest in _noted_at


def forget(digest: bytes) -> None:
    """It opens nothing (any more)."""
    _noted_at.pop(digest, None)


NOTED_SECONDS, NOTED_TOKENS_MAX = 60.0, 20_000
_noted_at: dict[bytes, float] = {}
"""When this process last wrote that a token was used."""
_USER_FIELDS = [field.attname for field in User._meta.concrete_fields]
_OF_TOKEN = f"""
    SELECT {", ".join(f"person.{name}" for name in _USER_FIELDS)},
        {", ".join(f"center.{name}" for name in CENTER_FIELDS)}, token.scopes
    FROM incidents_token token
    JOIN incidents_user person ON person.id = token.user_id
    JOIN incidents_center center ON center.id = person.center_id
    WHERE token.digest = %s AND token.revoked_at IS NULL AND token.expires_at > clock_timestamp() AND person.is_active
"""
# Whoever comes while another writes does not wait for it.
_OF_TOKEN_USED = f"""
    WITH used AS (
        UPDATE incidents_token SET last_used_at = clock_timestamp() WHERE id IN (
            SELECT id FROM incidents_token
            WHERE digest = %s AND revoked_at IS NULL AND expires_at > clock_timestamp()
                AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
            FOR NO KEY UPDATE SKIP LOCKED
        )
    ) {_OF_TOKEN}
"""
