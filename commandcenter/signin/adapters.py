"""How allauth is made ours: who may enter, what a session remembers, how secrets are kept, words in our languages."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commandcenter.signin.lockout import address_of
from commandcenter.signin.second_factor import must_have
from incidents.accounts import AccountBackend
from incidents.models import User
from incidents.models.session import DEVICE_LENGTH
from incidents.sessions import Facts, facts_of, keep_facts


def _cipher() -> MultiFernet:
    """From the secret key, and from older ones so that the key can be changed."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"siaga.second-factor:{key}".encode()).digest()))
            for key in keys
        ]
    )


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up here; whoever the backend refuses is refused with a passkey too."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": _("The password is not right."),
        "too_many_login_attempts": _("Too many failed attempts. Try again later."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **hooks: Any) -> HttpResponse | None:
        if isinstance(user, User) and AccountBackend().user_can_authenticate(user):
            return None
        clear_login(request)
        return HttpResponseRedirect(settings.LOGIN_URL)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        if not isinstance(user, User):
            raise TypeError("only our own users sign in")
        now = time.time()
        records = get_authentication_records(request, user)
        keep_facts(
            request.session,
            Facts(
                started=now,
                seen=now,
                address=address_of(request),
                device=request.headers.get("User-Agent", "")[:DEVICE_LENGTH],
                # A crew's phone sleeps in a pocket for hours; its shift ends it, not its silence.
                is_idle_bound=user.role != User.Role.CREW,
                has_second_factor=any(record.get("method") == "mfa" for record in records),
            ),
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has signed in a moment ago."""
        facts = facts_of(context.request.session)
        return facts is None or time.time() - facts.started > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages say themselves what is."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """There is no mail: rooms have people without addresses, and networks without a way out."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted with the secret key: a copy of the database alone gives no codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("The code is not right."),
        "cannot_delete_authenticator": _("Your role needs a second factor: add another before you remove this one."),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of somebody whose role needs it."""
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return not must_have(authenticator.user) or others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def _get_site_name(self) -> str:
        return settings.MFA_TOTP_ISSUER

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)d") % {"number": count + 1}
