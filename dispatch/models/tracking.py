"""What trackers are and what came of their points. Shapes only; taking points is in `dispatch/actions/positions.py`."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.unit import Unit
from incidents.models import Center


class Device(models.Model):
    """A phone or tracker that reports for a unit under an identifier of its own (OsmAnd, Traccar Client)."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="devices", verbose_name=_("center"))
    device_id = models.CharField(_("device identifier"), max_length=64)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="devices", verbose_name=_("unit"))

    class Meta:
        verbose_name = _("tracking device")
        verbose_name_plural = _("tracking devices")
        ordering = ["device_id"]
        constraints = [models.UniqueConstraint(fields=["center", "device_id"], name="device_once_per_center")]

    def __str__(self) -> str:
        return self.device_id


class PositionCount(models.Model):
    """How many points of a day (UTC) were taken, refused or set aside, and for which reason."""

    class Reason(models.TextChoices):
        TAKEN = "taken", _("Taken")
        DUPLICATE = "duplicate", _("Sent twice")
        OUT_OF_ORDER = "out_of_order", _("Late, into the history alone")
        UNKNOWN_UNIT = "unknown_unit", _("Unknown unit or device")
        INVALID = "invalid", _("Malformed")
        IN_THE_FUTURE = "in_the_future", _("In the future")
        TOO_OLD = "too_old", _("Too old")
        NULL_ISLAND = "null_island", _("At 0, 0")
        OUTSIDE_REGION = "outside_region", _("Outside the region")
        ABSURD_SPEED = "absurd_speed", _("Faster than its kind can be")
        IMPOSSIBLE_JUMP = "impossible_jump", _("Too far from the point before")

    center = models.ForeignKey(Center, models.CASCADE, related_name="position_counts", verbose_name=_("center"))
    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    count = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("points of trackers")
        verbose_name_plural = _("points of trackers")
        ordering = ["-day", "reason"]
        constraints = [
            models.UniqueConstraint(fields=["center", "day", "reason"], name="position_count_once_per_day_and_reason")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}: {self.count}"
