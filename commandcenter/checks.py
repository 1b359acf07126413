"""Checks of a deployment beside Django's own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

BOUNDS = ("lock_timeout", "idle_in_transaction_session_timeout")


@register(Tags.security, deploy=True)
def no_demo_in_a_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Well-known logins must not work where real calls come in."""
    if not settings.SIAGA_DEMO:
        return []
    return [Error("SIAGA_DEMO is on: the demo's well-known logins work.", hint="Unset SIAGA_DEMO.", id="siaga.E001")]


@register(Tags.database)
def bounds_on_hung_sessions(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Without these a hung worker holds a job for ever. PgBouncer must ask for them itself (deploy/pgbouncer.ini)."""
    if "default" not in (databases or []):
        return []
    found: list[CheckMessage] = []
    with connections["default"].cursor() as cursor:
        for name in BOUNDS:
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone()[0] == "0":
                found.append(
                    Warning(
                        f"{name} is not set for Siaga's sessions.",
                        hint="Through PgBouncer: connect_query in deploy/pgbouncer.ini.",
                        id="siaga.W001",
                    )
                )
    return found
