"""Who sees which rows: the room sees its center, a crew sees its own agencies and no calls. One filter for board and push.
Whether somebody may see a board at all is a row of `incidents/access.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.access import ROOM
from incidents.models import User

Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Audience:
    """Hashable, so that a hub encodes a frame once for all sockets of one audience."""

    name: str
    agencies: frozenset[str] | None = None
    """None: every agency."""

    def filter(self, rows: Rows, involved: frozenset[int] = frozenset()) -> dict[str, list[dict[str, Any]]]:
        """The rows this audience may see. `involved`: further incidents of its agencies, beside those the rows show."""
        if self.agencies is None:
            return dict(rows)
        own = {
            name: [row for row in rows[name] if row["agency"] in self.agencies]
            for name in ("referrals", "assignments", "units")
        }
        incidents = {row["incident"] for row in own["referrals"] + own["assignments"]} | involved
        return {
            **own,
            "calls": [],
            "incidents": [row | {"call": None} for row in rows["incidents"] if row["id"] in incidents],
            "alarms": [],
        }


ROOM_AUDIENCE = Audience("room")


def view_of(user: User) -> Audience:
    """The audience of a user who may see the board."""
    if user.role in ROOM:
        return ROOM_AUDIENCE
    codes = frozenset(user.units.values_list("agency__code", flat=True))
    return Audience("crew", codes)
