"""What must be true of a cluster afterwards, asked of the cluster itself: nothing acknowledged is lost, each key had one effect,
no unit is sent twice, seq has no hole. Each is tested on a broken history in test_checks.py. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from tests.recovery.load import Told


class Asked(Protocol):
    def sql(self, words: str) -> list[tuple[Any, ...]]: ...


def lost(cluster: Asked, told: Iterable[Told]) -> set[int]:
    """Incidents somebody was told of that are not there."""
    there = {row[0] for row in cluster.sql("SELECT id FROM incidents_incident")}
    return {one.incident for one in told} - there


def doubled(cluster: Asked) -> dict[str, int]:
    """Keys that had more than one effect: the narrative of each incident is its key."""
    rows = cluster.sql("SELECT narrative FROM incidents_incident WHERE narrative LIKE 'client-%'")
    return {key: count for key, count in Counter(row[0] for row in rows).items() if count > 1}


def twice_assigned(cluster: Asked) -> list[tuple[Any, ...]]:
    """Units with two open assignments."""
    return cluster.sql(
        """SELECT unit_id, count(*) FROM dispatch_assignment WHERE status NOT IN ('cleared', 'canceled')
           GROUP BY 1 HAVING count(*) > 1"""
    )


def holes(cluster: Asked) -> list[tuple[Any, ...]]:
    """(center, entries, first, last, head) of centers whose timeline is not one stretch up to the head of its feed."""
    return cluster.sql(
        """SELECT * FROM (SELECT e.center_id, count(*) AS n, min(e.seq) AS first, max(e.seq) AS last, max(f.seq) AS head
                          FROM incidents_timelineentry e JOIN incidents_feed f USING (center_id) GROUP BY 1) t
           WHERE n <> last - first + 1 OR last <> head"""
    )


def routed_otherwise_than_once(cluster: Asked) -> list[tuple[Any, ...]]:
    """(incident, how often) of those whose routing was told more than once, or is owed no more and was never told."""
    return cluster.sql(
        """SELECT i.id, count(e.seq) FROM incidents_incident i
           LEFT JOIN incidents_timelineentry e
               ON e.incident_id = i.id AND e.kind IN ('incident_routed', 'incident_routed_to_nobody')
           LEFT JOIN incidents_job j ON j.key = 'route:incident:' || i.id
           GROUP BY i.id, j.status HAVING count(e.seq) > 1 OR (count(e.seq) = 0 AND coalesce(j.status, 'done') = 'done')"""
    )
