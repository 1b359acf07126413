"""Units and where they are now. A position is not a change of the unit: it has no version and no timeline entry."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.agency import Agency, Capability, Station, UnitType
from incidents.models import Center, User
from incidents.models.graph import moves_from


@moves_from("available", "out_of_service", "off_duty")
class Unit(models.Model):
    """What can be sent: call sign, agency, type, capabilities, crew, status."""

    class Status(models.TextChoices):
        AVAILABLE = "available", _("Available")
        DISPATCHED = "dispatched", _("Dispatched")
        EN_ROUTE = "en_route", _("En route")
        ON_SCENE = "on_scene", _("On scene")
        TRANSPORTING = "transporting", _("Transporting")
        AT_HOSPITAL = "at_hospital", _("At hospital")
        OUT_OF_SERVICE = "out_of_service", _("Out of service")
        OFF_DUTY = "off_duty", _("Off duty")

    _FREE = [Status.AVAILABLE]
    GRAPH = {
        Status.AVAILABLE: [Status.DISPATCHED, Status.OUT_OF_SERVICE, Status.OFF_DUTY],
        Status.DISPATCHED: [Status.EN_ROUTE, *_FREE],
        Status.EN_ROUTE: [Status.ON_SCENE, *_FREE],
        Status.ON_SCENE: [Status.TRANSPORTING, *_FREE],
        Status.TRANSPORTING: [Status.AT_HOSPITAL, *_FREE],
        Status.AT_HOSPITAL: _FREE,
        Status.OUT_OF_SERVICE: [Status.AVAILABLE, Status.OFF_DUTY],
        Status.OFF_DUTY: [Status.AVAILABLE, Status.OUT_OF_SERVICE],
    }

    center = models.ForeignKey(Center, models.PROTECT, related_name="units", verbose_name=_("center"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="units", verbose_name=_("agency"))
    call_sign = models.CharField(_("call sign"), max_length=30)
    unit_type = models.ForeignKey(UnitType, models.PROTECT, related_name="units", verbose_name=_("unit type"))
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("station")
    )
    capabilities = models.ManyToManyField(Capability, blank=True, related_name="units", verbose_name=_("capabilities"))
    crew = models.ManyToManyField(User, blank=True, related_name="units", verbose_name=_("crew"))
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.AVAILABLE)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["call_sign"]
        constraints = [models.UniqueConstraint(fields=["center", "call_sign"], name="unit_call_sign_once")]

    def __str__(self) -> str:
        return self.call_sign


class UnitPosition(models.Model):
    """The newest position of a unit: lon and lat in degrees, speed in km/h, heading in degrees from north."""

    unit = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="position")
    lon = models.FloatField()
    lat = models.FloatField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    speed_kmh = models.FloatField(null=True)
    heading = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.lat:.5f}, {self.lon:.5f}"
