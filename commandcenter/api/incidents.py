"""Endpoints of incidents and of what is sent to them."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from commandcenter.api.accounts import center_of, user_of
from commandcenter.api.changes import Answer, changes, reads, reveals
from commandcenter.api.scope import parts_in_incident, require_incident
from commandcenter.api.shapes import (
    AgencyIn,
    AssignIn,
    AssignmentOut,
    CloseIn,
    DuplicateIn,
    IncidentChange,
    IncidentIn,
    IncidentOut,
    IncidentWhole,
    NoteIn,
    PathId,
    RecommendationOut,
    ReferralOut,
    RevealedOut,
    RevealOfIncidentIn,
    Text,
)
from commandcenter.board import entry_rows, entry_values
from commandcenter.live.audiences import sight_of
from dispatch.actions import assign, close, refer
from dispatch.models import Assignment, Referral
from dispatch.queries import card_of, free_units, travel_times
from dispatch.recommend import rank
from dispatch.rows import assignment_rows, referral_rows
from incidents import access_log
from incidents.access import NotAllowed, Reach, reach_of
from incidents.actions import incidents as actions
from incidents.actions import privacy
from incidents.models import Access, Call, Incident, TimelineEntry
from incidents.privacy import MASK, MEDICAL, NUMBER, WORDS, Show, without_numbers
from incidents.queries import WHOLE_NUMBER, newest_incidents
from incidents.refusals import NotFound
from incidents.replica import read_old
from incidents.rows import Row, call_rows, incident_rows, iso, shape_incidents

router = Router(tags=["incidents"])
PAGE_ROWS = 100
TIMELINE_ROWS_MAX = 500
RECOMMENDATIONS_MAX = 20
HOURS_MAX = 24 * 366
SEARCH_HOURS = 24 * 90
Hours = Annotated[str, Field(pattern=r"^[0-9]{1,4}h$")]


def _row(incident: Incident) -> Row:
    return incident_rows(incident.center_id, [incident.pk])[0]


def _as_seen(row: Row, is_narrow: bool) -> Row:
    """Whoever sees an agency's part alone sees no calls (`Audience.filter`)."""
    return row | {"call": None} if is_narrow else row


def _incident(request: HttpRequest, what: str, incident_id: int) -> Incident:
    require_incident(user_of(request), what, incident_id)
    found = Incident.objects.select_related("type", "zone").filter(center=center_of(request), pk=incident_id).first()
    if found is None:
        raise NotFound(what="Kejadian / incident")
    return found


@router.post("", response={201: IncidentOut}, summary="Open an incident; routing follows by itself")
@changes("open_incident")
def open_(request: HttpRequest, payload: IncidentIn) -> Answer:
    incident = actions.open_incident(
        center_of(request),
        user_of(request),
        type_code=payload.type,
        location=payload.location.point(),
        address=payload.address,
        narrative=payload.narrative,
        priority=payload.priority,
        call_id=payload.call,
    )
    return 201, _row(incident)


@router.get(
    "",
    response=list[IncidentOut],
    summary="Incidents, newest first, 100 a page; a search without `since` covers 90 days, a whole number any time",
)
@reads("see_incident")
def list_(
    request: HttpRequest,
    status: Literal["pending", "active", "closed"] | None = None,
    since: Hours | None = None,
    q: Annotated[Text, Field(max_length=100)] | None = None,
    page: Annotated[int, Field(ge=1, le=1000)] = 1,
) -> list[Row]:
    user = user_of(request)
    is_narrow = reach_of(user, "see_incident") is Reach.AGENCY
    only = parts_in_incident(user) if is_narrow else []
    if q and not WHOLE_NUMBER.fullmatch(q) and sight_of(user).show(WORDS) is not Show.FULL:
        # What one may not read is not found by its words either.
        only.append(Exists(Incident.objects.filter(pk=OuterRef("pk")).exclude(type__category=MEDICAL)))
    if q:
        access_log.saw(user, Access.What.SEARCHED, words=without_numbers(q))
    begin = None
    if since is not None or q:
        hours = min(int(since[:-1]), HOURS_MAX) if since else SEARCH_HOURS
        begin = timezone.now() - timedelta(hours=hours)

    def read_page() -> list[Row]:
        skip = (page - 1) * PAGE_ROWS
        ids = newest_incidents(
            center_of(request).pk, status=status, begin=begin, words=q or "", skip=skip, count=PAGE_ROWS, only=only
        )
        rows = {row["id"]: row for row in shape_incidents(Incident.objects.filter(pk__in=ids))} if ids else {}
        return [_as_seen(rows[pk], is_narrow) for pk in ids if pk in rows]

    return read_old(read_page) if status == "closed" else read_page()


@router.get("/{incident_id}", response=IncidentWhole, summary="One incident with all that belongs to it")
@reads("see_incident")
def read(request: HttpRequest, incident_id: PathId) -> dict[str, Any]:
    incident, center_id = _incident(request, "see_incident", incident_id), center_of(request).pk
    access_log.saw(user_of(request), Access.What.OPENED, incident=incident_id)
    is_narrow = reach_of(user_of(request), "see_incident") is Reach.AGENCY
    entries = entry_values(TimelineEntry.objects.filter(incident=incident).order_by("-seq")[:TIMELINE_ROWS_MAX])
    notes = incident.notes.select_related("author")
    call_ids = list(Call.objects.filter(incident=incident).values_list("pk", flat=True))
    return {
        **_as_seen(_row(incident), is_narrow),
        "referrals": referral_rows(
            center_id, list(Referral.objects.filter(incident=incident).values_list("pk", flat=True))
        ),
        "assignments": assignment_rows(
            center_id, list(Assignment.objects.filter(incident=incident).values_list("pk", flat=True))
        ),
        "notes": [
            {
                "id": note.pk,
                "at": iso(note.at),
                "author": note.author.username if note.author else None,
                "author_name": note.author.name if note.author else None,
                "text": note.text,
                "is_medical": note.is_medical,
            }
            for note in notes
        ],
        "calls": [] if is_narrow else call_rows(center_id, call_ids),
        "timeline": entry_rows(reversed(entries)),
    }


