"""A person's session in one browser: whose it is, from where, since when, until when. How it is kept is in `incidents/sessions.py`."""

from __future__ import annotations

import hashlib

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models.people import User

DEVICE_LENGTH = 200


class Session(AbstractBaseSession):
    """Ends at `expire_date`: the idle or the absolute end, whichever comes first. Without a user: a sign-in that is under way."""

    # No constraint: nothing may lock the table of people, and people are never deleted.
    user = models.ForeignKey(
        User, models.CASCADE, null=True, db_constraint=False, related_name="sessions", verbose_name=_("user")
    )
    started_at = models.DateTimeField(_("since"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    address = models.GenericIPAddressField(_("address"), null=True)
    device = models.CharField(_("device"), max_length=DEVICE_LENGTH, blank=True, default="")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def mark(self) -> str:
        """Names the session on a page; the key itself would open it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:16]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        raise NotImplementedError("incidents.sessions.SessionStore reads this model, not the other way round")
