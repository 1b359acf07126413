"""The pages: console, map, crew. Each is a frame with its configuration; modules draw what stands in it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from commandcenter.doors import PAGES, route_of
from commandcenter.saved_board import let_read
from incidents.access import may
from incidents.models import User
from incidents.rows import lat_lon

HOME_OF_ROLE = {User.Role.CREW: "/crew"}
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


def home_of(user: User) -> str:
    return HOME_OF_ROLE.get(User.Role(user.role), "/")


def _page(request: HttpRequest, template: str) -> HttpResponse:
    """Raises PermissionDenied for another role."""
    user = request.user
    if not isinstance(user, User) or user.center is None or not may(user, PAGES[route_of(request)]):
        raise PermissionDenied
    center = user.center
    config = {
        "user": {"username": user.username, "name": user.name, "role": user.role, "language": user.language},
        "center": {
            "code": center.code,
            "name": center.name,
            "timezone": center.timezone,
            "location": lat_lon(center.location),
        },
        "units": list(user.units.filter(center=center).values_list("call_sign", flat=True)),
    }
    response = render(request, template, {"center": center, "config": config})
    let_read(response, user)
    return response


@never_cache
@require_GET
@login_required
def console(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User) and home_of(request.user) != "/":
        return redirect(home_of(request.user))
    return _page(request, "console.html")


@never_cache
@require_GET
@login_required
def live_map(request: HttpRequest) -> HttpResponse:
    return _page(request, "map.html")


@never_cache
@require_GET
@login_required
def crew(request: HttpRequest) -> HttpResponse:
    return _page(request, "crew.html")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Keeps the language for the user and the browser, and goes back to `next`."""
    language = request.POST.get("language", "")
    if language not in User.Language.values:
        return HttpResponse(status=422)
    if isinstance(request.user, User):
        User.objects.filter(pk=request.user.pk).update(language=language)
    target = request.POST.get("next", "/")
    is_safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    wants_json = "application/json" in request.headers.get("Accept", "")
    response = HttpResponse(status=204) if wants_json else redirect(target if is_safe else "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=LANGUAGE_COOKIE_SECONDS,
        secure=settings.SIAGA_TLS,
        httponly=True,
        samesite="Lax",
    )
    return response
