"""Which tracker a token belongs to, remembered for a few seconds: a phone sends its token with every point."""

from __future__ import annotations

import time
from dataclasses import dataclass

from commandcenter.live.feed import in_thread
from incidents.access import may
from incidents.accounts import digest_of, user_of_token

FRESH_SECONDS = 3.0
REMEMBERED_MAX = 10_000


@dataclass(frozen=True)
class Account:
    """Of a good token; `is_tracker` false: the role may not report positions."""

    user_id: int
    center_id: int
    language: str
    is_tracker: bool


_known: dict[bytes, tuple[float, Account]] = {}


async def account_of(token: str) -> Account | None:
    """None for a token that opens nothing. A revoked one is noticed within FRESH_SECONDS. Raises DatabaseError."""
    digest, now = digest_of(token), time.monotonic()
    known = _known.get(digest)
    if known is not None and now - known[0] < FRESH_SECONDS:
        return known[1]
    account = await in_thread(_read)(token)
    if account is None:
        _known.pop(digest, None)
        return None
    if len(_known) >= REMEMBERED_MAX:
        _known.clear()
    _known[digest] = now, account
    return account


def _read(token: str) -> Account | None:
    user = user_of_token(token)
    if user is None or user.center_id is None:
        return None
    return Account(user.pk, user.center_id, user.language, may(user, "report_position"))
