"""What an administrator changes of agencies, stations, units and response plans, and the rows of the board it touches.
The writing and telling itself is in `incidents/actions/configure.py`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from dispatch.models import Agency, Assignment, Capability, Device, Referral, ResponsePlan, Station, Unit, UnitType
from dispatch.rows import ASSIGNMENTS_ON_BOARD, REFERRALS_ON_BOARD
from incidents.actions.configure import Change, nothing


def _of_agency(agency: Agency) -> list[models.Model]:
    return [
        *Unit.objects.filter(agency=agency),
        *Referral.objects.filter(REFERRALS_ON_BOARD, agency=agency),
        *Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, unit__agency=agency),
    ]


def _of_unit(unit: Unit) -> list[models.Model]:
    return [unit, *Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, unit=unit)]


CHANGES: dict[type[models.Model], Change] = {
    Agency: Change("agency_changed", _of_agency, lambda row: row.name_id),
    Station: Change("station_changed", lambda row: list(Unit.objects.filter(station=row)), lambda row: row.name),
    Unit: Change("unit_changed", _of_unit, lambda row: row.call_sign),
    UnitType: Change(
        "unit_type_changed", lambda row: list(Unit.objects.filter(unit_type=row)), lambda row: row.name_id
    ),
    Capability: Change(
        "capability_changed", lambda row: list(Unit.objects.filter(capabilities=row)), lambda row: row.name_id
    ),
    ResponsePlan: Change("plan_changed", nothing),
    Device: Change("unit_changed", lambda row: [row.unit], lambda row: f"{row.unit.call_sign} ({row.device_id})"),
}


def check_unit_may_rest(unit: Unit) -> None:
    """Raises ValidationError for a unit that is taken out of use while it is on an incident."""
    if unit.is_active or unit.pk is None:
        return
    held = Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, unit=unit).select_related("incident").first()
    if held is not None:
        raise ValidationError(
            {
                "is_active": _("%(unit)s is on incident %(incident)s; clear it first.")
                % {"unit": unit.call_sign, "incident": held.incident.number}
            }
        )
