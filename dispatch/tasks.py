"""What each kind of owed job does. The work itself is an action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dispatch.actions.route import check_acceptance, route_incident
from incidents import metrics
from incidents.jobs import HANDLERS
from incidents.models import Center


def _route(center: Center, data: dict[str, Any]) -> None:
    route_incident(center, data["incident"])
    if "called_at" in data:
        metrics.observe_since(metrics.ROUTED_SECONDS, center.code, datetime.fromisoformat(data["called_at"]))


def _check_acceptance(center: Center, data: dict[str, Any]) -> None:
    check_acceptance(center, data["referral"])


def register() -> None:
    """Tells `incidents.jobs` of this app's kinds; called when the app starts."""
    HANDLERS.update({"route_incident": _route, "check_acceptance": _check_acceptance})
