"""Owed work and answers given: jobs with a lease, and idempotency keys."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center
from incidents.models.people import User


class Job(models.Model):
    """A row that says work is owed. Written by the transaction that owes it; done in the transaction that does it."""

    class Status(models.TextChoices):
        DUE = "due", _("Due")
        DONE = "done", _("Done")
        PARKED = "parked", _("Parked")

    ATTEMPTS_MAX = 5

    center = models.ForeignKey(Center, models.PROTECT, related_name="jobs")
    key = models.CharField(_("key"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    queue = models.CharField(_("queue"), max_length=20, default="dispatch")
    data = models.JSONField(_("data"), default=dict)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DUE)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    due_at = models.DateTimeField(_("due at"), db_default=Now())
    handed_at = models.DateTimeField(_("handed at"), db_default=Now())
    lease_until = models.DateTimeField(_("lease until"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    worker = models.CharField(_("worker"), max_length=80, blank=True)
    error = models.TextField(_("error"), blank=True)
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["due_at"], name="job_due", condition=models.Q(status="due")),
            models.Index(fields=["center"], name="job_parked", condition=models.Q(status="parked")),
            models.Index(fields=["done_at"], name="job_done", condition=models.Q(status="done")),
        ]

    def __str__(self) -> str:
        return self.key


class IdempotencyKey(models.Model):
    """An answer given once: the same key and body get it again; the same key with another body is refused."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.BinaryField(max_length=32)
    status_code = models.PositiveSmallIntegerField(null=True)
    response = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_oldest")]

    def __str__(self) -> str:
        return self.key
