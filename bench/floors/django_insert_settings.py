"""Siaga's settings without its middleware, for the plain view."""

from commandcenter.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.floors.django_insert"
