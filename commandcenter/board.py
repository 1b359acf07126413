"""The board: all open rows of a center with the seq they are true at, and the rows a frame touched.
Reads only; the shapes are in the `rows.py` of each app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

import dispatch.rows
import incidents.rows
from incidents.models import Center, Feed, TimelineEntry
from incidents.models.people import name_of
from incidents.prepared import CENTER, SEQ, Prepared
from incidents.rows import Lister, Row, iso, lat_lon
from incidents.words import words_of

LISTS: dict[str, Lister] = {**incidents.rows.LISTS, **dispatch.rows.LISTS}
BEHIND_MAX = 1000
"""A console further behind than this loads the board anew."""
BOARD_LISTS = ("calls", "incidents", "referrals", "assignments", "units", "alarms")


def head_seq(center_id: int) -> int:
    """Seq of the newest entry; 0 in a new center."""
    return Feed.objects.filter(center=center_id).values_list("seq", flat=True).first() or 0


def read_board(center_id: int) -> dict[str, Any]:
    """seq, server_time, center and the six lists, all read from one snapshot of the database."""
    with transaction.atomic():
        if not connection.in_atomic_block or len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        center = Center.objects.defer("outline").get(pk=center_id)
        return {
            "seq": head_seq(center_id),
            "server_time": iso(timezone.now()),
            "center": {
                "code": center.code,
                "name": center.name,
                "timezone": center.timezone,
                "location": lat_lon(center.location),
            },
            **{name: LISTS[name](center_id, None) for name in BOARD_LISTS},
        }


def read_rows(center_id: int, touched: Mapping[str, Iterable[int]]) -> dict[str, list[Row]]:
    """The rows named by `touched` (list name → ids) as they are now; every list is there, empty where none."""
    return {
        name: LISTS[name](center_id, sorted(set(touched[name]))) if touched.get(name) else [] for name in BOARD_LISTS
    }


def entries_since(center_id: int, seq: int) -> list[Row]:
    """What `entry_rows` takes: the entries after `seq` in order, with `touched`; at most one more than BEHIND_MAX."""
    return _ENTRIES.rows(center_id, seq)


def entry_values(query: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry, Any]:
    """What `entry_rows` takes, of a query of entries."""
    return query.values(
        "seq",
        "at",
        "kind",
        "incident_id",
        "data",
        "touched",
        username=F("actor__username"),
        first_name=F("actor__first_name"),
        last_name=F("actor__last_name"),
    )


_ENTRIES = Prepared(
    lambda center_id, seq: entry_values(
        TimelineEntry.objects.filter(center=center_id, seq__gt=seq).order_by("seq")[: BEHIND_MAX + 1]
    ),
    CENTER,
    SEQ,
)


def entry_rows(entries: Iterable[Row]) -> list[Row]:
    """Timeline entries as the outside sees them."""
    return [
        {
            "seq": entry["seq"],
            "at": iso(entry["at"]),
            "kind": entry["kind"],
            "actor": entry["username"],
            "actor_name": name_of(entry["username"], entry["first_name"], entry["last_name"])
            if entry["username"]
            else None,
            "incident": entry["incident_id"],
            "data": entry["data"],
            "words": words_of(entry["kind"], entry["data"]),
        }
        for entry in entries
    ]
