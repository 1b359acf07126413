"""Addresses of the whole site."""

from django.urls import URLPattern, URLResolver, path

from commandcenter.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
]
