"""Who may use a center: people with a role, machines with a token. Rules of access are in `incidents/access.py`."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.center import Center


class User(AbstractUser):
    """A person or a machine of one center."""

    class Role(models.TextChoices):
        OPERATOR = "operator", _("Operator")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMINISTRATOR = "administrator", _("Administrator")
        CREW = "crew", _("Crew")
        HOTLINE = "hotline", _("Hotline (machine)")
        TRACKER = "tracker", _("Tracker (machine)")

    class Language(models.TextChoices):
        INDONESIAN = "id", "Bahasa Indonesia"
        ENGLISH = "en", "English"

    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.OPERATOR)
    center = models.ForeignKey(
        Center, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("center")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.INDONESIAN)
    scopes: frozenset[str] | None = None
    """Of the token that the user came with, for one request (`incidents/access.py`); None: all of the role."""
    is_demo = models.BooleanField(_("demo login"), default=False, editable=False)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return name_of(self.username, self.first_name, self.last_name)


def name_of(username: str, first_name: str, last_name: str) -> str:
    """How a person is shown: the full name, without one the login."""
    return f"{first_name} {last_name}".strip() or username


class Token(models.Model):
    """A bearer token. Only its SHA-256 is kept: the token itself is shown once, when it is made."""

    NAME_CHARACTERS_MAX = 80

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=NAME_CHARACTERS_MAX, blank=True, default="", db_default="")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"), null=True, blank=True)
    """Rows of `incidents/access.py`, or "read"; None: all that the user's role may."""
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    """To the minute: not written by every request."""

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")

    def __str__(self) -> str:
        return f"{self.user.username} {self.name or self.pk}"
