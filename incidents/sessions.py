"""Django's session engine on our own rows (SESSION_ENGINE): each row knows its person, address and ends, so that sessions are
listed and ended with one statement. No rule of who may end whose."""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from incidents.models import Session
from incidents.models.session import DEVICE_LENGTH

SIGN_IN_MINUTES = 15
"""How long a sign-in may be under way: password given, code not yet."""
SEEN_SECONDS = 300
"""`seen_at` is as coarse as this: a row is written once in that time, not with each request."""
FACTS = "siaga"


@dataclass(frozen=True)
class Facts:
    """Of a signed-in session, kept in its data under FACTS. Times in seconds since 1970."""

    started: float
    seen: float
    address: str | None = None
    device: str = ""
    is_idle_bound: bool = True
    has_second_factor: bool = False


def facts_of(data: MutableMapping[str, Any] | SessionBase) -> Facts | None:
    """None before anybody signed in."""
    found = data.get(FACTS)
    return Facts(**found) if isinstance(found, dict) else None


def keep_facts(data: MutableMapping[str, Any] | SessionBase, facts: Facts) -> None:
    data[FACTS] = vars(facts).copy()


def end_of(facts: Facts) -> datetime:
    """When the session ends unless it is used again, and at the latest."""
    last = facts.started + settings.SESSION_COOKIE_AGE
    if settings.SESSION_IDLE_MINUTES and facts.is_idle_bound:
        last = min(last, facts.seen + settings.SESSION_IDLE_MINUTES * 60)
    return datetime.fromtimestamp(last, UTC)


class SessionStore(DatabaseStore):
    """Sessions in `incidents_session`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:  # type: ignore[override]
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:  # type: ignore[override]
        now = timezone.now()
        person = data.get(SESSION_KEY)
        facts = None
        if person is not None:
            facts = facts_of(data)
            if facts is None:
                facts = Facts(started=now.timestamp(), seen=now.timestamp())
                keep_facts(data, facts)
        return Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=end_of(facts) if facts else now + timedelta(minutes=SIGN_IN_MINUTES),
            user_id=int(person) if person is not None else None,
            started_at=datetime.fromtimestamp(facts.started, UTC) if facts else now,
            seen_at=datetime.fromtimestamp(facts.seen, UTC) if facts else now,
            address=facts.address if facts else None,
            device=facts.device[:DEVICE_LENGTH] if facts else "",
        )


def extend(session_keys: Collection[str]) -> None:
    """Sessions in use by an open socket: seen now, so that a watched screen does not time out. Never past the absolute end."""
    now = timezone.now()
    absolute = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    Session.objects.filter(session_key__in=session_keys).update(
        seen_at=now, expire_date=Least(F("started_at") + absolute, Greatest(F("expire_date"), now + idle))
    )
