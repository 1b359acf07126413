"""One table: how much of a caller's number and of medical words each kind of viewer sees, and the masking itself.
Only the table and its reading; who a viewer is, is told by `commandcenter/live/audiences.py`; nothing here touches the database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

MASK = "•••"
DIGITS_SHOWN = 3
"""Of a masked number: enough to tell two callers apart, not enough to call one."""
DIGITS_OF_A_NUMBER = 7
MEDICAL = "medical"

Row = dict[str, Any]


class Show(StrEnum):
    FULL = "full"
    MASKED = "masked"
    """Hidden until it is revealed with a reason, which is logged."""
    NONE = "none"
    """Hidden, and not revealed either."""


NUMBER, WORDS = "caller_number", "medical_words"
"""`medical_words`: the narrative and the notes of a medical case, and any note marked as medical."""

SHOWN: dict[str, dict[str, Show]] = {
    NUMBER: {
        "operator": Show.FULL,
        "supervisor": Show.MASKED,
        "administrator": Show.MASKED,
        "medical_crew": Show.MASKED,
        "crew": Show.MASKED,
        "hotline": Show.FULL,
        "tracker": Show.NONE,
        "wall": Show.NONE,
    },
    WORDS: {
        "operator": Show.FULL,
        "supervisor": Show.FULL,
        "administrator": Show.MASKED,
        "medical_crew": Show.FULL,
        "crew": Show.MASKED,
        "hotline": Show.NONE,
        "tracker": Show.NONE,
        "wall": Show.NONE,
    },
}


def masked_number(number: str | None) -> str | None:
    """`•••` and the last three digits; `•••` alone for a short number. None stays None: that nobody can ring back is no secret."""
    if not number:
        return number
    digits = re.sub(r"\D", "", number)
    return MASK + digits[-DIGITS_SHOWN:] if len(digits) >= DIGITS_OF_A_NUMBER else MASK


def plain_number(number: str) -> str:
    """Digits alone, a country's 62 as 0: how two spellings of one number become the same."""
    digits = re.sub(r"\D", "", number)
    return "0" + digits[2:] if digits.startswith("62") else digits


def digest_of_number(number: str) -> bytes:
    """Says that two numbers are the same without saying which; keyed by the secret of this installation."""
    return salted_hmac("siaga.number", plain_number(number), algorithm="sha256").digest()


def digest_of_reason(salt: bytes, reason: str) -> str:
    """What a timeline entry keeps of a reason: it proves the words, and tells nothing once they and their salt are blanked."""
    return hashlib.sha256(salt + reason.encode()).hexdigest()


def without_numbers(text: str) -> str:
    """A reason or disposition goes into the timeline, which is never changed: what looks like a telephone number does not."""
    return _LIKE_A_NUMBER.sub(MASK, text)


_LIKE_A_NUMBER = re.compile(r"\+?\d(?:[ .()/-]{0,2}\d){6,}")


@dataclass(frozen=True)
class Sight:
    """What one kind of viewer sees. Hashable: a hub encodes a frame once for all of one kind."""

    viewer: str

    def show(self, field: str) -> Show:
        return SHOWN[field][self.viewer]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of what is still open is hidden."""
        return all(row[self.viewer] is Show.FULL for row in SHOWN.values())

    def call(self, row: Row, username: str | None = None) -> Row:
        """A call's row. Who has the call in hand sees its number."""
        if not row["caller_number"]:
            return row
        show, is_over = self.show(NUMBER), row["status"] == "ended" and row["outcome"] is not None
        if is_over:
            if show is Show.FULL and _is_old(row["ended_at"]):
                show = Show.MASKED
        elif username is not None and row["answered_by"] == username:
            return row
        if show is Show.FULL:
            return row
        number = masked_number(row["caller_number"]) if show is Show.MASKED else MASK
        return row | {"caller_number": number, "masked": ["caller_number"]}

    def incident(self, row: Row) -> Row:
        """An incident's row, with its notes where it has them."""
        is_medical, hidden = row["category"] == MEDICAL, self._hides_words(row)
        if not hidden:
            return row
        changed: Row = {}
        if is_medical and row["narrative"]:
            changed = {"narrative": MASK, "masked": ["narrative"]}
        if isinstance(row["notes"], list):
            changed["notes"] = [
                note | {"text": MASK, "masked": ["text"]} if is_medical or note["is_medical"] else note
                for note in row["notes"]
            ]
        return row | changed if changed else row

    def _hides_words(self, row: Row) -> bool:
        if self.show(WORDS) is not Show.FULL:
            return True
        return row["status"] == "closed" and _is_old(row["closed_at"])

    def lists(self, rows: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
        """The lists of a board or of a frame."""
        return {
            **rows,
            "calls": [self.call(row) for row in rows["calls"]],
            "incidents": [self.incident(row) for row in rows["incidents"]],
        }

    def body(self, body: Any, username: str | None) -> Any:
        """The answer of an endpoint: a call, an incident, a list of them, or an incident with its calls."""
        if isinstance(body, list):
            return [self.body(each, username) for each in body]
        if not isinstance(body, dict):
            return body
        if "caller_number" in body:
            return self.call(body, username)
        if "narrative" in body:
            shown = self.incident(body)
            if isinstance(shown.get("calls"), list):
                shown = shown | {"calls": [self.call(call, username) for call in shown["calls"]]}
            return shown
        return body


def holds_personal_data(body: Any) -> bool:
    """Whether an endpoint's answer has anything that `Sight.body` looks at."""
    one = body[0] if isinstance(body, list) and body else body
    return isinstance(one, dict) and ("caller_number" in one or "narrative" in one)


def _is_old(at: str | None) -> bool:
    """Whether it ended (ISO 8601) so long ago that the room's work does not need it any more."""
    if at is None:
        return False
    return datetime.fromisoformat(at) < datetime.now(UTC) - timedelta(hours=settings.PERSONAL_HOURS)
