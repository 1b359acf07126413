"""Whether a center's timeline is what was written: the chain of its hashes, its head, and what was signed of it.
Reads only; the words name the first bad row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from incidents.checkpoints import BadCheckpoint, checked_lines, holds
from incidents.models import Center, Checkpoint

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

# What was signed, beside what stands there now. What is archived is held by its archive, whose ends are hashes of the chain.
SIGNED = """
    SELECT signed.seq, signed.at, here.hash IS NULL AND signed.seq > newest.seq
    FROM unnest(%(seqs)s::bigint[], %(hashes)s::bytea[], %(ats)s::text[]) AS signed (seq, hash, at)
    CROSS JOIN (SELECT coalesce(max(gone_seq), 0) AS seq FROM incidents_archive
                WHERE center_id = %(center)s AND gone_seq >= first_seq) gone
    CROSS JOIN (SELECT coalesce(max(seq), 0) AS seq FROM incidents_timelineentry WHERE center_id = %(center)s) newest
    LEFT JOIN incidents_timelineentry here ON here.center_id = %(center)s AND here.seq = signed.seq
    LEFT JOIN incidents_archive archive ON archive.center_id = %(center)s AND archive.last_seq = signed.seq
    WHERE coalesce(here.hash, CASE WHEN signed.seq <= gone.seq THEN coalesce(archive.last_hash, signed.hash) END)
          IS DISTINCT FROM signed.hash
    ORDER BY signed.seq LIMIT 1
"""


@dataclass
class Verdict:
    """`wrong`: what was found, the first bad row first; empty when the timeline is whole."""

    wrong: list[str] = field(default_factory=list)
    entries: int = 0
    archived: int = 0
    checkpoints: int = 0


def verify(center: Center, key: Ed25519PublicKey | None, folder: Path) -> Verdict:
    """Without a key, checkpoints are not looked at."""
    verdict = Verdict()
    with connection.cursor() as cursor:
        cursor.execute(CHECK, {"center": center.pk})
        found = cursor.fetchone()
        cursor.execute(NEWEST, {"center": center.pk})
        head = cursor.fetchone()
    if found:
        verdict.wrong.append(f"entry {found[0]}: {found[1]}")
    elif head and (head[0] != head[2] or bytes(head[1]) != bytes(head[3])):
        verdict.wrong.append(
            f"entry {min(head[0], head[2]) + 1}: the newest entries, up to {head[0]}, are missing or changed"
        )
    if head:
        verdict.entries, verdict.archived = max(0, head[0] - head[4]), head[4]
    if key is not None:
        _check_signed(center, key, folder, verdict)
    return verdict


def _check_signed(center: Center, key: Ed25519PublicKey, folder: Path, verdict: Verdict) -> None:
    rows = {row.seq: row for row in Checkpoint.objects.filter(center=center).order_by("seq")}
    signed: dict[int, tuple[bytes, str]] = {}
    for row in rows.values():
        if not holds(row, center.code, key):
            verdict.wrong.append(f"checkpoint of entry {row.seq}: its signature does not hold")
            return
        signed[row.seq] = bytes(row.hash), f"{row.at:%Y-%m-%d %H:%M}"
    try:
        for line in checked_lines(folder, center.code, key):
            if line.seq not in rows:
                verdict.wrong.append(f"checkpoint of entry {line.seq}: it stands in the file and not in the table")
            signed[line.seq] = bytes.fromhex(line.hash), line.at
    except BadCheckpoint as error:
        verdict.wrong.append(str(error))
        return
    verdict.checkpoints = len(signed)
    found = _first_that_differs(center, signed.items())
    if found is not None:
        seq, at, is_cut = found
        what = (
            "the end of the timeline is cut off before it" if is_cut else "it, or one before it, is not what was signed"
        )
        verdict.wrong.insert(
            0 if is_cut and not verdict.wrong else len(verdict.wrong), f"entry {seq}, signed {at}: {what}"
        )


def _first_that_differs(
    center: Center, signed: Iterable[tuple[int, tuple[bytes, str]]]
) -> tuple[int, str, bool] | None:
    ordered = sorted(signed)
    with connection.cursor() as cursor:
        cursor.execute(
            SIGNED,
            {
                "center": center.pk,
                "seqs": [seq for seq, _ in ordered],
                "hashes": [digest for _, (digest, _) in ordered],
                "ats": [at for _, (_, at) in ordered],
            },
        )
        row: tuple[int, str, bool] | None = cursor.fetchone()
    return row
