"""The language of a request: the user's own, else the cookie, else the browser's, else Indonesian."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from incidents.models import User


def language_of(request: HttpRequest) -> str:
    try:
        user = getattr(request, "user", None)
        if isinstance(user, User):
            return user.language
    except (OperationalError, InterfaceError):
        pass  # the database is away: that is said by whoever cannot do without it
    return language_of_browser(request)


def language_of_browser(request: HttpRequest) -> str:
    """What was last chosen in it; nobody need be known."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return "en" if chosen == "en" else "id"


class UserLanguageMiddleware:
    """Activates `language_of` for each request."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "id")
        return response
