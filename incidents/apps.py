"""The app's start: its logs are set up."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = _("Incidents")

    def ready(self) -> None:
        import_module("incidents.logs").configure()
