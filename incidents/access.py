"""One table: which role may do what. Every endpoint and page names a row of it.
Only the table and its reading; nothing here touches the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidents.refusals import Refusal

if TYPE_CHECKING:
    from incidents.models import User

ROOM = frozenset({"operator", "supervisor", "administrator"})
SUPERVISION = frozenset({"supervisor", "administrator"})
PEOPLE = ROOM | {"crew"}
ANYONE = PEOPLE | {"hotline", "tracker"}

MAY: dict[str, frozenset[str]] = {
    "see_self": ANYONE,
    "read_catalog": ANYONE,
    "see_board": PEOPLE,
    "see_incident": PEOPLE,
    "see_calls": ROOM | {"hotline"},
    "ring_call": frozenset({"hotline"}) | ROOM,
    "end_call": frozenset({"hotline"}) | ROOM,
    "handle_call": ROOM,
    "open_incident": ROOM,
    "edit_incident": ROOM,
    "add_note": PEOPLE,
    "close_incident": ROOM,
    "refer": ROOM,
    "assign": ROOM,
    "step_assignment": PEOPLE,
    "serve_unit": PEOPLE,
    "report_position": frozenset({"tracker"}),
    "see_tracking": SUPERVISION,
    "acknowledge_alarm": ROOM,
    "see_jobs": SUPERVISION,
    "retry_job": SUPERVISION,
    "open_console": ROOM,
    "open_map": ROOM,
    "open_crew_page": frozenset({"crew"}),
    "administer": frozenset({"administrator"}),
    "reveal": PEOPLE,
    "break_glass": PEOPLE,
    "see_access_log": SUPERVISION,
    "handle_person_data": frozenset({"administrator"}),
}


class NotAllowed(Refusal):
    code = "not_allowed"
    status_code = 403
    words = {"id": "Peran Anda tidak boleh melakukan ini.", "en": "Your role may not do this."}


def may(user: User, what: str) -> bool:
    """Whether the user's role stands in the row `what`. KeyError for a row that does not exist."""
    return user.role in MAY[what]


def require(user: User, what: str) -> None:
    """Raises NotAllowed unless `may`."""
    if not may(user, what):
        raise NotAllowed
