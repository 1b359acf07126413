"""A referral: an incident routed to one agency, with that agency's own clocks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.agency import Agency
from incidents.models import Center, Incident
from incidents.models.graph import moves_from


@moves_from("routed")
class Referral(models.Model):
    """Routed, then accepted or declined by the agency, then closed."""

    class Status(models.TextChoices):
        ROUTED = "routed", _("Routed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        CLOSED = "closed", _("Closed")

    GRAPH = {
        Status.ROUTED: [Status.ACCEPTED, Status.DECLINED, Status.CLOSED],
        Status.ACCEPTED: [Status.CLOSED],
        Status.DECLINED: [],
        Status.CLOSED: [],
    }

    # No index of its own: nothing is looked up by it, and each write would pay for it.
    center = models.ForeignKey(Center, models.PROTECT, related_name="referrals", db_index=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="referrals")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="referrals")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ROUTED)
    version = models.PositiveIntegerField(default=1)
    routed_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reason = models.JSONField(default=dict)
    proposed = models.JSONField(default=list)
    shortfall = models.JSONField(default=list)
    decline_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "agency"],
                name="referral_open_once_per_agency",
                condition=models.Q(status__in=["routed", "accepted"]),
            )
        ]
        indexes = [
            models.Index(
                fields=["center"], name="referral_on_board", condition=models.Q(status__in=["routed", "accepted"])
            )
        ]

    def __str__(self) -> str:
        return f"referral {self.pk}"
