"""Which part of the installation is in trouble, since when, and in which words; raises the supervisor's alarms and clears
them when the part is back. Used by the sweeper, and by web processes for when the sweeper is what is gone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from commandcenter.parts import Parts
from incidents.actions.alarms import clear_alarms, raise_alarm
from incidents.models import Alarm, Center
from incidents.rows import iso
from incidents.words import words_of

LOOK_SECONDS = 2.0
WAIT_SECONDS = 5.0
"""A job that is due so long and claimed by nobody waits: the sweeper hands it out within one."""
START_SECONDS = 10.0
"""A process that has just begun does not call a part gone that it has never seen: all may be starting."""
ALARM_START_SECONDS = 30.0
HEALED_SECONDS = 4.0
"""An alarm is cleared when its cause has been gone so long, so that it does not flicker."""
ALARM_KEY = "part:"

REDIS, WORKERS, SWEEPERS, ROUTING, DISK = "redis_away", "workers_away", "sweepers_away", "routing_waits", "disk_low"
PRIORITIES = {REDIS: 2, WORKERS: 1, SWEEPERS: 1, ROUTING: 1, DISK: 1}
Key = tuple[str, int | None, str]
"""(code, center or None for all, host or nothing)"""


@dataclass(frozen=True)
class Trouble:
    code: str
    since: datetime
    data: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """{"code", "since", "words": {"id", "en"}}, as consoles are told."""
        return {"code": self.code, "since": iso(self.since), "words": words_of(self.code, self.data)}


@dataclass
class _State:
    is_bad: bool
    at: float
    """Monotonic, of the turn."""
    since: datetime


class Watch:
    """One process's view of the parts over time."""

    def __init__(self, now: float | None = None) -> None:
        self._began = time.monotonic() if now is None else now
        self._seen: set[str] = set()
        self._states: dict[Key, _State] = {}

    def look(self, parts: Parts, now: float, at: datetime) -> None:
        """Takes in what was read at `now` (monotonic) and `at`. What cannot be known just now is not judged."""
        verdicts: dict[Key, bool] = {(REDIS, None, ""): not parts.is_redis_up}
        if parts.is_redis_up:
            for code, names in ((WORKERS, parts.workers), (SWEEPERS, parts.sweepers)):
                if names:
                    self._seen.add(code)
                if code in self._seen or now - self._began >= START_SECONDS:
                    verdicts[code, None, ""] = not names
        waiting = set(parts.waits)
        known = {center for code, center, _ in self._states if code == ROUTING and center is not None}
        verdicts |= {(ROUTING, center, ""): center in waiting for center in known | waiting}
        hosts = {host for code, _, host in self._states if code == DISK} | ({parts.disk} if parts.disk else set())
        verdicts |= {(DISK, None, host): host == parts.disk for host in hosts}
        for key in [key for key in self._states if key not in verdicts]:
            del self._states[key]
        for key, is_bad in verdicts.items():
            state = self._states.get(key)
            if state is None or state.is_bad != is_bad:
                self._states[key] = _State(is_bad, now, at - timedelta(seconds=parts.waits.get(key[1] or 0, 0.0)))

    def troubles(self, center_id: int) -> list[Trouble]:
        """Of a center, oldest first."""
        found = [
            Trouble(code, state.since, {"host": host})
            for (code, center, host), state in self._states.items()
            if state.is_bad and center in (None, center_id)
        ]
        return sorted(found, key=lambda trouble: trouble.since)

    def is_sweeper_here(self) -> bool:
        """Whether a sweeper showed life, which then raises the alarms."""
        state = self._states.get((SWEEPERS, None, ""))
        return state is not None and not state.is_bad

    def to_raise(self, now: float) -> set[Key]:
        """What has been bad long enough for an alarm."""
        if not settings.ALARM_AFTER_SECONDS:
            return set()
        return {
            key
            for key, state in self._states.items()
            if state.is_bad
            and now - state.at >= settings.ALARM_AFTER_SECONDS
            and (key[0] not in (WORKERS, SWEEPERS) or key[0] in self._seen or now - self._began >= ALARM_START_SECONDS)
        }

    def to_clear(self, now: float) -> set[Key]:
        return {key for key, state in self._states.items() if not state.is_bad and now - state.at >= HEALED_SECONDS}

    def has_seen_waiting(self, center_id: int) -> bool:
        return (ROUTING, center_id, "") in self._states

    def is_quiet(self) -> bool:
        """Whether nothing is bad."""
        return not any(state.is_bad for state in self._states.values())


def tell(watch: Watch, now: float) -> None:
    """Raises and clears the alarms of all centers to fit what the watch saw. One query while there is nothing to do.
    Raises DatabaseError."""
    raising, clearing = watch.to_raise(now), watch.to_clear(now)
    if not settings.ALARM_AFTER_SECONDS:
        return
    here = Alarm.objects.filter(key__startswith=ALARM_KEY).exclude(status=Alarm.Status.CLEARED)
    is_open = set(here.values_list("center_id", "key"))
    if not raising and not is_open:
        return
    for center in Center.objects.defer("outline").order_by("pk"):
        for code, host in _of_center(raising, center.pk):
            if (center.pk, _key(code, host)) not in is_open:
                _raise(center, code, host)
        good = {_key(code, host) for code, host in _of_center(clearing, center.pk)}
        if not watch.has_seen_waiting(center.pk):  # raised by a process before this one
            good.add(_key(ROUTING, ""))
        for key in sorted(good):
            if (center.pk, key) in is_open:
                clear_alarms(center, None, key=key)


def _raise(center: Center, code: str, host: str) -> None:
    try:
        raise_alarm(center, None, key=_key(code, host), kind=code, priority=PRIORITIES[code], host=host)
    except IntegrityError:  # another process raised it in the same moment
        return


def _key(code: str, host: str) -> str:
    return f"{ALARM_KEY}{code}{':' if host else ''}{host}"


def _of_center(keys: Iterable[Key], center_id: int) -> set[tuple[str, str]]:
    return {(code, host) for code, center, host in keys if center in (None, center_id)}


def postgres_away(seconds: float) -> Trouble:
    """What a web process says when the feed could not be read for `seconds`."""
    return Trouble("postgres_away", timezone.now() - timedelta(seconds=seconds), {})
