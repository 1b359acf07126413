"""What is in a cluster afterwards, read from the cluster itself as the checkers of bench/faults want it, and what they find.
test_checks.py breaks a room and sees that each breach is found through this reading. Reads only."""

from __future__ import annotations

from typing import Any, Protocol

from bench.faults.checkers import Final, Row, check
from bench.faults.final import ENTRIES
from bench.faults.history import History
from dispatch.models import Assignment

ROOM = "SELECT center_id, seq, encode(head, 'hex') FROM incidents_feed WHERE seq > 0"
INCIDENTS = "SELECT id, number, status, narrative AS mark FROM incidents_incident WHERE center_id = %s ORDER BY id"
ASSIGNMENTS = """
    SELECT a.id, incident_id AS incident, call_sign AS unit, a.status, a.version,
        extract(epoch FROM dispatched_at)::float8 AS "from",
        extract(epoch FROM coalesce(cleared_at, canceled_at))::float8 AS until
    FROM dispatch_assignment a JOIN dispatch_unit u ON u.id = unit_id WHERE a.center_id = %s ORDER BY a.id
"""
JOBS = """
    SELECT key, kind, status, data -> 'incident' AS incident, error
    FROM incidents_job WHERE kind = 'route_incident' AND center_id = %s
"""
KEYS = """
    SELECT key, status_code, convert_from(response, 'UTF8')::json AS answer
    FROM incidents_idempotencykey k JOIN incidents_user u ON u.id = user_id WHERE u.center_id = %s
"""


class Asked(Protocol):
    def sql(self, words: str) -> list[tuple[Any, ...]]: ...


def breaches(cluster: Asked, history: History) -> dict[str, list[str]]:
    """Of every checker that found one. What it may ask: the one room that worked, its routing done."""
    return {name: found for name, found in check(history, found_in(cluster)).items() if found}


def found_in(cluster: Asked) -> Final:
    """Without consoles: nobody watches here. Other work than routing may still be owed."""
    [(center, seq, head)] = cluster.sql(ROOM)

    def rows(words: str) -> list[Row]:
        asked = words.replace("%s", str(center))
        return [row for (row,) in cluster.sql(f"SELECT row_to_json(t) FROM ({asked}) t")]

    return Final(
        incidents=rows(INCIDENTS),
        assignments=rows(ASSIGNMENTS),
        entries=rows(ENTRIES),
        feed_seq=seq,
        feed_head=head,
        jobs=rows(JOBS),
        keys=rows(KEYS),
        board_seq=0,
        board={},
        graph={str(old): [str(new) for new in news] for old, news in Assignment.GRAPH.items()},
    )
