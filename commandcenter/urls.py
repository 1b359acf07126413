"""Addresses of the whole site."""

from django.urls import URLPattern, URLResolver, path

from commandcenter import away, health, pages
from commandcenter.api.root import api
from incidents.admin_site import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.console, name="console"),
    path("map", pages.live_map, name="map"),
    path("crew", pages.crew, name="crew"),
    path("login", pages.Login.as_view(), name="login"),
    path("logout", pages.Logout.as_view(), name="logout"),
    path("language", pages.choose_language, name="language"),
    path("saved-board", away.saved_board, name="saved-board"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/v1/", api.urls),
    path("admin/", site.urls),
]
handler500 = "commandcenter.away.failed"
