"""One table: which role may do what, and how far it reaches. Every endpoint, page, socket and admin action names a row of it
(`commandcenter/doors.py`). Only the table and its reading; nothing here touches the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from incidents.refusals import Refusal

if TYPE_CHECKING:
    from incidents.models import User


class Reach(StrEnum):
    """On which objects a role may do it. None reaches into another center."""

    SELF = "self"
    """The user's own account."""
    CENTER = "center"
    """Everything of the user's own center."""
    AGENCY = "agency"
    """Of the own center, what the agencies of the user's units have a part in."""
    UNIT = "unit"
    """Of the own center, the units whose crew the user is, and their assignments."""


ROOM = frozenset({"operator", "supervisor", "administrator"})
SUPERVISION = frozenset({"supervisor", "administrator"})
ADMINISTRATOR = frozenset({"administrator"})
CREW = frozenset({"crew"})
HOTLINE = frozenset({"hotline"})
TRACKER = frozenset({"tracker"})
ANYONE = ROOM | CREW | HOTLINE | TRACKER


def _to(roles: Iterable[str], reach: Reach = Reach.CENTER) -> dict[str, Reach]:
    return dict.fromkeys(roles, reach)


MAY: dict[str, Mapping[str, Reach]] = {
    "see_self": _to(ANYONE, Reach.SELF),
    "read_catalog": _to(ANYONE),
    "see_board": _to(ROOM) | _to(CREW, Reach.AGENCY),
    "see_incident": _to(ROOM) | _to(CREW, Reach.AGENCY),
    "see_recommendations": _to(ROOM),
    "see_calls": _to(ROOM | HOTLINE),
    "ring_call": _to(ROOM | HOTLINE),
    "end_call": _to(ROOM | HOTLINE),
    "handle_call": _to(ROOM),
    "open_incident": _to(ROOM),
    "edit_incident": _to(ROOM),
    "add_note": _to(ROOM) | _to(CREW, Reach.AGENCY),
    "close_incident": _to(ROOM),
    "refer": _to(ROOM),
    "assign": _to(ROOM),
    "step_assignment": _to(ROOM) | _to(CREW, Reach.UNIT),
    "serve_unit": _to(ROOM) | _to(CREW, Reach.UNIT),
    "report_position": _to(TRACKER),
    "see_tracking": _to(SUPERVISION),
    "acknowledge_alarm": _to(ROOM),
    "see_jobs": _to(SUPERVISION),
    "retry_job": _to(SUPERVISION),
    "see_metrics": _to(SUPERVISION),
    "open_console": _to(ROOM),
    "open_map": _to(ROOM),
    "open_crew_page": _to(CREW, Reach.UNIT),
    "administer": _to(ADMINISTRATOR),
    "reveal": _to(ROOM) | _to(CREW, Reach.AGENCY),
    "break_glass": _to(ROOM | CREW),
    "see_access_log": _to(SUPERVISION),
    "handle_person_data": _to(ADMINISTRATOR),
}

READ = "read"
"""A token's scope that stands for every row that only reads."""


class NotAllowed(Refusal):
    code = "not_allowed"
    status_code = 403
    words = {"id": "Peran Anda tidak boleh melakukan ini.", "en": "Your role may not do this."}


def is_reading(what: str) -> bool:
    return what.startswith(("see_", "read_"))


def is_in(scopes: Collection[str] | None, what: str) -> bool:
    """Whether a token with these scopes reaches the row; None: all that its user's role may."""
    return scopes is None or what in scopes or (READ in scopes and is_reading(what))


def may(user: User, what: str) -> bool:
    """Whether the user's role stands in the row `what`, and the token it came with reaches it. KeyError for a row that does
    not exist."""
    return user.role in MAY[what] and is_in(user.scopes, what)


def require(user: User, what: str) -> None:
    """Raises NotAllowed unless `may`."""
    if not may(user, what):
        raise NotAllowed


def reach_of(user: User, what: str) -> Reach:
    """How far. Raises NotAllowed unless `may`."""
    require(user, what)
    return MAY[what][user.role]
