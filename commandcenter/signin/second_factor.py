"""Who must have a second factor, and whether a session has shown one. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from incidents.access import SUPERVISION
from incidents.models import User
from incidents.refusals import Refusal
from incidents.sessions import FACTS


class SecondFactorMissing(Refusal):
    code = "second_factor_required"
    status_code = 403
    words = {
        "id": "Akun ini memerlukan verifikasi dua langkah; pasang dulu di halaman Akun.",
        "en": "This account needs a second factor; set it up on the page Account first.",
    }


def must_have(user: User) -> bool:
    """Whether the user's role may work only with a second factor."""
    return settings.REQUIRE_MFA and user.role in SUPERVISION


def is_complete(user: User, session: Mapping[str, Any] | SessionBase) -> bool:
    """Whether a session of this user may do anything but set up its second factor."""
    if not must_have(user):
        return True
    facts = session.get(FACTS)
    return isinstance(facts, dict) and facts.get("has_second_factor") is True
