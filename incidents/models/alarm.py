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
    key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=60)
    priority = models.PositiveSmallIntegerField(_("priority"), default=2)
    data = models.JSONField(_("data"), default=dict)
    incident = models.ForeignKey(
        "incidents.Incident", models.PROTECT, null=True, related_name="alarms", verbose_name=_("incident")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.RAISED)
    version = models.PositiveIntegerField(_("version"), default=1)
    raised_at = models.DateTimeField(_("raised at"))
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True)
    acknowledged_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("acknowledged by")
    )
    cleared_at = models.DateTimeField(_("cleared at"), null=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["center", "key"], name="alarm_open_once", condition=~models.Q(status="cleared")
            )
        ]

    def __str__(self) -> str:
        return self.key
