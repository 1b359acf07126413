"""What goes in and out, as OpenAPI shows it. In: bounds of every field. Out: the rows of `rows.py`."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.contrib.gis.geos import Point
from ninja import Path, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from commandcenter.tracking.reading import POSITIONS_MAX
from incidents.models import Incident
from incidents.privacy import without_numbers
from incidents.typed import tidy

ID_MAX = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=ID_MAX)]
PathId = Path[Annotated[int, Field(ge=1, le=ID_MAX)]]


Text = Annotated[str, AfterValidator(tidy)]
Short = Annotated[Text, Field(min_length=1, max_length=60)]
Line = Annotated[Text, Field(max_length=Incident.ADDRESS_CHARACTERS_MAX)]
Long = Annotated[Text, Field(max_length=Incident.NARRATIVE_CHARACTERS_MAX)]
Priority = Annotated[int, Field(ge=1, le=5)]


class In(Schema):
    model_config = ConfigDict(extra="ignore")


class Place(In):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)

    def point(self) -> Point:
        return Point(self.lon, self.lat, srid=4326)


class RingIn(In):
    external_id: Annotated[Text, Field(min_length=1, max_length=100)]
    line: Annotated[Text, Field(min_length=1, max_length=40)]
    caller_number: Annotated[Text, Field(max_length=40)] | None = None
    rang_at: AwareDatetime


class OutcomeIn(In):
    outcome: Literal["incident", "attached", "information", "prank", "ghost", "abandoned", "transferred", "test"]
    incident: Id | None = None


class IncidentIn(In):
    type: Annotated[Text, Field(min_length=1, max_length=50)]
    location: Place
    address: Line = ""
    narrative: Long = ""
    priority: Priority | None = None
    call: Id | None = None


class IncidentChange(In):
    type: Annotated[Text, Field(min_length=1, max_length=50)] | None = None
    location: Place | None = None
    address: Line | None = None
    narrative: Long | None = None
    priority: Priority | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class NoteIn(In):
    """`is_medical`: about somebody's health; every note of a medical case is taken so anyhow."""

    text: Annotated[Long, Field(min_length=1)]
    is_medical: bool = False


class RevealIn(In):
    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class RevealOfIncidentIn(RevealIn):
    what: Literal["caller_number", "medical_words"] = "medical_words"


class NumberOut(Schema):
    call: int
    caller_number: str


class RevealedOut(Schema):
    """`caller_number`, or `narrative` and `notes`, whichever was asked for."""

    incident: int
    caller_number: str | None = None
    narrative: str | None = None
    notes: list[dict[str, Any]] | None = None


class DuplicateIn(In):
    parent: Id


class CloseIn(In):
    disposition: Annotated[Short, AfterValidator(without_numbers)]


class AgencyIn(In):
    agency: Annotated[Text, Field(min_length=1, max_length=50)]


class ReasonIn(In):
    reason: Annotated[Text, AfterValidator(without_numbers), Field(min_length=1, max_length=300)]


class MaybeReasonIn(In):
    reason: Annotated[Text, AfterValidator(without_numbers), Field(max_length=300)] = ""


class AssignIn(In):
    unit: Annotated[Text, Field(min_length=1, max_length=30)]


class StepIn(In):
    status: Literal[
        "acknowledged", "en_route", "on_scene", "transporting", "at_hospital", "cleared", "canceled", "dispatched"
    ]
    reason: Annotated[Text, AfterValidator(without_numbers), Field(max_length=300)] = ""


class PositionsIn(In):
    """Each {"unit", "lat", "lon", "at", "speed"?, "heading"?} is read for itself (`commandcenter/tracking/reading.py`), so
    that a bad one does not refuse the others."""

    positions: Annotated[list[dict[str, Any]], Field(max_length=POSITIONS_MAX)]


class Words(Schema):
    id: str
    en: str


class ErrorBody(Schema):
    code: str
    message: str
    fields: dict[str, Any]


class ErrorOut(Schema):
    error: ErrorBody


class RowOut(Schema):
    model_config = ConfigDict(extra="allow")
    id: int
    version: int
    status: str
    on_board: bool


class PlaceOut(Schema):
    lat: float
    lon: float


class CallOut(RowOut):
    line: str
    caller_number: str | None
    rang_at: datetime
    answered_at: datetime | None
    held_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    answered_by: str | None
    incident: int | None


class IncidentOut(RowOut):
    number: str
    type: str
    category: str
    priority: int
    location: PlaceOut
    zone: str | None
    zone_code: str | None
    address: str
    narrative: str
    opened_at: datetime
    opened_by: str | None
    closed_at: datetime | None
    disposition: str | None
    parent: int | None


class ReferralOut(RowOut):
    incident: int
    incident_number: str
    agency: str
    discipline: str
    routed_at: datetime
    accepted_at: datetime | None
    declined_at: datetime | None
    closed_at: datetime | None


class AssignmentOut(RowOut):
    incident: int
    incident_number: str
    unit: str
    unit_id: int
    agency: str
    dispatched_at: datetime
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    transporting_at: datetime | None
    at_hospital_at: datetime | None
    cleared_at: datetime | None
    canceled_at: datetime | None
    travel_seconds: int | None


class UnitOut(RowOut):
    call_sign: str
    agency: str
    discipline: str
    unit_type: str
    station: str | None
    capabilities: list[str]
    location: PlaceOut | None
    location_at: datetime | None
    assignment: int | None
    incident: int | None


class AlarmOut(RowOut):
    kind: str
    priority: int
    words: Words
    incident: int | None
    raised_at: datetime


class BoardOut(Schema):
    model_config = ConfigDict(extra="allow")
    seq: int
    server_time: datetime
    calls: list[CallOut]
    incidents: list[IncidentOut]
    referrals: list[ReferralOut]
    assignments: list[AssignmentOut]
    units: list[UnitOut]
    alarms: list[AlarmOut]


class EntryOut(Schema):
    seq: int
    at: datetime
    kind: str
    actor: str | None
    actor_name: str | None
    incident: int | None
    data: dict[str, Any]
    words: Words


class IncidentWhole(IncidentOut):
    """The row with its lists; here `calls` and `notes` are the rows themselves, not their number."""

    referrals: list[ReferralOut]
    assignments: list[AssignmentOut]
    notes: list[dict[str, Any]]
    calls: list[CallOut]
    timeline: list[EntryOut]


class RecommendationOut(Schema):
    call_sign: str
    unit_id: int
    agency: str
    discipline: str
    unit_type: str
    status: str
    travel_seconds: int
    distance_m: int
    reason: Words
    fits: bool


class TypeOut(Schema):
    code: str
    name: Words
    category: str
    default_priority: int
    keywords: list[str]


class RefusedOut(Schema):
    index: int
    unit: str
    code: str
    message: str


class PositionsOut(Schema):
    taken: int
    refused: list[RefusedOut]


class PositionCountOut(Schema):
    day: date
    reason: str
    count: int
