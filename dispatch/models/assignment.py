"""An assignment: one unit on one incident. That a unit has one open assignment at most is a fact of the database."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.referral import Referral
from dispatch.models.unit import Unit
from incidents.models import Center, Incident, User
from incidents.models.graph import moves_from


@moves_from("dispatched")
class Assignment(models.Model):
    """Dispatched, acknowledged, each step to cleared; or canceled before the unit is on scene."""

    class Status(models.TextChoices):
        DISPATCHED = "dispatched", _("Dispatched")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        EN_ROUTE = "en_route", _("En route")
        ON_SCENE = "on_scene", _("On scene")
        TRANSPORTING = "transporting", _("Transporting")
        AT_HOSPITAL = "at_hospital", _("At hospital")
        CLEARED = "cleared", _("Cleared")
        CANCELED = "canceled", _("Canceled")

    ENDED = (Status.CLEARED, Status.CANCELED)
    GRAPH = {
        Status.DISPATCHED: [Status.ACKNOWLEDGED, Status.EN_ROUTE, Status.CLEARED, Status.CANCELED],
        Status.ACKNOWLEDGED: [Status.EN_ROUTE, Status.CLEARED, Status.CANCELED],
        Status.EN_ROUTE: [Status.ON_SCENE, Status.CLEARED, Status.CANCELED],
        Status.ON_SCENE: [Status.TRANSPORTING, Status.CLEARED],
        Status.TRANSPORTING: [Status.AT_HOSPITAL, Status.CLEARED],
        Status.AT_HOSPITAL: [Status.CLEARED],
        Status.CLEARED: [],
        Status.CANCELED: [],
    }

    # Center and people have no index of their own: nothing is looked up by them, and each write would pay for it.
    center = models.ForeignKey(Center, models.PROTECT, related_name="assignments", db_index=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="assignments")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DISPATCHED)
    version = models.PositiveIntegerField(default=1)
    assigned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    dispatched_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    en_route_at = models.DateTimeField(null=True)
    on_scene_at = models.DateTimeField(null=True)
    transporting_at = models.DateTimeField(null=True)
    at_hospital_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    canceled_at = models.DateTimeField(null=True)
    travel_seconds = models.PositiveIntegerField(null=True)
    reason = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                name="one_open_assignment_per_unit",
                condition=~models.Q(status__in=["cleared", "canceled"]),
            )
        ]
        indexes = [
            models.Index(
                fields=["center"],
                name="assignment_on_board",
                condition=~models.Q(status__in=["cleared", "canceled"]),
            )
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"
