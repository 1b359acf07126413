"""Addresses of the whole site."""

from django.urls import URLPattern, URLResolver, include, path

from commandcenter import audit_pages, away, health, pages
from commandcenter.api.root import api
from commandcenter.metrics.view import metrics
from incidents.admin_site import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.console, name="console"),
    path("map", pages.live_map, name="map"),
    path("crew", pages.crew, name="crew"),
    path("", include("commandcenter.signin.addresses")),
    path("break-glass", audit_pages.glass, name="glass"),
    path("break-glass/<int:pk>", audit_pages.glass_incident, name="glass_incident"),
    path("who-saw", audit_pages.who_saw, name="who_saw"),
    path("person-data", audit_pages.person_data, name="person_data"),
    path("language", pages.choose_language, name="language"),
    path("saved-board", away.saved_board, name="saved-board"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("admin/", site.urls),
]
handler400 = "commandcenter.error_pages.bad_request"
handler403 = "commandcenter.error_pages.forbidden"
handler404 = "commandcenter.error_pages.not_found"
handler500 = "commandcenter.away.failed"
