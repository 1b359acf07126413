"""Who saw what: the log of access to personal data, signed checkpoints of the timeline, and glass that was broken.
Shapes and database facts only: none of these rows is changed or taken away but by the retention the triggers allow."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center
from incidents.models.facts import never_truncated
from incidents.models.people import User


class Access(models.Model):
    """One look at personal data by one person. Incident and call are numbers, not keys: they may be archived before it."""

    class What(models.TextChoices):
        OPENED = "opened", _("Opened an incident")
        SEARCHED = "searched", _("Searched the history")
        NUMBER_REVEALED = "number_revealed", _("Revealed a caller's number")
        WORDS_REVEALED = "words_revealed", _("Revealed medical words")
        GLASS_BROKEN = "glass_broken", _("Broke the glass")
        SEEN_BEHIND_GLASS = "seen_behind_glass", _("Read an incident behind broken glass")
        EXPORTED = "exported", _("Exported what is held about a person")
        ERASED = "erased", _("Erased what is held about a person")
        LOOKED_UP = "looked_up", _("Looked up who saw what")

    center = models.ForeignKey(Center, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(_("time"), db_default=Now())
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("who"), db_index=False)
    what = models.CharField(_("what"), max_length=20, choices=What.choices)
    incident_ref = models.BigIntegerField(_("incident"), null=True)
    call_ref = models.BigIntegerField(_("call"), null=True)
    person_ref = models.BigIntegerField(_("about the person"), null=True)
    number_digest = models.BinaryField(max_length=32, null=True)
    salt = models.BinaryField(max_length=16, default=b"")
    words = models.TextField(_("reason or words searched for"), blank=True)

    class Meta:
        verbose_name = _("access")
        verbose_name_plural = _("who saw what")
        indexes = [
            models.Index(fields=["center", "-at"], name="access_newest"),
            models.Index(fields=["user", "-at"], name="access_of_user"),
            models.Index(fields=["incident_ref"], name="access_of_incident"),
            models.Index(fields=["number_digest"], name="access_of_number", condition=~models.Q(number_digest=None)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_words_go",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF current_setting('siaga.blanking', true) IS DISTINCT FROM 'on' OR NEW.words <> '' OR NEW.salt <> ''
                       OR NEW.number_digest IS DISTINCT FROM OLD.number_digest AND NEW.number_digest IS NOT NULL
                       OR (NEW.id, NEW.center_id, NEW.at, NEW.user_id, NEW.what, NEW.incident_ref, NEW.call_ref, NEW.person_ref)
                       IS DISTINCT FROM (OLD.id, OLD.center_id, OLD.at, OLD.user_id, OLD.what, OLD.incident_ref, OLD.call_ref,
                                         OLD.person_ref) THEN
                        RAISE EXCEPTION 'the access log is append-only' USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="append_only",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF current_setting('siaga.blanking', true) IS DISTINCT FROM 'on' OR OLD.at > now() - interval '30 days' THEN
                        RAISE EXCEPTION 'the access log is append-only' USING ERRCODE = '23514';
                    END IF;
                    RETURN OLD;
                """,
            ),
            never_truncated("the access log is"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what}"


class Checkpoint(models.Model):
    """The head of a timeline as it was signed; the same line stands in a file on another medium."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    key = models.CharField(max_length=16)
    """The first 16 hexadecimal digits of the public key's SHA-256."""
    signature = models.BinaryField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["center", "seq"], name="checkpoint_once_per_seq")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_truncated("checkpoints are"),
        ]

    def __str__(self) -> str:
        return f"{self.center_id} {self.seq}"


class BrokenGlass(models.Model):
    """Somebody may read one incident that is not theirs, until a time. The reason stands in the access log."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    incident = models.ForeignKey("incidents.Incident", models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "until"], name="broken_glass_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.incident_id}"


class Blanked(models.Model):
    """How far the personal data of a center is blanked, by kind: a batch begins there, and not at the beginning of time."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    upto = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["center", "kind"], name="blanked_once_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.upto}"
