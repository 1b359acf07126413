"""Who opens a socket: a bearer token in a header, or a session cookie from one of our own origins. Everybody else is
refused in the handshake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from channels.auth import get_user
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.conf import settings
from django.db.models import F
from django.http.request import validate_host
from django.utils import timezone

from commandcenter.live.feed import in_thread
from commandcenter.signin.second_factor import is_complete
from incidents.access import MAY, is_in
from incidents.accounts import digest_of, user_of_token
from incidents.models import Session, Token, User
from incidents.sessions import SEEN_SECONDS, extend

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key.lower() == name:
            decoded: str = value.decode("latin-1")
            return decoded
    return None


def is_own_origin(scope: Scope) -> bool:
    """Whether the Origin is the site itself or a trusted one. None and `null` are not."""
    origin = header(scope, b"origin")
    if not origin or origin == "null":
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(origin)
    host = header(scope, b"host")
    if parts.scheme not in ("http", "https") or not parts.hostname or not host:
        return False
    return parts.netloc == host and validate_host(parts.hostname, settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1"])


def bearer(scope: Scope) -> str | None:
    kind, _, token = (header(scope, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


@dataclass(frozen=True)
class Credential:
    """What a socket was opened with and for: a token, or a session, as it and its user were then."""

    user_id: int
    role: str
    center_id: int | None
    row: str = "see_board"
    """Of `incidents/access.py`."""
    digest: bytes | None = None
    session_key: str = ""
    session_hash: str = ""
    agencies: frozenset[str] | None = None
    """Of a crew: those whose part it sees."""


def credential_of(scope: Scope, row: str, agencies: frozenset[str] | None = None) -> Credential:
    """Of a scope whose user was let in."""
    user, token = scope["user"], bearer(scope)
    if token is not None:
        return Credential(user.pk, user.role, user.center_id, row, digest_of(token), agencies=agencies)
    session = scope["session"]
    key, session_hash = session.session_key or "", session.get("_auth_user_hash", "")
    return Credential(user.pk, user.role, user.center_id, row, None, key, session_hash, agencies)


def revoked(credentials: Collection[Credential]) -> set[Credential]:
    """Those that no longer stand: token revoked, expired or without the scope, session ended or its password changed, user no
    longer active, of another role or center, crew of another agency's units. At most four queries for however many,
    and one more each five minutes that tells sessions with a socket alive."""
    now = timezone.now()
    users = {
        user.pk: user
        for user in User.objects.filter(
            pk__in={credential.user_id for credential in credentials}, is_active=True, center__isnull=False
        )
    }
    digests = {credential.digest for credential in credentials if credential.digest is not None}
    tokens = {
        bytes(digest): scopes
        for digest, scopes in Token.objects.filter(digest__in=digests, revoked_at=None, expires_at__gt=now).values_list(
            "digest", "scopes"
        )
    }
    keys = {credential.session_key for credential in credentials if credential.digest is None}
    seen: dict[str, datetime] = (
        dict(Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", "seen_at"))
        if keys
        else {}
    )
    silent = [key for key, seen_at in seen.items() if (now - seen_at).total_seconds() > SEEN_SECONDS]
    if silent:
        extend(silent)
    hashes = {user_id: user.get_session_auth_hash() for user_id, user in users.items()} if keys else {}
    crews = {credential.user_id for credential in credentials if credential.agencies is not None}
    agencies = _agencies_of(crews) if crews else {}

    def stands(credential: Credential) -> bool:
        user = users.get(credential.user_id)
        if user is None or (user.role, user.center_id) != (credential.role, credential.center_id):
            return False
        if user.role not in MAY[credential.row]:
            return False
        if credential.agencies is not None and credential.agencies != agencies.get(user.pk, frozenset()):
            return False
        if credential.digest is not None:
            return credential.digest in tokens and is_in(tokens[credential.digest], credential.row)
        return credential.session_key in seen and credential.session_hash == hashes[user.pk]

    return {credential for credential in credentials if not stands(credential)}


def _agencies_of(user_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """user → codes of the agencies of its units, as `audiences.view_of` has them."""
    found: dict[int, set[str]] = {}
    rows = User.objects.filter(pk__in=user_ids, units__center=F("center")).values_list("pk", "units__agency__code")
    for user_id, code in rows:
        found.setdefault(user_id, set()).add(code)
    return {user_id: frozenset(codes) for user_id, codes in found.items()}


class AccountMiddleware:
    """Puts `user` into the scope, or None. The session is looked at only when the Origin is ours."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.with_session = CookieMiddleware(SessionMiddleware(self._session))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        token = bearer(scope)
        if token is not None:
            user = await in_thread(user_of_token)(token)
            return await self.inner({**scope, "user": user}, receive, send)
        if not is_own_origin(scope):
            return await self.inner({**scope, "user": None}, receive, send)
        return await self.with_session(scope, receive, send)

    async def _session(self, scope: Scope, receive: Any, send: Any) -> Any:
        user = await get_user(scope)
        may_enter = isinstance(user, User) and is_complete(user, scope["session"])
        return await self.inner({**scope, "user": user if may_enter else None}, receive, send)
