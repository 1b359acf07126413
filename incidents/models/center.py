"""A center and its zones. Nothing crosses centers but what an action says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Manager


class Discipline(models.TextChoices):
    """What an agency is for; an incident type's lead category is one of these."""

    POLICE = "police", _("Police")
    FIRE = "fire", _("Fire and rescue")
    SOCIAL = "social", _("Social services")
    DISASTER = "disaster", _("Disaster management")
    MEDICAL = "medical", _("Medical")
    TRAFFIC = "traffic", _("Traffic")
    PUBLIC_ORDER = "public_order", _("Public order")


class Center(models.Model):
    """One city's room: its hotline, zones, agencies, units, people, its own seq and feed."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Jakarta")
    location = models.PointField(_("location"), srid=4326)
    outline = models.MultiPolygonField(_("outline"), srid=4326, null=True, blank=True)
    detour_factor = models.FloatField(_("detour factor"), default=1.35, help_text=_("road length / straight line"))
    lines = models.PositiveSmallIntegerField(_("hotline lines"), default=8)

    zones: Manager[Zone]

    class Meta:
        verbose_name = _("center")
        verbose_name_plural = _("centers")

    def __str__(self) -> str:
        return self.name


CENTER_FIELDS = [field.attname for field in Center._meta.concrete_fields if field.name not in ("location", "outline")]
"""What statements written by hand read of a center, for `Center.from_db`; its geometry is fetched when it is asked for."""


class Zone(models.Model):
    """A polygon of the city: kecamatan, kelurahan or response area."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="zones", verbose_name=_("center"))
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    outline = models.MultiPolygonField(_("outline"), srid=4326)

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="zone_code_once_per_center")]

    def __str__(self) -> str:
        return self.name
