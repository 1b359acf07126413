"""Checks of a deployment beside Django's own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def no_demo_in_a_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Well-known logins must not work where real calls come in."""
    if not settings.SIAGA_DEMO:
        return []
    return [Error("SIAGA_DEMO is on: the demo's well-known logins work.", hint="Unset SIAGA_DEMO.", id="siaga.E001")]