@router.patch("/{incident_id}", response=IncidentOut, summary="Add to or mend an open incident")
@changes("edit_incident")
def change(request: HttpRequest, incident_id: PathId, payload: IncidentChange) -> Answer:
    incident = actions.change_incident(
        center_of(request),
        user_of(request),
        incident_id,
        expected_version=payload.version,
        type_code=payload.type,
        address=payload.address,
        # Masked words that come back are not new words.
        narrative=None if payload.narrative == MASK else payload.narrative,
        priority=payload.priority,
        location=payload.location.point() if payload.location else None,
    )
    return 200, _row(incident)


@router.post("/{incident_id}/notes", response={201: IncidentOut}, summary="Add a note")
@changes("add_note")
def note(request: HttpRequest, incident_id: PathId, payload: NoteIn) -> Answer:
    incident = _incident(request, "add_note", incident_id)
    actions.add_note(
        center_of(request), user_of(request), incident_id, text=payload.text, is_medical=payload.is_medical
    )
    is_narrow = reach_of(user_of(request), "add_note") is Reach.AGENCY
    return 201, _as_seen(_row(incident), is_narrow)


@router.post(
    "/{incident_id}/reveal",
    response=RevealedOut,
    summary="Medical words, or the number of the first call, for a reason that is logged",
)
@reveals("reveal")
def reveal(request: HttpRequest, incident_id: PathId, payload: RevealOfIncidentIn) -> dict[str, Any]:
    incident, center, user = _incident(request, "reveal", incident_id), center_of(request), user_of(request)
    if sight_of(user).show(NUMBER if payload.what == "caller_number" else WORDS) is Show.NONE:
        raise NotAllowed
    if payload.what == "caller_number":
        numbered = Call.objects.filter(incident=incident).exclude(caller_number=None).order_by("pk")
        call_id = numbered.values_list("pk", flat=True).first()
        if call_id is None:
            raise privacy.NothingToReveal
        number = privacy.reveal_number(center, user, call_id, reason=payload.reason)
        return {"incident": incident_id, "caller_number": number}
    words = privacy.reveal_words(center, user, incident, reason=payload.reason)
    return {"incident": incident_id, "narrative": words.narrative, "notes": words.notes}


@router.post("/{incident_id}/duplicate", response=IncidentOut, summary="Link to the incident it repeats")
@changes("edit_incident")
def duplicate(request: HttpRequest, incident_id: PathId, payload: DuplicateIn) -> Answer:
    incident = actions.link_duplicate(center_of(request), user_of(request), incident_id, parent_id=payload.parent)
    return 200, _row(incident)


@router.post("/{incident_id}/close", response=IncidentOut, summary="Close an incident and clear its units")
@changes("close_incident")
def close_(request: HttpRequest, incident_id: PathId, payload: CloseIn) -> Answer:
    incident = close.close_incident(center_of(request), user_of(request), incident_id, disposition=payload.disposition)
    return 200, _row(incident)


@router.get("/{incident_id}/recommendations", response=list[RecommendationOut], summary="Ranked units with reasons")
@reads("see_recommendations")
def recommendations(
    request: HttpRequest, incident_id: PathId, agency: Annotated[Text, Field(max_length=50)] | None = None
) -> list[dict[str, Any]]:
    incident, center = _incident(request, "see_recommendations", incident_id), center_of(request)
    card = card_of(incident)
    units = free_units(center, timezone.now(), [agency] if agency else None)
    picks = rank(units, (incident.location.x, incident.location.y), travel_times(center), card.needs if card else [])
    return [
        {
            "call_sign": pick.candidate.call_sign,
            "unit_id": pick.candidate.unit_id,
            "agency": pick.candidate.agency,
            "discipline": pick.candidate.discipline,
            "unit_type": pick.candidate.unit_type,
            "status": pick.candidate.status,
            "travel_seconds": pick.travel_seconds,
            "distance_m": pick.distance_m,
            "reason": pick.reason,
            "fits": pick.fits,
        }
        for pick in picks[:RECOMMENDATIONS_MAX]
    ]


@router.post("/{incident_id}/assignments", response={201: AssignmentOut}, summary="Send a unit")
@changes("assign")
def assign_(request: HttpRequest, incident_id: PathId, payload: AssignIn) -> Answer:
    center = center_of(request)
    incident = _incident(request, "assign", incident_id)
    known = [unit for unit in free_units(center, timezone.now()) if unit.call_sign == payload.unit]
    card = card_of(incident)
    place = (incident.location.x, incident.location.y)
    picks = rank(known, place, travel_times(center), card.needs if card else [])
    assignment = assign.assign_unit(
        center,
        user_of(request),
        incident_id,
        call_sign=payload.unit,
        travel_seconds=picks[0].travel_seconds if picks else None,
        reason=picks[0].reason if picks else None,
    )
    return 201, assignment_rows(center.pk, [assignment.pk])[0]


@router.post("/{incident_id}/referrals", response={201: ReferralOut}, summary="Refer to an agency by hand")
@changes("refer")
def refer_(request: HttpRequest, incident_id: PathId, payload: AgencyIn) -> Answer:
    center = center_of(request)
    referral = refer.refer_incident(center, user_of(request), incident_id, agency_code=payload.agency)
    return 201, referral_rows(center.pk, [referral.pk])[0]
