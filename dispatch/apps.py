"""The app's start: its timeline kinds get their words, its kinds of job their handlers."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from dispatch.words import KINDS
from incidents import words


class DispatchConfig(AppConfig):
    name = "dispatch"
    verbose_name = _("Dispatch")

    def ready(self) -> None:
        words.learn(KINDS)
        # The handlers need the models, which are there only now.
        import_module("dispatch.tasks").register()
