"""Addresses of the whole site."""

from django.urls import URLPattern, URLResolver, path
from incidents.admin_site import site

from commandcenter.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("admin/", site.urls),
]
