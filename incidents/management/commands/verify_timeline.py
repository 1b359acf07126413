"""`manage.py verify_timeline`: recomputes each center's hash chain and names the first bad row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from incidents.models import Center

CHECK = """
    WITH start AS (
        SELECT coalesce(max(gone_seq), 0) AS seq,
               coalesce((array_agg(gone_hash ORDER BY gone_seq DESC))[1], ''::bytea) AS hash
        FROM incidents_archive WHERE center_id = %(center)s AND gone_seq >= first_seq),
    chain AS (
        SELECT entry.seq, entry.hash, at, kind, actor_id, incident_id, data, touched,
               lag(entry.seq, 1, start.seq) OVER (ORDER BY entry.seq) AS prior_seq,
               lag(entry.hash, 1, start.hash) OVER (ORDER BY entry.seq) AS prior
        FROM incidents_timelineentry entry, start WHERE center_id = %(center)s)
    SELECT seq, CASE WHEN seq <> prior_seq + 1 THEN 'entries before it are missing' ELSE 'its content or its order was changed' END
    FROM chain
    WHERE seq <> prior_seq + 1
       OR hash <> siaga_hash(prior, %(center)s, seq, at, kind, actor_id, incident_id, data, touched)
    ORDER BY seq LIMIT 1
"""

# The feed's head, and what it must be: the newest entry, or where all are archived the newest that was taken out.
NEWEST = """
    SELECT feed.seq, feed.head, newest.seq, newest.hash, gone.seq FROM incidents_feed feed
    CROSS JOIN LATERAL (SELECT coalesce(max(gone_seq), 0) AS seq FROM incidents_archive
                        WHERE center_id = feed.center_id AND gone_seq >= first_seq) gone
    CROSS JOIN LATERAL (
        SELECT seq, hash FROM (
            (SELECT seq, hash FROM incidents_timelineentry WHERE center_id = feed.center_id ORDER BY seq DESC LIMIT 1)
            UNION ALL (SELECT gone_seq, gone_hash FROM incidents_archive WHERE center_id = feed.center_id
                       AND gone_seq >= first_seq ORDER BY gone_seq DESC LIMIT 1)
            UNION ALL SELECT 0, ''::bytea) each_end ORDER BY seq DESC LIMIT 1) newest
    WHERE feed.center_id = %(center)s
"""


class Command(BaseCommand):
    help = "Checks that no timeline entry was changed, removed, inserted or reordered."

    def handle(self, *args: Any, **options: Any) -> None:
        bad = []
        for center in Center.objects.order_by("code"):
            with connection.cursor() as cursor:
                cursor.execute(CHECK, {"center": center.pk})
                found = cursor.fetchone()
                cursor.execute(NEWEST, {"center": center.pk})
                head = cursor.fetchone()
            if found:
                bad.append(f"{center.code}: entry {found[0]}: {found[1]}")
            elif head and (head[0] != head[2] or bytes(head[1]) != bytes(head[3])):
                bad.append(f"{center.code}: the newest entries, up to {head[0]}, are missing or changed")
            else:
                archived = f"; up to {head[4]} archived" if head and head[4] else ""
                self.stdout.write(f"{center.code}: {head[0] - head[4] if head else 0} entries, whole{archived}")
        if bad:
            raise CommandError("\n".join(bad))
