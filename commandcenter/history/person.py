"""What is held about one person: gathered to be handed over, and taken away. A person is a caller's number or a login.
The timeline holds nothing to take away (docs/privacy.md); archives are reached through their sealed values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from commandcenter.history import sealed
from commandcenter.history.files import months, read_rows
from incidents import access_log, timeline
from incidents.access import NotAllowed
from incidents.actions.blank import blank_incidents
from incidents.actions.privacy import checked_reason, told
from incidents.models import Access, Call, Center, Incident, Note, TimelineEntry, Token, User
from incidents.privacy import MASK, digest_of_number, plain_number
from incidents.refusals import Refusal
from incidents.rows import call_rows, iso, shape_incidents

POSITIONS_MAX = 200_000


class NobodyFound(Refusal):
    code = "nobody_found"
    status_code = 404
    words = {"id": "Tidak ada data tentang orang ini.", "en": "Nothing is held about this person."}


@dataclass
class Erased:
    """How many of each were taken away, or would be. `left`: open calls and cases, which the room still needs."""

    calls: int = 0
    incidents: int = 0
    notes: int = 0
    accesses: int = 0
    archived: int = 0
    left: int = 0
    users: int = 0
    names: list[str] = field(default_factory=list)
    """Numbers of the incidents, for whoever must answer for it."""


def calls_of(center: Center, number: str) -> QuerySet[Call]:
    """However the number was spelled."""
    plain = plain_number(number)
    if len(plain) < 3:
        raise NobodyFound
    with connection.cursor() as cursor:
        cursor.execute(
            r"""SELECT id FROM incidents_call WHERE center_id = %s AND caller_number IS NOT NULL
                AND regexp_replace(caller_number, '\D', '', 'g') = ANY(%s)""",
            [center.pk, [plain, "62" + plain[1:]]],
        )
        return Call.objects.filter(pk__in=[row[0] for row in cursor.fetchall()])


def export_number(center: Center, by: User | None, number: str, *, reason: str) -> dict[str, Any]:
    """All that is held about a caller, as JSON. Raises NobodyFound, Invalid."""
    said = checked_reason(reason)
    calls = list(calls_of(center, number).values_list("pk", flat=True))
    ids = sorted(set(Call.objects.filter(pk__in=calls).exclude(incident=None).values_list("incident", flat=True)))
    archived = [row for folder in _months(center) for row in _archived_calls(folder, number)]
    if not calls and not archived:
        raise NobodyFound
    looks = Access.objects.filter(Q(number_digest=digest_of_number(number)) | Q(call_ref__in=calls), center=center)
    held = {
        "number": number,
        "calls": call_rows(center.pk, calls) if calls else [],
        "incidents": shape_incidents(Incident.objects.filter(pk__in=ids)),
        "notes": _notes(Note.objects.filter(incident__in=ids)),
        "archived_calls": archived,
        "accesses": _accesses(looks),
    }
    _write_exported(center, by, said, number_digest=digest_of_number(number))
    return held


def export_user(center: Center, by: User | None, username: str, *, reason: str) -> dict[str, Any]:
    """All that is held about somebody who works here, as JSON. Raises NobodyFound, Invalid."""
    said = checked_reason(reason)
    user = _user(center, username)
    held = {
        "user": {
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "role": user.role,
            "language": user.language,
            "is_active": user.is_active,
            "date_joined": iso(user.date_joined),
            "last_login": iso(user.last_login),
        },
        "tokens": [
            {"created_at": iso(token.created_at), "expires_at": iso(token.expires_at)}
            for token in Token.objects.filter(user=user)
        ],
        "units": list(user.units.values_list("call_sign", flat=True)),
        "positions_of_units": _positions(list(user.units.values_list("pk", flat=True))),
        "calls_answered": list(Call.objects.filter(answered_by=user).values_list("pk", flat=True)),
        "incidents_opened": list(Incident.objects.filter(opened_by=user).values_list("number", flat=True)),
        "notes": _notes(Note.objects.filter(author=user)),
        "timeline": [
            {"seq": seq, "at": iso(at), "kind": kind}
            for seq, at, kind in TimelineEntry.objects.filter(center=center, actor=user)
            .order_by("seq")
            .values_list("seq", "at", "kind")
        ],
        "accesses": _accesses(Access.objects.filter(Q(user=user) | Q(person_ref=user.pk), center=center)),
    }
    _write_exported(center, by, said, person=user.pk)
    return held


def erase_number(center: Center, by: User | None, number: str, *, reason: str, is_dry: bool) -> Erased:
    """Takes a caller's data away: the number of every settled call, the words of closed cases that only this caller reported, the
    number itself wherever it stands in others' words. Raises NobodyFound, Invalid."""
    said, erased = checked_reason(reason), Erased()
    with timeline.action(center, by) as log:
        calls = list(calls_of(center, number).select_for_update(no_key=True))
        settled = [call for call in calls if call.status == Call.Status.ENDED and call.outcome is not None]
        incidents = {call.incident_id for call in calls if call.incident_id is not None}
        own, shared = _own_and_shared(incidents, {call.pk for call in calls})
        folders = _months(center)
        if not calls and not any(_archived_calls(folder, number) for folder in folders):
            raise NobodyFound
        erased.calls, erased.left = len(settled), len(calls) - len(settled) + len(incidents) - len(own) - len(shared)
        erased.incidents = len(own)
        erased.notes = Note.objects.filter(incident__in=own).exclude(text="").count()
        erased.names = sorted(Incident.objects.filter(pk__in=own).values_list("number", flat=True))
        looks = Access.objects.filter(center=center, number_digest=digest_of_number(number))
        erased.accesses = looks.count()
        erased.archived = sum(_erase_archived(folder, number, is_dry=is_dry) for folder in folders)
        if is_dry:
            return erased
        spellings = {call.caller_number for call in calls if call.caller_number}
        Call.objects.filter(pk__in=[call.pk for call in settled]).update(caller_number=None, blanked_at=timezone.now())
        blank_incidents(own)
        for pk in shared:
            _mask_in_words(pk, number)
        _forget_answers(spellings | set(erased.names))
        _blank_accesses(looks)
        row = access_log.write(center, by, Access.What.ERASED, reason=said)
        log.add(
            "person_erased", touch=[], calls=erased.calls, incidents=erased.incidents, notes=erased.notes, **told(row)
        )
    return erased


