"""The verbs of personal data: reveal a number, reveal medical words, break the glass. What is revealed is returned once and
written nowhere; the timeline keeps who and of what, the access log also why. Taking data away is in `actions/erase.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from incidents import access_log, timeline
from incidents.actions.alarms import raise_alarm
from incidents.models import Access, BrokenGlass, Call, Center, Incident, User
from incidents.privacy import digest_of_number, digest_of_reason, without_numbers
from incidents.refusals import Invalid, NotFound, Refusal

What = Access.What
REASON_CHARACTERS_MIN = 4


class NothingToReveal(Refusal):
    code = "nothing_to_reveal"
    words = {"id": "Tidak ada yang tersimpan untuk dibuka.", "en": "Nothing is held that could be revealed."}


@dataclass(frozen=True)
class Revealed:
    narrative: str
    notes: list[dict[str, Any]]
    """[{"id", "text"}]"""


def checked_reason(reason: str) -> str:
    """The reason as it is kept. Raises Invalid for one that says nothing."""
    said = without_numbers(" ".join(reason.split()))
    if len(said) < REASON_CHARACTERS_MIN:
        raise Invalid(field="reason", why="terlalu pendek / too short")
    return said


def told(row: Access) -> dict[str, Any]:
    """What the timeline keeps of a line of the access log."""
    return {"access": row.pk, "reason_digest": digest_of_reason(bytes(row.salt), row.words)}


def reveal_number(center: Center, by: User, call_id: int, *, reason: str) -> str:
    """The caller's number, to somebody who has a reason. Raises NotFound, Invalid, NothingToReveal."""
    said = checked_reason(reason)
    with timeline.action(center, by) as log:
        call = Call.objects.filter(center=center, pk=call_id).first()
        if call is None:
            raise NotFound(what="Panggilan / call")
        if not call.caller_number:
            raise NothingToReveal
        row = access_log.write(
            center,
            by,
            What.NUMBER_REVEALED,
            incident=call.incident_id,
            call=call.pk,
            number_digest=digest_of_number(call.caller_number),
            reason=said,
        )
        log.add("number_revealed", touch=[], incident=call.incident_id, call=call.pk, **told(row))
    return call.caller_number


def reveal_words(center: Center, by: User, incident: Incident, *, reason: str) -> Revealed:
    """The narrative and the notes of a medical case. Raises Invalid, NothingToReveal."""
    said = checked_reason(reason)
    with timeline.action(center, by) as log:
        notes = [{"id": note.pk, "text": note.text} for note in incident.notes.all()]
        if not incident.narrative and not notes:
            raise NothingToReveal
        row = access_log.write(center, by, What.WORDS_REVEALED, incident=incident.pk, reason=said)
        log.add("words_revealed", touch=[], incident=incident.pk, **told(row))
    return Revealed(incident.narrative, notes)


def break_glass(by: User, incident: Incident, *, reason: str) -> datetime:
    """Opens one incident, for some minutes, to somebody who would not see it; the supervisors of its center are alarmed at
    once. Returns until when. Raises Invalid."""
    said = checked_reason(reason)
    with timeline.action(incident.center, by) as log:
        now = timezone.now()
        until = now + timedelta(minutes=settings.BREAK_GLASS_MINUTES)
        BrokenGlass.objects.create(user=by, incident=incident, at=now, until=until)
        row = access_log.write(incident.center, by, What.GLASS_BROKEN, incident=incident.pk, reason=said)
        log.add("glass_broken", touch=[], incident=incident.pk, number=incident.number, **told(row))
        raise_alarm(
            incident.center,
            by,
            key=f"glass:{row.pk}",
            kind="glass_broken_alarm",
            priority=1,
            incident=incident.pk,
            number=incident.number,
            role={"id": by.get_role_display(), "en": by.role},
        )
    return until


def is_behind_broken_glass(user: User, incident_id: int) -> bool:
    """Whether the user broke the glass before this incident, not long ago."""
    return BrokenGlass.objects.filter(user=user, incident=incident_id, until__gt=timezone.now()).exists()
