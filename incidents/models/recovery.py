"""What was done to be able to come back: base backups, drills that restored one, standbys that took over. Written by scripts
through `manage.py record_recovery`; it belongs to the installation, not to a center."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecoveryRecord(models.Model):
    """One try, good or failed."""

    class Kind(models.TextChoices):
        BACKUP = "backup", _("Backup")
        RESTORE_DRILL = "restore_drill", _("Restore drill")
        TAKEOVER = "takeover", _("Standby took over")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    is_good = models.BooleanField(_("succeeded"))
    seconds = models.FloatField(_("seconds"))
    backup = models.CharField(_("backup"), max_length=60, blank=True)
    reached_at = models.DateTimeField(_("newest entry in the copy"), null=True, blank=True)
    data = models.JSONField(_("data"), default=dict)
    """Of a drill: `seqs` (the newest entry of each center that the copy has, verified up to there), counts, seconds of checking."""
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("recovery record")
        verbose_name_plural = _("recovery records")
        indexes = [models.Index(fields=["kind", "-at"], name="recovery_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
