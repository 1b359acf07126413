"""How many sockets a process holds, in all and for each user, and how fast one may speak. Counts only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.conf import settings

from commandcenter.limits.buckets import Rate

CLOSE_TOO_MUCH = 4429
"""Too many sockets, or too many messages on one; the reason says which."""
TOO_MANY, TOO_FAST = "too_many_sockets", "too_many_messages"
MESSAGES = Rate(a_second=20, at_once=40)
"""What a console may say. It has nothing to say: it writes through the API."""


@dataclass
class Place:
    """Of one socket; given back once."""

    taken: Counter[int]
    user_id: int
    is_left: bool = False

    def leave(self) -> None:
        if not self.is_left:
            self.is_left = True
            self.taken[self.user_id] -= 1
            if self.taken[self.user_id] <= 0:
                del self.taken[self.user_id]


class Places:
    """Of one process."""

    def __init__(self) -> None:
        self._of_session: Counter[int] = Counter()
        self._of_token: Counter[int] = Counter()

    def __len__(self) -> int:
        return self._of_session.total() + self._of_token.total()

    def take(self, user_id: int, *, has_token: bool) -> Place | None:
        """None when there is no room for one more."""
        taken = self._of_token if has_token else self._of_session
        most = settings.SOCKETS_OF_TOKENS_MAX if has_token else settings.SOCKETS_OF_SESSIONS_MAX
        if taken[user_id] >= most or len(self) >= settings.SOCKETS_MAX:
            return None
        taken[user_id] += 1
        return Place(taken, user_id)


places = Places()
"""This process's own."""
