"""`manage.py verify_timeline`: recomputes each center's hash chain and names the first bad row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from incidents.models import Center

CHECK = """
    WITH chain AS (
        SELECT seq, hash, at, kind, actor_id, incident_id, data, touched,
               lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS prior_seq, lag(hash, 1, ''::bytea) OVER (ORDER BY seq) AS prior
        FROM incidents_timelineentry WHERE center_id = %(center)s)
    SELECT seq, CASE WHEN seq <> prior_seq + 1 THEN 'entries before it are missing' ELSE 'its content or its order was changed' END
    FROM chain
    WHERE seq <> prior_seq + 1
       OR hash <> siaga_hash(prior, %(center)s, seq, at, kind, actor_id, incident_id, data, touched)
    ORDER BY seq LIMIT 1
"""


class Command(BaseCommand):
    help = "Checks that no timeline entry was changed, removed, inserted or reordered."

    def handle(self, *args: Any, **options: Any) -> None:
        bad = []
        for center in Center.objects.order_by("code"):
            with connection.cursor() as cursor:
                cursor.execute(CHECK, {"center": center.pk})
                found = cursor.fetchone()
                cursor.execute(
                    """SELECT f.seq, f.head, e.seq, e.hash FROM incidents_feed f LEFT JOIN LATERAL (
                           SELECT seq, hash FROM incidents_timelineentry WHERE center_id = f.center_id
                           ORDER BY seq DESC LIMIT 1) e ON true WHERE f.center_id = %s""",
                    [center.pk],
                )
                head = cursor.fetchone()
            if found:
                bad.append(f"{center.code}: entry {found[0]}: {found[1]}")
            elif head and head[0] and (head[0] != head[2] or bytes(head[1]) != bytes(head[3] or b"")):
                bad.append(f"{center.code}: the newest entries, up to {head[0]}, are missing or changed")
            else:
                self.stdout.write(f"{center.code}: {head[0] if head else 0} entries, whole")
        if bad:
            raise CommandError("\n".join(bad))
