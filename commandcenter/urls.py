"""Addresses of the whole site."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from commandcenter import health, pages
from commandcenter.api.root import api
from incidents.admin_site import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.console, name="console"),
    path("map", pages.live_map, name="map"),
    path("crew", pages.crew, name="crew"),
    path("login", pages.Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("language", pages.choose_language, name="language"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/v1/", api.urls),
    path("admin/", site.urls),
]
