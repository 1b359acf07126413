"""The timeline: one append-only, hash-chained list of what happened in a center, and the head of that list.
Entries are written by the database function `siaga_append` alone (see `incidents/timeline.py`)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center
from incidents.models.facts import never_truncated
from incidents.models.people import User


class Feed(models.Model):
    """Head of a center's timeline. Its row lock orders the commits, so a seq is never seen before a lower one."""

    center = models.OneToOneField(Center, models.PROTECT, primary_key=True, related_name="feed")
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"{self.center_id}: {self.seq}"


class TimelineEntry(models.Model):
    """One thing that happened: seq, when, who, kind in the past tense, data, and the rows it touched."""

    # No index of its own where one below begins with the same column, nor for people: logins are never deleted.
    center = models.ForeignKey(Center, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField(_("number in order"))
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=60)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("who"), db_index=False)
    incident = models.ForeignKey(
        "incidents.Incident",
        models.PROTECT,
        null=True,
        related_name="timeline",
        verbose_name=_("incident"),
        db_index=False,
    )
    data = models.JSONField(_("data"))
    touched = models.JSONField(_("touched"))
    hash = models.BinaryField(_("hash"))

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        constraints = [models.UniqueConstraint(fields=["center", "seq"], name="timeline_seq_once")]
        indexes = [models.Index(fields=["incident", "seq"], name="timeline_of_incident")]
        triggers = [
            # Nothing is changed, ever; only what stands in an archive is taken out, by `siaga_forget` alone (0005).
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="append_only",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM incidents_archive
                        WHERE id = nullif(current_setting('siaga.forgetting', true), '')::bigint
                          AND center_id = OLD.center_id AND OLD.seq BETWEEN first_seq AND last_seq) THEN
                        RAISE EXCEPTION 'the timeline is append-only';
                    END IF;
                    RETURN OLD;
                """,
            ),
            never_truncated("the timeline is"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
