"""Reads everything that is there at the end, as `checkers.Final`: one read of one center, straight from the tables.
Judges nothing."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench.faults.checkers import Final, Row, Seen
from commandcenter.board import BOARD_LISTS, read_board
from dispatch.models import Assignment
from incidents.models import Feed, IdempotencyKey, Incident, Job
from tests.live.console import rows_of, without_places

ENTRIES = """
    SELECT seq, extract(epoch FROM at)::float8 AS at, kind, incident_id AS incident, data, encode(hash, 'hex') AS hash,
        jsonb_build_array(center_id, seq, extract(epoch FROM at), kind, actor_id, incident_id, data, touched)::text AS text
    FROM incidents_timelineentry WHERE center_id = %s ORDER BY seq
"""


def read_final(center_id: int, consoles: list[Seen] | None = None) -> Final:
    """Of a room that is at rest."""
    feed = Feed.objects.filter(center=center_id).first()
    with transaction.atomic():
        board = read_board(center_id)
    return Final(
        incidents=[
            {"id": pk, "number": number, "status": status, "mark": narrative}
            for pk, number, status, narrative in Incident.objects.filter(center=center_id)
            .order_by("pk")
            .values_list("pk", "number", "status", "narrative")
        ],
        assignments=[_assignment(one) for one in Assignment.objects.filter(center=center_id).select_related("unit")],
        entries=_entries(center_id),
        feed_seq=feed.seq if feed else 0,
        feed_head=bytes(feed.head).hex() if feed else "",
        jobs=[
            {
                "key": job.key,
                "kind": job.kind,
                "status": job.status,
                "incident": job.data.get("incident"),
                "error": job.error,
            }
            for job in Job.objects.filter(center=center_id).exclude(status="due", due_at__gt=timezone.now())
        ],
        keys=[
            {
                "key": row.key,
                "status_code": row.status_code,
                "answer": json.loads(bytes(row.response)) if row.response is not None else None,
            }
            for row in IdempotencyKey.objects.filter(user__center=center_id)
        ],
        board_seq=board["seq"],
        board=without_places(plain(rows_of(board))),
        graph={str(old): [str(new) for new in news] for old, news in Assignment.GRAPH.items()},
        consoles=consoles or [],
    )


def plain(rows: Any) -> Any:
    """Rows as they look after a journey through JSON, ids as numbers again."""
    return {
        name: {int(pk): row for pk, row in json.loads(json.dumps(of_list, default=str)).items()}
        for name, of_list in rows.items()
        if name in BOARD_LISTS
    }


def _assignment(one: Assignment) -> Row:
    until = one.cleared_at or one.canceled_at
    return {
        "id": one.pk,
        "incident": one.incident_id,
        "unit": one.unit.call_sign,
        "status": one.status,
        "version": one.version,
        "from": one.dispatched_at.timestamp(),
        "until": until.timestamp() if until else None,
    }


def _entries(center_id: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [center_id])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["data"] = json.loads(row["data"])
    return rows
