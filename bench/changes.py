"""One change to a city's board, committed by the driver itself, so that a measurement begins where nothing was told yet."""

from __future__ import annotations

import time

from django.db import transaction

from incidents import timeline
from incidents.models import Incident
from tests.cast import Cast


def change(city: Cast, incident: Incident, field: str = "address") -> tuple[int, float]:
    """Commits one timeline entry with one row: (its seq, when it was committed, monotonic). Nobody is woken before that."""
    committed_at = 0.0

    def mark() -> None:
        nonlocal committed_at
        committed_at = time.monotonic()

    with timeline.action(city.center, None) as log:
        transaction.on_commit(mark)
        log.add("incident_changed", touch=[incident], incident=incident.pk, fields=field)
    return log.seq, committed_at
