"""How well the installation could come back: age of the last good backup and of the last drill that restored one, what the WAL
archive and the standbys say. Reads only; the scripts that do it are in script/ and deploy/."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from incidents.models import RecoveryRecord


@dataclass(frozen=True)
class Last:
    """The newest good record of a kind; `failed`: one that failed came after it."""

    record: RecoveryRecord | None
    bound: timedelta
    failed: RecoveryRecord | None

    @property
    def is_old(self) -> bool:
        return self.record is None or timezone.now() - self.record.at > self.bound


@dataclass(frozen=True)
class Standby:
    name: str
    state: str
    is_synchronous: bool
    lag_seconds: float
    behind_bytes: int


@dataclass(frozen=True)
class Archiving:
    """What PostgreSQL says of its WAL archive."""

    is_on: bool
    last_at: datetime | None
    failed_at: datetime | None

    @property
    def is_failing(self) -> bool:
        return self.failed_at is not None and (self.last_at is None or self.failed_at > self.last_at)


def last(kind: str, bound: timedelta) -> Last:
    rows = RecoveryRecord.objects.filter(kind=kind).order_by("-at")
    good = rows.filter(is_good=True).first()
    failed = rows.filter(is_good=False).first()
    return Last(good, bound, failed if failed and (good is None or failed.at > good.at) else None)


def standbys() -> list[Standby]:
    """Those connected now; a role that may not see them (pg_monitor) sees none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT application_name, coalesce(state, '?'), coalesce(sync_state, '') IN ('sync', 'quorum'),
                      coalesce(extract(epoch FROM replay_lag), 0)::float8,
                      coalesce(pg_current_wal_lsn() - replay_lsn, 0)::bigint
               FROM pg_stat_replication WHERE application_name <> 'pg_basebackup' ORDER BY 1"""
        )
        return [Standby(*row) for row in cursor.fetchall()]


def archiving() -> Archiving:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_setting('archive_mode') <> 'off', last_archived_time, last_failed_time
               FROM pg_stat_archiver"""
        )
        return Archiving(*cursor.fetchone())


def summary() -> dict[str, Any]:
    """For the administrator's page."""
    return {
        "backup": last("backup", timedelta(hours=settings.BACKUP_HOURS)),
        "drill": last("restore_drill", timedelta(days=settings.DRILL_DAYS)),
        "standbys": standbys(),
        "archiving": archiving(),
    }
