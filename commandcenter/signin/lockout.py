"""The lock after failures, kept by django-axes in the database: per user name and address together, so that nobody can lock the room
out from elsewhere. Codes of the second factor count as passwords do, and per person too."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessFailureLog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import ngettext

from commandcenter.limits.addresses import client_address
from incidents.models import User

CODE_PATHS = ("/login/code", "/account/confirm/code")
CODE_FAILURES_FACTOR = 4
"""So many times the limit of failures, codes of one person are refused whatever the address: who guesses them knows the password."""


def address_of(request: HttpRequest) -> str:
    """Of whoever asks, behind the trusted proxies too; without one (a socket of the same machine) the machine itself."""
    scope = getattr(request, "scope", None)
    told = client_address(scope) if scope is not None else request.META.get("REMOTE_ADDR")
    return str(told or "127.0.0.1")


def words() -> str:
    """The same for names that exist and names that do not."""
    minutes = max(1, round(settings.LOCK_MINUTES))
    return ngettext(
        "Too many failed attempts. Wait %(minutes)d minute, or ask an administrator to unlock the login.",
        "Too many failed attempts. Wait %(minutes)d minutes, or ask an administrator to unlock the login.",
        minutes,
    ) % {"minutes": minutes}


def answer(request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """429, in place of whatever page the failure would have shown."""
    response = render(request, "account/locked.html", {"words": words()}, status=429)
    response["Retry-After"] = str(int(settings.LOCK_MINUTES * 60))
    return response


def may_try_code(request: HttpRequest, user: User) -> bool:
    """Whether another code of this person is looked at."""
    if not AxesProxyHandler.is_allowed(request, {"username": user.username}):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return False
    failed = AccessFailureLog.objects.filter(
        username=user.username,
        path_info__in=CODE_PATHS,
        attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME,
    )
    if failed.count() < settings.LOCK_FAILURES * CODE_FAILURES_FACTOR:
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]
    return False


def count_failed_code(request: HttpRequest, user: User) -> None:
    AxesProxyHandler.user_login_failed(__name__, credentials={"username": user.username}, request=request)
