"""Forms of the second factor: each code works once, whichever web process sees it, and every wrong one is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from commandcenter.signin import lockout
from incidents import logs
from incidents.models import User

logger = logs.get(__name__)
CODE_LENGTH_MAX = 20


def counter_of(secret: str, code: str) -> int | None:
    """The step of time whose code this is, within the tolerance; None for no code of now."""
    for counter in yield_hotp_counters_from_time():
        if constant_time_compare(format_hotp_value(hotp_value(secret, counter)), code):
            return int(counter)
    return None


def use_code(user: User, code: str) -> Authenticator | None:
    """Whether the code is the app's or a recovery code that was not used; if so it is used now."""
    with transaction.atomic():
        found: Authenticator
        for found in Authenticator.objects.select_for_update().filter(user=user).exclude(type="webauthn"):
            if found.type == Authenticator.Type.RECOVERY_CODES:
                if found.wrap().validate_code(code):
                    return found
                continue
            counter = counter_of(get_adapter().decrypt(found.data["secret"]), code)
            if counter is not None and counter > found.data.get("last_counter", 0):
                found.data["last_counter"] = counter
                found.save(update_fields=["data"])
                return found
    return None


class CodeForm(forms.Form):
    """The second step of signing in."""

    is_again = False
    code = forms.CharField(label=_("Code"), max_length=CODE_LENGTH_MAX)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        self.authenticator: Authenticator | None = None
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if not lockout.may_try_code(context.request, self.user):
            raise ValidationError(lockout.words(), code="locked")
        self.authenticator = use_code(self.user, code)
        if self.authenticator is None:
            lockout.count_failed_code(context.request, self.user)
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator.user = self.user
        return code

    def save(self) -> None:
        post_authentication(context.request, self.authenticator, reauthenticated=self.is_again)


class ConfirmCodeForm(CodeForm):
    """Somebody who is inside shows again who they are."""

    is_again = True


class EnrolAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app; blanks between its digits do not matter."""

    code = forms.CharField(label=_("Code"), max_length=CODE_LENGTH_MAX)

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if counter_of(self.secret, code) is None:
            raise get_adapter().validation_error("incorrect_code")
        return code


class Guarded:
    """What a browser says of a passkey is read by libraries that answer some malformed input with a bare KeyError."""

    def clean_credential(self) -> Any:
        return _guarded(super().clean_credential)  # type: ignore[misc]


def _guarded(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (ValidationError, DatabaseError):
        raise
    except Exception as error:
        logger.info("malformed passkey", error=type(error).__name__)
        raise get_adapter().validation_error("incorrect_code") from None


class UsePasskeyForm(Guarded, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """As the second step of signing in."""


class ConfirmPasskeyForm(Guarded, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Of somebody who is inside."""


class LoginPasskeyForm(Guarded, LoginWebAuthnForm):  # type: ignore[misc]
    """Instead of user name and password."""


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey always proves its user (PIN, finger, face): it may then replace password and code."""

    def clean(self) -> Any:
        return _guarded(super().clean)

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    passwordless = forms.BooleanField(required=False)

    def clean_passwordless(self) -> bool:
        return True
