"""Second factors for tests: a code app that keeps its own count of steps, and signing in as a browser would. Nothing here asserts."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from incidents.models import User

PASSWORD = "kata-sandi-uji"


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows so many steps of 30 s from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def give_password(*users: User) -> None:
    for user in users:
        user.set_password(PASSWORD)
        user.save()


def give_app(user: User) -> str:
    """The secret of a code app that is set up."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    return secret


def give_recovery_codes(user: User) -> list[str]:
    return list(RecoveryCodes.activate(user).generate_codes())


def log_in(username: str, password: str = PASSWORD, client: Client | None = None, **extra: Any) -> tuple[Client, Any]:
    """(client, answer to the password)"""
    client = client or Client()
    return client, client.post("/login", {"username": username, "password": password}, **extra)


def secret_of(user: User) -> str:
    row = Authenticator.objects.get(user=user, type="totp")
    return str(get_adapter().decrypt(row.data["secret"]))
