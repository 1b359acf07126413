"""Incident types, incidents and their notes."""

from __future__ import annotations

import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center, Discipline, Zone
from incidents.models.graph import moves_from
from incidents.models.people import User

HIGHEST_PRIORITY, LOWEST_PRIORITY = 1, 5
PRIORITY = [MinValueValidator(HIGHEST_PRIORITY), MaxValueValidator(LOWEST_PRIORITY)]


class IncidentType(models.Model):
    """A kind of report: code, names in both languages, lead category, default priority, keywords, APCO code."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="incident_types", verbose_name=_("center"))
    code = models.SlugField(_("code"))
    name_id = models.CharField(_("Indonesian name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    category = models.CharField(_("category"), max_length=20, choices=Discipline.choices)
    default_priority = models.PositiveSmallIntegerField(_("default priority"), default=3, validators=PRIORITY)
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("keywords"))
    apco_code = models.CharField(_("APCO code"), max_length=20, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("incident type")
        verbose_name_plural = _("incident types")
        ordering = ["name_id"]
        constraints = [models.UniqueConstraint(fields=["center", "code"], name="incident_type_code_once")]

    def __str__(self) -> str:
        return self.name_id


@moves_from("pending")
@pgtrigger.register(
    pgtrigger.Trigger(
        name="words_when_closed",
        operation=pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Condition(
            """NEW.status = 'closed' AND (OLD.status, OLD.number, OLD.address, OLD.narrative, OLD.closed_at)
               IS DISTINCT FROM (NEW.status, NEW.number, NEW.address, NEW.narrative, NEW.closed_at)"""
        ),
        func="""
            DELETE FROM incidents_closedwords WHERE OLD.status = 'closed' AND incident_id = OLD.id;
            INSERT INTO incidents_closedwords (incident_id, center_id, opened_at, closed_at, words)
            VALUES (NEW.id, NEW.center_id, NEW.opened_at, coalesce(NEW.closed_at, now()),
                    upper(NEW.number || ' ' || NEW.address || ' ' || NEW.narrative));
            RETURN NULL;
        """,
    )
)
class Incident(models.Model):
    """What must be handled."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    GRAPH = {Status.PENDING: [Status.ACTIVE, Status.CLOSED], Status.ACTIVE: [Status.CLOSED], Status.CLOSED: []}
    NARRATIVE_CHARACTERS_MAX = 10_000
    ADDRESS_CHARACTERS_MAX = 300

    # No index of its own where one below begins with the same column, nor for people: logins are never deleted.
    center = models.ForeignKey(Center, models.PROTECT, related_name="incidents", db_index=False)
    number = models.CharField(_("number"), max_length=20)
    type = models.ForeignKey(IncidentType, models.PROTECT, related_name="+", verbose_name=_("incident type"))
    priority = models.PositiveSmallIntegerField(_("priority"), validators=PRIORITY)
    location = models.PointField(_("location"), srid=4326)
    zone = models.ForeignKey(Zone, models.SET_NULL, null=True, related_name="+", verbose_name=_("zone"))
    address = models.CharField(_("address"), max_length=ADDRESS_CHARACTERS_MAX, blank=True)
    narrative = models.TextField(_("narrative"), blank=True, max_length=NARRATIVE_CHARACTERS_MAX)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.PENDING)
    version = models.PositiveIntegerField(_("version"), default=1)
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("opened by"), db_index=False
    )
    activated_at = models.DateTimeField(_("activated at"), null=True)
    first_dispatched_at = models.DateTimeField(_("first dispatched at"), null=True)
    first_on_scene_at = models.DateTimeField(_("first on scene at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    disposition = models.CharField(_("disposition"), max_length=60, blank=True)
    blanked_at = models.DateTimeField(null=True)
    """When its words were taken away; what is counted stays."""
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="duplicates", verbose_name=_("duplicate of")
    )
    # Of the call it began with, else of the request that opened it: the one id of the case's log lines.
    trace = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=["center", "number"], name="incident_number_once"),
            models.CheckConstraint(condition=models.Q(priority__range=(1, 5)), name="incident_priority_1_to_5"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="incident_not_its_own_parent"),
        ]
        indexes = [
            models.Index(fields=["center"], name="incident_on_board", condition=~models.Q(status="closed")),
            models.Index(fields=["center", "-opened_at"], name="incident_newest"),
            models.Index(fields=["center", "-closed_at"], name="incident_newly_closed"),
        ]

    def __str__(self) -> str:
        return self.number


class ClosedWords(models.Model):
    """What a search looks at in a closed incident, in capitals: number, address, narrative. Written by the database when
    the incident closes, in partitions by month of closing, so that a search costs what its time window holds."""

    incident = models.OneToOneField(
        Incident, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    center = models.ForeignKey(Center, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField()
    words = models.TextField()

    def __str__(self) -> str:
        return self.words


class Note(models.Model):
    """Words added to an incident. The text stands here alone: the timeline only says that it was added."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(max_length=Incident.NARRATIVE_CHARACTERS_MAX)
    is_medical = models.BooleanField(default=False, db_default=False)
    """About somebody's health: masked like the narrative of a medical case (`incidents/privacy.py`)."""
    blanked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"note {self.pk}"


class DayCount(models.Model):
    """How many incidents a center has numbered on a local day; its row is locked while one is numbered."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["center", "day"], name="day_count_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"
