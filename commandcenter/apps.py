"""The app's start: its checks are registered."""

from importlib import import_module

from django.apps import AppConfig


class CommandCenterConfig(AppConfig):
    name = "commandcenter"
    verbose_name = "Siaga"

    def ready(self) -> None:
        import_module("commandcenter.checks")
