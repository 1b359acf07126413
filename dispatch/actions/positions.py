"""Taking positions from trackers: the newest per unit, and every one into the history. Not timeline, no action.
What is said to be taken is committed; Redis is told afterwards and may miss it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from dispatch import newest
from dispatch.fleet import AGAIN_SECONDS, Fleet, fleet_of
from dispatch.models import PositionCount
from dispatch.tracks import OUT_OF_ORDER, TAKEN, WORDS, Doubt, Fix, Point, judge
from incidents import metrics
from incidents.disk import is_disk_low

COUNTS_SECONDS = 1.0
"""How often this process writes how many points were taken; refusals are written at once."""
Known = tuple[Point | None, Doubt | None]
Row = tuple[int, Fix]

# One statement, one commit, whatever the number of points. In unit order, so that two batches never lock crosswise.
WRITE = """
WITH newest AS (
    INSERT INTO dispatch_unitposition AS known (unit_id, at, lon, lat, speed_kmh, heading, received_at)
    SELECT unit_id, to_timestamp(at), lon, lat, speed_kmh, heading, %s::timestamptz
    FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
        AS fix(unit_id, at, lon, lat, speed_kmh, heading)
    ON CONFLICT (unit_id) DO UPDATE SET at = EXCLUDED.at, lon = EXCLUDED.lon, lat = EXCLUDED.lat,
        speed_kmh = EXCLUDED.speed_kmh, heading = EXCLUDED.heading, received_at = EXCLUDED.received_at
    WHERE known.at < EXCLUDED.at
), counted AS (
    INSERT INTO dispatch_positioncount AS known (center_id, day, reason, count)
    SELECT %s, %s::date, reason, count FROM unnest(%s::text[], %s::bigint[]) AS fresh(reason, count) ORDER BY reason
    ON CONFLICT (center_id, day, reason) DO UPDATE SET count = known.count + EXCLUDED.count
)
INSERT INTO dispatch_position_history (unit_id, at, lon, lat, speed_kmh, heading)
SELECT unit_id, to_timestamp(at), lon, lat, speed_kmh, heading
FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
    AS fix(unit_id, at, lon, lat, speed_kmh, heading)
