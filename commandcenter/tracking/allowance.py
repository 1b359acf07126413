"""How fast one socket may speak. Pure: the time is given."""

from __future__ import annotations

A_SECOND, AT_ONCE = 1000.0, 2000.0
"""Messages that a socket may send in the long run, and in one go after a pause."""
REFUSED_MAX = 1000
"""A socket that was refused so often, without a pause in between, is flooding."""


class Allowance:
    """Of one socket."""

    def __init__(self, now: float) -> None:
        self._left, self._at, self._refused = AT_ONCE, now, 0

    def spend(self, now: float) -> bool:
        """Whether one more message may be taken."""
        self._left = min(AT_ONCE, self._left + (now - self._at) * A_SECOND)
        self._at = now
        if self._left < 1:
            self.refuse()
            return False
        if self._left >= AT_ONCE / 2:
            self._refused = 0
        self._left -= 1
        return True

    def refuse(self) -> None:
        """A message was refused, for this or another reason."""
        self._refused += 1

    @property
    def is_flood(self) -> bool:
        return self._refused > REFUSED_MAX
