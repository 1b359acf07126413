"""What holds for every page of somebody who signed in: first the second factor, and now and then a sign of life of the session.
The API and the sockets ask for themselves (commandcenter/api/accounts.py, commandcenter/live/accounts.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from commandcenter.signin.second_factor import is_complete
from incidents.models import User
from incidents.sessions import SEEN_SECONDS, facts_of, keep_facts

OPEN_BEFORE = frozenset(
    {
        "account",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "account_logout",
        "language",
        "healthz",
        "readyz",
    }
)
"""Names of the pages that somebody without the second factor that the role needs may open."""
API_PREFIX = "/api/"


class SignedInMiddleware:
    """Only for requests with a session: a bearer token is not a session."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            _sign_of_life(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or request.path.startswith(API_PREFIX) or is_complete(user, request.session):
            return None
        if Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            # The person has a second factor, this session has not shown it: it adds none, it signs in anew.
            request.session.flush()
            return redirect(settings.LOGIN_URL)
        name = request.resolver_match.view_name if request.resolver_match else ""
        return None if name in OPEN_BEFORE else redirect("account")


def _sign_of_life(request: HttpRequest) -> None:
    facts = facts_of(request.session)
    now = time.time()
    if facts is not None and now - facts.seen > SEEN_SECONDS:
        keep_facts(request.session, replace(facts, seen=now))
