"""The table of doors against what is really served: a new page, operation, socket or administrator's action without a row
fails here, and so does a row of something that no longer exists."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path

from commandcenter import doors, urls
from commandcenter.api.root import api, operations
from commandcenter.live.addresses import CONSUMERS
from commandcenter.tracking import http
from incidents.access import MAY
from incidents.admin_site import site
from tests.cast import Cast


def _routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, here)
        elif isinstance(pattern, URLPattern):
            yield here


def test_it_has_a_row_for_every_page_and_a_page_for_every_row() -> None:
    served = {route for route in _routes() if not route.startswith((doors.API_PREFIX, doors.ADMIN_PREFIX))}
    rows = {route for route in doors.PAGES if not route.startswith(doors.API_PREFIX)}
    assert served == rows


def test_it_has_a_row_for_every_operation_that_the_api_describes() -> None:
    described = {
        f"{method.upper()} {address.removeprefix('/api/v1/')}"
        for address, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
        if address.startswith("/api/v1/")
    }
    assert described == set(doors.API)
    served = {route.removeprefix(doors.API_PREFIX) for route in _routes() if route.startswith(doors.API_PREFIX)}
    rows = {name.split(" ", 1)[1].replace("{", "<").replace("}", ">") for name in doors.API}
    assert served - {"", "openapi.json"} == rows


def test_it_does_not_start_with_an_operation_that_asks_for_nothing() -> None:
    doors.check_operations(operations())

    def open_to_all(request: Any) -> None:
        """A view without a row."""

    for more in [("GET", "/secrets", open_to_all), ("GET", "/board", open_to_all)]:
        with pytest.raises(ImproperlyConfigured):
            doors.check_operations([*operations(), more])
    with pytest.raises(ImproperlyConfigured, match="do not exist"):
        doors.check_operations([one for one in operations() if one[1].strip("/") != "board"])


def test_it_serves_no_page_without_a_row(city: Cast, settings: Any) -> None:
    def page(request: Any) -> HttpResponse:
        return HttpResponse("reached")

    with_more = ModuleType("with_more")
    with_more.urlpatterns = [*urls.urlpatterns, path("secrets", page)]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = with_more
    client = Client()
    client.force_login(city.users["ada"], backend="incidents.accounts.AccountBackend")
    assert client.get("/secrets").status_code == 403
    assert client.get("/map").status_code == 200


def test_it_has_a_row_for_every_socket_and_every_address_before_django() -> None:
    assert set(CONSUMERS) == set(doors.SOCKETS)
    assert set(doors.TRACKERS) == {http.BATCH_PATH, http.TRACK_PATH}
    assert "/track" in api.get_openapi_schema()["paths"]


def test_it_has_a_row_for_every_page_and_action_of_the_administrators_site(city: Cast) -> None:
    request = RequestFactory().get("/admin/")
    request.user, request.session = city.users["ada"], {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    assert set(doors.ADMIN) == {model._meta.label_lower for model in site._registry}
    for model, page in site._registry.items():
        verbs = set(doors.ADMIN[model._meta.label_lower])
        asked = {
            "add": page.has_add_permission(request),
            "change": page.has_change_permission(request),
            "delete": page.has_delete_permission(request),
            "import": getattr(page, "has_import_permission", lambda _: False)(request),
            "export": getattr(page, "has_export_permission", lambda _: False)(request),
        }
        assert {verb for verb, is_open in asked.items() if is_open} == verbs & set(asked), model
        actions = {f"action:{name}" for name in page.get_actions(request)}
        assert actions == {verb for verb in verbs if verb.startswith("action:")}, model
    served = {route for route in _routes() if route.startswith(doors.ADMIN_PREFIX)}
    assert doors.admin_routes() <= served
    every = dict.fromkeys(doors.ADMIN, tuple(doors.ROUTES_OF_VERB))
    unknown = served - doors.admin_routes(every)
    # Two of Django's own that nothing here needs: they reach across centers, and have no row on purpose.
    assert unknown == {
        "admin/autocomplete/",
        "admin/r/<path:content_type_id>/<path:object_id>/",
    }


def test_it_names_no_row_of_access_that_no_door_asks_for() -> None:
    named = {
        *doors.PAGES.values(),
        *doors.API.values(),
        *doors.TRACKERS.values(),
        *doors.SOCKETS.values(),
        "administer",
    }
    assert named - {doors.PUBLIC, doors.SIGNED_IN} == set(MAY)
