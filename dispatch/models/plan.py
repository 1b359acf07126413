"""Response plans (run cards): for a type and priority, which capabilities, how many, from which agency."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.agency import Agency, Capability
from incidents.models import Center, IncidentType
from incidents.models.incident import PRIORITY


class ResponsePlan(models.Model):
    """The card of one incident type; the card without a priority holds where none names the incident's own."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="response_plans", verbose_name=_("center"))
    incident_type = models.ForeignKey(
        IncidentType, models.PROTECT, related_name="response_plans", verbose_name=_("incident type")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), null=True, blank=True, validators=PRIORITY, help_text=_("empty: any priority")
    )

    class Meta:
        verbose_name = _("response plan")
        verbose_name_plural = _("response plans")
        constraints = [
            models.UniqueConstraint(
                fields=["incident_type", "priority"], name="plan_once_per_priority", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_type} P{self.priority or '*'}"


class PlanItem(models.Model):
    """A line of the card: `count` units with `capability` from `agency`."""

    plan = models.ForeignKey(ResponsePlan, models.CASCADE, related_name="items", verbose_name=_("response plan"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    capability = models.ForeignKey(Capability, models.PROTECT, related_name="+", verbose_name=_("capability"))
    count = models.PositiveSmallIntegerField(_("count"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("line of the plan")
        verbose_name_plural = _("lines of the plan")
        constraints = [models.UniqueConstraint(fields=["plan", "agency", "capability"], name="plan_item_once")]

    def __str__(self) -> str:
        return f"{self.count} × {self.capability} ({self.agency.code})"
