"""A call: one ring on the hotline."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center
from incidents.models.graph import moves_from
from incidents.models.people import User


@moves_from("ringing")
class Call(models.Model):
    """One ring on the hotline: line, caller number (absent when the phone has no SIM), its clocks, its outcome."""

    class Status(models.TextChoices):
        RINGING = "ringing", _("Ringing")
        ANSWERED = "answered", _("Answered")
        HELD = "held", _("Held")
        ENDED = "ended", _("Ended")

    class Outcome(models.TextChoices):
        INCIDENT = "incident", _("Incident")
        ATTACHED = "attached", _("Attached to an incident")
        INFORMATION = "information", _("Information")
        PRANK = "prank", _("Prank")
        GHOST = "ghost", _("Silent")
        ABANDONED = "abandoned", _("Abandoned")
        TRANSFERRED = "transferred", _("Transferred")
        TEST = "test", _("Test")

    GRAPH = {
        Status.RINGING: [Status.ANSWERED, Status.ENDED],
        Status.ANSWERED: [Status.HELD, Status.ENDED],
        Status.HELD: [Status.ANSWERED, Status.ENDED],
        Status.ENDED: [],
    }

    # No index of its own where one below begins with the same column, nor for people: logins are never deleted.
    center = models.ForeignKey(Center, models.PROTECT, related_name="calls", db_index=False)
    external_id = models.CharField(_("external id"), max_length=100)
    blanked_at = models.DateTimeField(null=True)
    """When its number was taken away; else no number means that none was shown."""
    line = models.CharField(_("line"), max_length=40)
    caller_number = models.CharField(_("caller number"), max_length=40, null=True, blank=True)  # noqa: DJ001 - absent is not the empty number
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.RINGING)
    version = models.PositiveIntegerField(_("version"), default=1)
    rang_at = models.DateTimeField(_("rang at"))
    answered_at = models.DateTimeField(_("answered at"), null=True)
    held_at = models.DateTimeField(_("held at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, null=True)  # noqa: DJ001 - null: not yet known
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"), db_index=False
    )
    incident = models.ForeignKey(
        "incidents.Incident", models.PROTECT, null=True, related_name="calls", verbose_name=_("incident")
    )
    # The request it came with: the one id that the log lines of the whole case have.
    trace = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [models.UniqueConstraint(fields=["center", "external_id"], name="call_external_id_once")]
        indexes = [
            models.Index(
                fields=["center"],
                name="call_on_board",
                condition=~models.Q(status="ended") | models.Q(outcome=None),
            ),
            models.Index(fields=["center", "-rang_at"], name="call_newest"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"
