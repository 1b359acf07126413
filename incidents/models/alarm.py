"""An alarm: something a person must act on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center
from incidents.models.graph import moves_from
from incidents.models.people import User


@moves_from("raised")
class Alarm(models.Model):
    """Raised once per key while open, acknowledged by a person, cleared when its cause is gone."""

    class Status(models.TextChoices):
        RAISED = "raised", _("Raised")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        CLEARED = "cleared", _("Cleared")

    GRAPH = {
        Status.RAISED: [Status.ACKNOWLEDGED, Status.CLEARED],
        Status.ACKNOWLEDGED: [Status.CLEARED],
        Status.CLEARED: [],
    }

    center = models.ForeignKey(Center, models.PROTECT, related_name="alarms")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    priority = models.PositiveSmallIntegerField(default=2)
    data = models.JSONField(default=dict)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, null=True, related_name="alarms")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RAISED)
    version = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["center", "key"], name="alarm_open_once", condition=~models.Q(status="cleared")
            )
        ]

    def __str__(self) -> str:
        return self.key
