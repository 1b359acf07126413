"""The records of what happened. Shapes and database facts only; verbs are in `incidents/actions`."""

from incidents.models.alarm import Alarm
from incidents.models.archive import Archive
from incidents.models.audit import Access, Blanked, BrokenGlass, Checkpoint
from incidents.models.call import Call
from incidents.models.center import Center, Discipline, Zone
from incidents.models.incident import ClosedWords, DayCount, Incident, IncidentType, Note
from incidents.models.owed import IdempotencyKey, Job
from incidents.models.people import Token, User
from incidents.models.recovery import RecoveryRecord
from incidents.models.session import Session
from incidents.models.timeline import Feed, TimelineEntry

__all__ = [
    "Access",
    "Alarm",
    "Archive",
    "Blanked",
    "BrokenGlass",
    "Call",
    "Center",
    "Checkpoint",
    "ClosedWords",
    "DayCount",
    "Discipline",
    "Feed",
    "IdempotencyKey",
    "Incident",
    "IncidentType",
    "Job",
    "Note",
    "Session",
    "RecoveryRecord",
    "TimelineEntry",
    "Token",
    "User",
    "Zone",
]
