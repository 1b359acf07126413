"""Agencies and what they are made of: capabilities, unit types, stations."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from incidents.models import Center, Discipline, Zone

HOURS_PER_DAY = 24


class Agency(models.Model):
    """Who must act."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="agencies", verbose_name=_("center"))
    code = models.SlugField(_("code"))
    name_id = models.CharField(_("Indonesian name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    discipline = models.CharField(_("discipline"), max_length=20, choices=Discipline.choices)
    auto_dispatch_up_to = models.PositiveSmallIntegerField(
        _("dispatch automatically up to priority"),
        default=0,
        validators=[MaxValueValidator(5)],
        help_text=_("0: never, units are only proposed; 5: always"),
    )
    acceptance_seconds = models.PositiveIntegerField(_("seconds to accept"), default=30)
    zones = models.ManyToManyField(
        Zone, blank=True, related_name="+", verbose_name=_("zones"), help_text=_("empty: the whole center")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="agency_code_once")]

    def __str__(self) -> str:
        return self.name_id


class Capability(models.Model):
    """What a unit can do; response plans ask for capabilities, never for call signs."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="capabilities", verbose_name=_("center"))
    code = models.SlugField(_("code"))
    name_id = models.CharField(_("Indonesian name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)

    class Meta:
        verbose_name = _("capability")
        verbose_name_plural = _("capabilities")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="capability_code_once")]

    def __str__(self) -> str:
        return self.name_id


def check_speeds(speeds: list[int]) -> None:
    """One speed for each hour of the day, 1 to 200 km/h."""
    if len(speeds) != HOURS_PER_DAY or not all(1 <= speed <= 200 for speed in speeds):
        raise ValidationError(_("Give 24 speeds, one for each hour, from 1 to 200 km/h."))


class UnitType(models.Model):
    """A kind of vehicle or team: how fast it is at each hour and how long it takes to leave."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="unit_types", verbose_name=_("center"))
    code = models.SlugField(_("code"))
    name_id = models.CharField(_("Indonesian name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    discipline = models.CharField(_("discipline"), max_length=20, choices=Discipline.choices)
    speeds_kmh = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1)]),
        validators=[check_speeds],
        verbose_name=_("speed by hour, km/h"),
    )
    turnout_seconds = models.PositiveIntegerField(_("turnout seconds"), default=60)
    top_speed_kmh = models.PositiveSmallIntegerField(
        _("top speed, km/h"),
        default=200,
        validators=[MinValueValidator(1)],
        help_text=_("A tracker's point that would need more than this is refused."),
    )

    class Meta:
        verbose_name = _("unit type")
        verbose_name_plural = _("unit types")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="unit_type_code_once")]

    def __str__(self) -> str:
        return self.name_id


class Station(models.Model):
    """Where units stand, and where patients are brought."""

    class Kind(models.TextChoices):
        STATION = "station", _("Station")
        POST = "post", _("Post")
        HOSPITAL = "hospital", _("Hospital")
        CLINIC = "clinic", _("Clinic")

    center = models.ForeignKey(Center, models.PROTECT, related_name="stations", verbose_name=_("center"))
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="stations", verbose_name=_("agency")
    )
    code = models.SlugField(_("code"))
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.STATION)
    location = models.PointField(_("location"), srid=4326)
    address = models.CharField(_("address"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("station")
        verbose_name_plural = _("stations")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="station_code_once")]

    def __str__(self) -> str:
        return self.name