"""


@dataclass(frozen=True)
class RefusedFix:
    """`index` in the batch, a reason of PositionCount and the words for it."""

    index: int
    unit: str
    code: str
    message: str


def take_positions(center_id: int, fixes: Sequence[Fix], invalid: int = 0) -> list[RefusedFix]:
    """Each refusal by name; the others are taken: committed when this returns. A point older than the newest goes to the
    history alone, one sent twice has no further effect. `invalid`: points that could not even be read, to be counted.
    Raises DatabaseError with nothing taken."""
    now = time.time()
    known: dict[int, Known] = {}
    refused: list[RefusedFix] = []
    history: list[Row] = []
    latest: dict[int, Fix] = {}
    tally: Counter[str] = Counter(invalid=invalid) if invalid else Counter()
    fleet = _fleet_for(center_id, fixes)
    names, region = fleet.by_name, fleet.region
    for index, fix in enumerate(fixes):
        unit = names.get(fix.unit)
        if unit is None:
            reason = "unknown_unit"
        else:
            before, doubt = known.get(unit.unit_id) or (unit.newest, unit.doubt)
            reason, doubt = judge(
                fix, now=now, region=region, top_speed_kmh=unit.top_speed_kmh, newest=before, doubt=doubt
            )
            if reason == TAKEN:
                before = Point(fix.at, fix.lat, fix.lon)
                latest[unit.unit_id] = fix
                history.append((unit.unit_id, fix))
            elif reason == OUT_OF_ORDER:
                history.append((unit.unit_id, fix))
            known[unit.unit_id] = (before, doubt)
        tally[reason] += 1
        if reason in WORDS:
            words = WORDS[reason]
            refused.append(RefusedFix(index, fix.unit, reason, f"{words['id']} / {words['en']}"))
    if tally:
        _write(center_id, now, sorted(latest.items()), history, tally)
        _remember(fleet, known)
        for reason, count in tally.items():
            metrics.POSITIONS.labels(reason).inc(count)
    if latest:
        newest.share(center_id, [newest.record_of(unit_id, fix) for unit_id, fix in latest.items()])
    return refused


def _fleet_for(center_id: int, fixes: Sequence[Fix]) -> Fleet:
    """The fleet, read anew when it lacks one of the names."""
    fleet = fleet_of(center_id)
    if any(fix.unit not in fleet.by_name for fix in fixes):
        fleet = fleet_of(center_id, AGAIN_SECONDS)
    return fleet


def _remember(fleet: Fleet, known: dict[int, Known]) -> None:
    """Only after the commit: a batch that failed and comes again must not look sent twice."""
    for unit_id, (point, doubt) in known.items():
        unit = fleet.by_id[unit_id]
        unit.doubt = doubt
        if point is not None and (unit.newest is None or point.at > unit.newest.at):
            unit.newest = point


def _columns(rows: Sequence[Row]) -> list[str]:
    """unit ids, times, longitudes, latitudes, speeds and headings as array literals: a quarter of the cost of lists."""

    def literal(values: list[float | None]) -> str:
        return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"

    return [
        "{" + ",".join([str(unit_id) for unit_id, _ in rows]) + "}",
        "{" + ",".join([repr(fix.at) for _, fix in rows]) + "}",
        "{" + ",".join([repr(fix.lon) for _, fix in rows]) + "}",
        "{" + ",".join([repr(fix.lat) for _, fix in rows]) + "}",
        literal([fix.speed_kmh for _, fix in rows]),
        literal([fix.heading for _, fix in rows]),
    ]


class _Tally:
    """What this process has counted and not written yet, by center."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, Counter[str]] = {}
        self._written_at: dict[int, float] = {}

    def due(self, center_id: int, fresh: Counter[str]) -> Counter[str]:
        """What is to be written with this batch: everything when it holds a refusal or a second has passed. All batches of
        a center would else wait for one another at the row of `taken`."""
        with self._lock:
            counts = self._counts.pop(center_id, Counter()) + fresh
            is_dull = fresh.keys() <= {TAKEN}
            if is_dull and time.monotonic() - self._written_at.get(center_id, -COUNTS_SECONDS) < COUNTS_SECONDS:
                self._counts[center_id] = counts
                return Counter()
            self._written_at[center_id] = time.monotonic()
            return counts

    def back(self, center_id: int, counts: Counter[str]) -> None:
        """They could not be written."""
        with self._lock:
            self._counts[center_id] = self._counts.get(center_id, Counter()) + counts

    def unwritten(self, center_id: int) -> Counter[str]:
        with self._lock:
            return Counter(self._counts.get(center_id, {}))


_tally = _Tally()


def counts_of(center_id: int, first_day: date) -> list[dict[str, Any]]:
    """What came of the points of each day since `first_day`, newest day first: {"day", "reason", "count"}. What other
    processes took within the last second may be missing."""
    counts = {
        (row["day"], row["reason"]): row["count"]
        for row in PositionCount.objects.filter(center=center_id, day__gte=first_day).values("day", "reason", "count")
    }
    for reason, count in _tally.unwritten(center_id).items():
        key = (datetime.now(UTC).date(), reason)
        counts[key] = counts.get(key, 0) + count
    return [
        {"day": day, "reason": reason, "count": count}
        for (day, reason), count in sorted(counts.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1]))
    ]


def _write(center_id: int, now: float, latest: Sequence[Row], history: Sequence[Row], fresh: Counter[str]) -> None:
    if is_disk_low():
        history = []  # where units are is told all the same; the supervisor is told that their past is not kept
    counts = _tally.due(center_id, fresh)
    received_at = datetime.fromtimestamp(now, UTC)
    if not history and not latest and not counts:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                WRITE,
                [
                    received_at,
                    *_columns(latest),
                    center_id,
                    received_at.date(),
                    list(counts),
                    list(counts.values()),
                    *_columns(history),
                ],
            )
    except BaseException:
        counts.subtract(fresh)
        _tally.back(center_id, +counts)
        raise
