"""Siaga's settings without its middleware, for the plain view."""

from commandcenter.settings import *  # noqa: F403

MIDDLEWARE: list[str] = ["allauth.account.middleware.AccountMiddleware"]  # which insists on being there
ROOT_URLCONF = "bench.floors.django_insert"
