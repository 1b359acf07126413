"""Who opens a socket: a bearer token in a header, or a session cookie from one of our own origins. Everybody else is
refused in the handshake."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.auth import get_user
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.conf import settings
from django.http.request import validate_host

from commandcenter.live.feed import in_thread
from incidents.access import may
from incidents.accounts import user_by_id, user_of_token
from incidents.models import User

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


def still_valid(scope: Scope) -> bool:
    """Whether the token or session of an open socket still stands, and its user may still see the board."""
    token = bearer(scope)
    if token is not None:
        user = user_of_token(token)
    else:
        stored = scope["session"].__class__(scope["session"].session_key)
        user = user_by_id(scope["user"].pk) if stored.get("_auth_user_hash") else None
        if user is not None and stored["_auth_user_hash"] != user.get_session_auth_hash():
            user = None
    return user is not None and may(user, "see_board") and user.role == scope["user"].role


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
        return await self.inner({**scope, "user": user if isinstance(user, User) else None}, receive, send)
