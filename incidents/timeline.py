"""The one way to change a center: `action` opens the transaction, collects what happened, writes it last, and wakes
the feed and the workers after the commit. What is done inside belongs to `actions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, models, transaction

from incidents import hints, logs, metrics
from incidents.models import Center, User

logger = logs.get(__name__)
LOGGED = ("call", "unit", "agency", "assignment", "referral")
"""Of an entry's data: what its line in the log tells too."""
LIST_OF_MODEL = {
    "Call": "calls",
    "Incident": "incidents",
    "Referral": "referrals",
    "Assignment": "assignments",
    "Unit": "units",
    "Alarm": "alarms",
}


class Log:
    """What happens within one action: entries and owed jobs, in order."""

    def __init__(self, center: Center, by: User | None) -> None:
        self.center = center
        self.by = by
        self._entries: list[dict[str, Any]] = []
        self._jobs: list[tuple[int, str]] = []
        self.seq = 0
        """Of the newest entry, once it is written; 0 before."""

    def add(
        self,
        kind: str,
        *,
        touch: list[models.Model],
        incident: int | None = None,
        actor: User | None = None,
        **data: Any,
    ) -> None:
        """One thing that happened. `touch`: rows whose new shape goes to every console. `data`: JSON, no personal data."""
        touched: dict[str, list[int]] = defaultdict(list)
        for row in touch:
            touched[LIST_OF_MODEL[type(row).__name__]].append(row.pk)
        who = actor or self.by
        self._entries.append(
            {"kind": kind, "actor": who.pk if who else None, "incident": incident, "data": data, "touched": touched}
        )

    def owe(self, kind: str, key: str, *, due_at: datetime | None = None, queue: str = "dispatch", **data: Any) -> None:
        """Work owed: a job row in this transaction. A key that is owed already is not owed twice. Whoever does it finds
        there which request asked for it, and of which case."""
        data |= {name: value for name, value in (("request", logs.request_id()), ("case", logs.case())) if value}
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO incidents_job
                       (center_id, key, kind, queue, data, status, due_at, handed_at, attempts, worker, error)
                   VALUES (%s, %s, %s, %s, %s::jsonb, 'due', coalesce(%s, now()), coalesce(%s, now()), 0, '', '')
                   ON CONFLICT (key) DO NOTHING RETURNING id""",
                [self.center.pk, key, kind, queue, orjson.dumps(data).decode(), due_at, due_at],
            )
            made = cursor.fetchone()
        if made is not None and due_at is None:
            self._jobs.append((made[0], queue))

    def flush(self) -> None:
        """The last write of the transaction: takes the feed's row lock, which is held until the commit."""
        center_id, jobs = self.center.pk, self._jobs
        if self._entries:
            with connection.cursor() as cursor:
                cursor.execute("SELECT siaga_append(%s, %s::jsonb)", [center_id, orjson.dumps(self._entries).decode()])
                seq: int = cursor.fetchone()[0]
            self.seq = seq
            transaction.on_commit(lambda: hints.wake_feed(center_id, seq))
            transaction.on_commit(self._tell)
        for job_id, queue in jobs:
            transaction.on_commit(lambda job_id=job_id, queue=queue: hints.hand_job(job_id, queue))  # type: ignore[misc]

    def _tell(self) -> None:
        """A line in the log for each entry, once it is committed."""
        first = self.seq - len(self._entries) + 1
        for seq, entry in enumerate(self._entries, start=first):
            metrics.ENTRIES.labels(entry["kind"]).inc()
            data = entry["data"]
            logger.info(
                "entry",
                seq=seq,
                kind=entry["kind"],
                center=self.center.code,
                incident=entry["incident"],
                user=entry["actor"],
                **{name: data[name] for name in LOGGED if name in data},
            )


_current: ContextVar[Log | None] = ContextVar("siaga_log", default=None)


@contextmanager
def action(center: Center, by: User | None) -> Iterator[Log]:
    """One verb, one transaction. An action within an action joins it. `by` None: the system itself."""
    outer = _current.get()
    if outer is not None:
        if outer.center.pk != center.pk:
            raise ValueError(f"an action of center {outer.center.pk} reached into center {center.pk}")
        yield outer
        return
    log = Log(center, by)
    mark = _current.set(log)
    try:
        with transaction.atomic():
            yield log
            log.flush()
    finally:
        _current.reset(mark)
