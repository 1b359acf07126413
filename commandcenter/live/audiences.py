"""Who sees which rows, and how much of them: the room sees its center, a crew its own agencies and no calls, and each what
`incidents/privacy.py` shows its kind. One filter for board, push and answer; whether somebody may see a board at all is a row of
`incidents/access.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.access import ROOM, Reach, reach_of
from incidents.models import User
from incidents.privacy import MEDICAL, Sight, holds_personal_data

Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Audience:
    """Hashable, so that a hub encodes a frame once for all sockets of one audience."""

    name: str
    agencies: frozenset[str] | None = None
    """None: every agency."""
    sight: Sight = Sight("operator")

    def filter(self, rows: Rows, involved: frozenset[int] = frozenset()) -> dict[str, list[dict[str, Any]]]:
        """The rows this audience may see. `involved`: further incidents of its agencies, beside those the rows show."""
        if self.agencies is None:
            return self.sight.lists(rows)
        own = {
            name: [row for row in rows[name] if row["agency"] in self.agencies]
            for name in ("referrals", "assignments", "units")
        }
        incidents = {row["incident"] for row in own["referrals"] + own["assignments"]} | involved
        return {
            **own,
            "calls": [],
            "incidents": [
                self.sight.incident(row | {"call": None}) for row in rows["incidents"] if row["id"] in incidents
            ],
            "alarms": [],
        }


ROOM_AUDIENCE = Audience("room")
WALL = "wall"
_WALL_AUDIENCE = Audience("room", None, Sight(WALL))
_OF_ROLE = {role: Audience("room", None, Sight(role)) for role in ROOM}
_OF_ROLE["operator"] = ROOM_AUDIENCE


def view_of(user: User, view: str | None = None) -> Audience:
    """The audience of a user. `view` "wall": what may hang where everybody sees it. Raises NotAllowed for one who may not see
    the board."""
    if reach_of(user, "see_board") is Reach.CENTER:
        return _WALL_AUDIENCE if view == WALL else _OF_ROLE[user.role]
    agencies = list(_own_units(user).values_list("agency__code", "agency__discipline"))
    return Audience("crew", frozenset(code for code, _ in agencies), _sight_of_crew({kind for _, kind in agencies}))


def _own_units(user: User) -> Any:
    return user.units.filter(center=user.center_id)


def _sight_of_crew(disciplines: set[str]) -> Sight:
    return Sight("medical_crew" if MEDICAL in disciplines else "crew")


def sight_of(user: User) -> Sight:
    """What a user sees of a row that is theirs to see."""
    if user.role != User.Role.CREW:
        return Sight(user.role)
    return _sight_of_crew(set(_own_units(user).values_list("agency__discipline", flat=True)))


def shown_to(user: User, body: Any) -> Any:
    """An endpoint's answer as its user sees it. Asks the database nothing but what a crew is, and only where it matters."""
    return sight_of(user).body(body, user.username) if holds_personal_data(body) else body
