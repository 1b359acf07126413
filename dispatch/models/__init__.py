"""The records of who goes. Shapes and database facts only; verbs are in `dispatch/actions`."""

from dispatch.models.agency import Agency, Capability, Station, UnitType
from dispatch.models.assignment import Assignment
from dispatch.models.plan import PlanItem, ResponsePlan
from dispatch.models.referral import Referral
from dispatch.models.tracking import Device, PositionCount
from dispatch.models.unit import Unit, UnitPosition

__all__ = [
    "Agency",
    "Assignment",
    "Capability",
    "Device",
    "PlanItem",
    "PositionCount",
    "Referral",
    "ResponsePlan",
    "Station",
    "Unit",
    "UnitPosition",
    "UnitType",
]
