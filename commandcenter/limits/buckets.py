"""Token buckets, one or many by key. Pure: the time is given."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

KEYS_MAX = 20_000
"""A flood of addresses must not fill the memory; what is forgotten begins anew with a full bucket."""


@dataclass(frozen=True)
class Rate:
    """So many a second in the long run, so many at once after a pause."""

    a_second: float
    at_once: float

    @classmethod
    def read(cls, text: str) -> Rate:
        """From "500/1000". Raises ValueError."""
        a_second, slash, at_once = text.partition("/")
        rate = cls(float(a_second), float(at_once if slash else a_second))
        if rate.a_second <= 0 or rate.at_once < 1:
            raise ValueError(f"{text!r}: a rate above 0 a second, and at least 1 at once")
        return rate


class Bucket:
    """Of one key."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._at = rate, rate.at_once, now

    def left(self, now: float) -> float:
        self._left = min(self._rate.at_once, self._left + max(0.0, now - self._at) * self._rate.a_second)
        self._at = now
        return self._left

    def spend(self, now: float) -> float:
        """0 when one more is taken, else in how many seconds one will be."""
        left = self.left(now)
        if left < 1:
            return (1 - left) / self._rate.a_second
        self._left = left - 1
        return 0.0


class Buckets:
    """By key; the least lately seen half is forgotten when there are too many."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._by_key: dict[Hashable, Bucket] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def _of(self, key: Hashable, now: float) -> Bucket:
        # Taken out and put back: the dictionary's order is that of the last use.
        bucket = self._by_key.pop(key, None)
        if bucket is None:
            if len(self._by_key) >= KEYS_MAX:
                for old in list(self._by_key)[: KEYS_MAX // 2]:
                    del self._by_key[old]
            bucket = Bucket(self.rate, now)
        self._by_key[key] = bucket
        return bucket

    def spend(self, key: Hashable, now: float) -> float:
        """0 when one more is taken, else in how many seconds one will be."""
        return self._of(key, now).spend(now)

    def wait(self, key: Hashable, now: float) -> float:
        """In how many seconds one could be taken; takes none."""
        bucket = self._by_key.get(key)
        left = self.rate.at_once if bucket is None else bucket.left(now)
        return 0.0 if left >= 1 else (1 - left) / self.rate.a_second