def erase_user(center: Center, by: User | None, username: str, *, reason: str, is_dry: bool) -> Erased:
    """Takes a login's name away and switches it off: what was done stays, by somebody whose name is no longer known. Raises
    NobodyFound, Invalid; NotAllowed for oneself."""
    said = checked_reason(reason)
    with timeline.action(center, by) as log:
        user = _user(center, username)
        if by is not None and by.pk == user.pk:
            raise NotAllowed
        erased = Erased(users=1)
        if is_dry:
            return erased
        user.username, user.first_name, user.last_name, user.email = f"dihapus-{user.pk}", "", "", ""
        user.is_active = False
        user.set_unusable_password()  # ends its sessions too
        user.save(update_fields=["username", "first_name", "last_name", "email", "is_active", "password"])
        user.units.clear()
        Token.objects.filter(user=user).delete()
        for name in ("authenticator_set", "emailaddress_set"):
            belonging = getattr(user, name, None)
            if belonging is not None:
                belonging.all().delete()
        row = access_log.write(center, by, Access.What.ERASED, person=user.pk, reason=said)
        log.add("person_erased", touch=[], calls=0, incidents=0, notes=0, user=user.pk, **told(row))
    return erased


def blank_archives(root: Path, kinds: Iterable[str], month: str, center: str | None = None) -> int:
    """Takes the values of `kinds` out of the archives under `root` of months up to `month` (YYYY-MM); returns how many."""
    gone, wanted = 0, set(kinds)
    for folder in months(root):
        if folder.name[-7:] <= month and (center is None or folder.name[:-8] == center):
            gone += sealed.rewrite(folder, lambda line: line["kind"] not in wanted)
    return gone


def _user(center: Center, username: str) -> User:
    user = User.objects.filter(center=center, username=username).first()
    if user is None:
        raise NobodyFound
    return user


def _write_exported(center: Center, by: User | None, reason: str, **about: Any) -> None:
    with timeline.action(center, by) as log:
        row = access_log.write(center, by, Access.What.EXPORTED, reason=reason, **about)
        log.add("person_exported", touch=[], **told(row))


