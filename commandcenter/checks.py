"""Checks of a deployment beside Django's own."""

from __future__ import annotations

from ipaddress import ip_network
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


@register(Tags.security)
def networks_that_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A word that is no address would trust nobody, or fail each request; it is said when a process starts."""
    found: list[CheckMessage] = []
    for name in ("TRUSTED_PROXIES", "METRICS_ADDRESSES"):
        for text in getattr(settings, name):
            try:
                ip_network(text, strict=False)
            except ValueError:
                found.append(Error(f"SIAGA_{name}: {text!r} is neither an address nor a network.", id="siaga.E002"))
    return found


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