def _own_and_shared(incidents: set[int], calls: set[int]) -> tuple[list[int], list[int]]:
    """The closed ones of these incidents: those that no other call tells of, and the others."""
    closed = set(Incident.objects.filter(pk__in=incidents, status=Incident.Status.CLOSED).values_list("pk", flat=True))
    shared = set(Call.objects.filter(incident__in=closed).exclude(pk__in=calls).values_list("incident", flat=True))
    return sorted(closed - shared), sorted(closed & shared)


def _mask_in_words(incident_id: int, number: str) -> None:
    plain = plain_number(number)
    spelled = re.compile(r"(?:\+?62|0)?[ .()/-]{0,2}" + r"[ .()/-]{0,2}".join(plain[1:]))
    incident = Incident.objects.get(pk=incident_id)
    narrative, address = spelled.sub(MASK, incident.narrative), spelled.sub(MASK, incident.address)
    if (narrative, address) != (incident.narrative, incident.address):
        Incident.objects.filter(pk=incident_id).update(narrative=narrative, address=address)
    for note in Note.objects.filter(incident=incident_id):
        text = spelled.sub(MASK, note.text)
        if text != note.text:
            Note.objects.filter(pk=note.pk).update(text=text)


def _forget_answers(words: set[str]) -> None:
    """Answers kept for repeated requests that hold any of these."""
    with connection.cursor() as cursor:
        for word in words:
            cursor.execute(
                "DELETE FROM incidents_idempotencykey WHERE position(convert_to(%s, 'UTF8') in response) > 0", [word]
            )


def _blank_accesses(looks: QuerySet[Access]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('siaga.blanking', 'on', true)")
        looks.update(words="", salt=b"", number_digest=None)
        cursor.execute("SELECT set_config('siaga.blanking', '', true)")


def _months(center: Center) -> list[Path]:
    if not settings.ARCHIVE_FOLDER:
        return []
    return [folder for folder in months(Path(settings.ARCHIVE_FOLDER)) if folder.name[:-8] == center.code]


def _archived_calls(folder: Path, number: str) -> list[dict[str, Any]]:
    plain = plain_number(number)
    ids = {
        line["id"]
        for line in sealed.read_personal(folder)
        if line["table"] == "calls" and plain_number(line["value"]) == plain
    }
    if not ids:
        return []
    return sealed.unseal(folder, "calls", [row for row in read_rows(folder, "calls") if row["id"] in ids])


def _erase_archived(folder: Path, number: str, *, is_dry: bool) -> int:
    """Values of an archive that go: the caller's number, and the words of the cases these calls were about."""
    calls = _archived_calls(folder, number)
    if not calls:
        return 0
    call_ids = {row["id"] for row in calls}
    incidents = {row["incident_id"] for row in calls if row["incident_id"] is not None}
    notes = {row["id"] for row in read_rows(folder, "notes") if row["incident_id"] in incidents}
    goes = {"calls": call_ids, "incidents": incidents, "notes": notes}
    if is_dry:
        return sum(line["id"] in goes[line["table"]] for line in sealed.read_personal(folder))
    return sealed.rewrite(folder, lambda line: line["id"] not in goes[line["table"]])


def _notes(notes: QuerySet[Note]) -> list[dict[str, Any]]:
    return [
        {"incident": note.incident_id, "at": iso(note.at), "text": note.text, "is_medical": note.is_medical}
        for note in notes
    ]


def _accesses(looks: QuerySet[Access]) -> list[dict[str, Any]]:
    return [
        {
            "at": iso(look.at),
            "who": look.user.username if look.user else None,
            "what": look.what,
            "incident": look.incident_ref,
            "call": look.call_ref,
            "reason": look.words,
        }
        for look in looks.select_related("user").order_by("at")
    ]


def _positions(units: list[int]) -> list[dict[str, Any]]:
    """Where the person's units were, newest first, as far back as positions are kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT unit_id, at, lat, lon FROM dispatch_position_history WHERE unit_id = ANY(%s)
               ORDER BY at DESC LIMIT %s""",
            [units, POSITIONS_MAX],
        )
        return [{"unit": unit, "at": iso(at), "lat": lat, "lon": lon} for unit, at, lat, lon in cursor.fetchall()]


def as_json(erased: Erased) -> dict[str, Any]:
    return asdict(erased)
