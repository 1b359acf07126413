"""Somebody with all rights on the database changes the past: the verifier names the first bad row, and what only a signature can
show (a tail cut off, a timeline written anew) it finds by the checkpoints. The number of tries is printed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.checkpoints import make_key, read_key, sign
from incidents.models import Feed, TimelineEntry
from incidents.verify import verify
from tests.cast import Cast

ENTRIES = 14
SIGNED_AT = (6, 12)
TRIES, TRIES_LONG = 60, 600

EDITS = {
    "kind": "kind = kind || %(byte)s",
    "data": "data = data || jsonb_build_object('x', %(byte)s::text)",
    "touched": "touched = jsonb_build_object('x', %(byte)s::text)",
    "at": "at = at + interval '1 microsecond' * (1 + %(number)s)",
    "actor": "actor_id = CASE WHEN actor_id = %(other)s THEN NULL ELSE %(other)s END",
    "incident": "incident_id = NULLIF(incident_id, incident_id)",
    "hash": "hash = set_byte(hash, %(number)s %% 32, (get_byte(hash, %(number)s %% 32) + 1) %% 256)",
}
REHASH = """
    WITH RECURSIVE anew AS (
        SELECT seq, hash FROM incidents_timelineentry WHERE center_id = %(center)s AND seq = %(seq)s - 1
        UNION ALL
        SELECT e.seq, siaga_hash(anew.hash, e.center_id, e.seq, e.at, e.kind, e.actor_id, e.incident_id, e.data, e.touched)
        FROM anew JOIN incidents_timelineentry e ON e.center_id = %(center)s AND e.seq = anew.seq + 1)
    UPDATE incidents_timelineentry e SET hash = anew.hash FROM anew
    WHERE e.center_id = %(center)s AND e.seq = anew.seq AND e.seq >= %(seq)s
"""
HEAD = """UPDATE incidents_feed SET (seq, head) = (SELECT seq, hash FROM incidents_timelineentry
    WHERE center_id = %(center)s ORDER BY seq DESC LIMIT 1) WHERE center_id = %(center)s"""


@pytest.fixture
def signed(city: Cast, tmp_path: Path, settings: Any) -> Cast:
    """A timeline of ENTRIES, signed twice, its triggers off as only the owner of the tables can switch them."""
    settings.CHECKPOINT_KEY, settings.CHECKPOINT_FOLDER = tmp_path / "key", tmp_path / "medium"
    make_key(settings.CHECKPOINT_KEY)
    incident = city.open()
    for number in range(2, ENTRIES + 1):
        city.ok("POST", f"incidents/{incident['id']}/notes", {"text": str(number)})
        if number in SIGNED_AT:
            sign(city.center, read_key(settings.CHECKPOINT_KEY), settings.CHECKPOINT_FOLDER)
    assert Feed.objects.get(center=city.center).seq == ENTRIES
    call_command("verify_timeline", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("timelineentry", "checkpoint"):
            cursor.execute(f"ALTER TABLE incidents_{table} DISABLE TRIGGER USER")
    return city


def _run(sql: str, **given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)


def _edit(city: Cast, seq: int, column: str, number: int) -> None:
    given = {"byte": chr(33 + number % 90), "number": number, "other": city.users["ada"].pk}
    _run(
        f"UPDATE incidents_timelineentry SET {EDITS[column]} WHERE center_id = %(center)s AND seq = %(seq)s",
        center=city.center.pk, seq=seq, **given,
    )  # fmt: skip


def _swap(city: Cast, one: int, other: int) -> None:
    rows = "center_id = %(center)s AND seq"
    for old, new in ((one, -1), (other, one), (-1, other)):
        _run(f"UPDATE incidents_timelineentry SET seq = %(new)s WHERE {rows} = %(old)s",
             center=city.center.pk, old=old, new=new)  # fmt: skip


def _delete(city: Cast, first: int, last: int) -> None:
    _run("DELETE FROM incidents_timelineentry WHERE center_id = %(center)s AND seq BETWEEN %(first)s AND %(last)s",
         center=city.center.pk, first=first, last=last)  # fmt: skip


def _insert(city: Cast, seq: int) -> None:
    """In the middle: what follows moves up by one."""
    for at in range(ENTRIES, seq - 1, -1):
        _run("UPDATE incidents_timelineentry SET seq = seq + 1 WHERE center_id = %(center)s AND seq = %(at)s",
             center=city.center.pk, at=at)  # fmt: skip
    _run("""INSERT INTO incidents_timelineentry (center_id, seq, at, kind, actor_id, incident_id, data, touched, hash)
            SELECT center_id, %(seq)s, at, kind, actor_id, incident_id, data, touched, hash FROM incidents_timelineentry
            WHERE center_id = %(center)s AND seq = 1 LIMIT 1""" if seq > 1 else """INSERT INTO incidents_timelineentry
            (center_id, seq, at, kind, actor_id, incident_id, data, touched, hash) SELECT center_id, 1, at, kind, actor_id, incident_id,
            data, touched, hash FROM incidents_timelineentry WHERE center_id = %(center)s AND seq = 2""",
         center=city.center.pk, seq=seq)  # fmt: skip


def _rehash(city: Cast, seq: int) -> None:
    _run(REHASH, center=city.center.pk, seq=seq)
    _run(HEAD, center=city.center.pk)


def _first_named(city: Cast) -> str:
    try:
        call_command("verify_timeline", stdout=StringIO())
    except CommandError as error:
        return str(error).splitlines()[0].removeprefix("kota: ")
    return "whole"


def _try(city: Cast, what: str, seq: int, more: int, column: str) -> tuple[str, str]:
    """Does it; returns (how the first bad row must be named, how it was)."""
    other = seq % ENTRIES + 1
    if what == "edit":
        if column == "incident" or (column == "hash" and seq == ENTRIES):
            pass  # the note's incident goes; the last hash is the head's too
        _edit(city, seq, column, more)
        wanted = f"entry {seq}:"
    elif what == "swap":
        _swap(city, seq, other)
        wanted = f"entry {min(seq, other)}:"
    elif what == "delete":
        _delete(city, seq, seq)
        wanted = f"entry {seq + 1 if seq < ENTRIES else seq}:"
    elif what == "insert":
        _insert(city, seq)
        # The copy of the first entry in its own place changes nothing: the second of the two is the bad one.
        wanted = f"entry {seq if seq > 1 else 2}:"
    elif what == "cut":
        _delete(city, seq, ENTRIES)
        wanted = f"entry {seq}:"
    elif what == "cut and head":
        cut = min(seq, SIGNED_AT[-1]) if seq > 1 else 2
        _delete(city, cut, ENTRIES)
        _run(HEAD, center=city.center.pk)
        wanted = f"entry {next(at for at in SIGNED_AT if at >= cut)}, signed"
    else:
        anew = max(2, min(seq, SIGNED_AT[-1]))
        _edit(city, anew, "data", more)
        _rehash(city, anew)
        wanted = f"entry {next(at for at in SIGNED_AT if at >= anew)}, signed"
    return wanted, _first_named(city)


WHATS = ("edit", "swap", "delete", "insert", "cut", "cut and head", "rewrite")


def _tries(count: int) -> Callable[[Any], Any]:
    return lambda test: settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(
        given(
            what=st.sampled_from(WHATS),
            seq=st.integers(1, ENTRIES),
            more=st.integers(0, 255),
            column=st.sampled_from(sorted(EDITS)),
        )(test)
    )


def _tamper(city: Cast, count: int) -> Counter[str]:
    done: Counter[str] = Counter()

    @_tries(count)
    def once(what: str, seq: int, more: int, column: str) -> None:
        with transaction.atomic():
            wanted, named = _try(city, what, seq, more, column)
            transaction.set_rollback(True)
        assert named.startswith(wanted), (what, seq, column, named)
        done[what] += 1

    once()
    return done


def test_it_names_the_first_bad_row_whatever_a_superuser_does(signed: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    done = _tamper(signed, TRIES)
    with capsys.disabled():
        print(f"\ntampered {sum(done.values())} times, all found: {dict(done)}")
    assert sum(done.values()) >= TRIES // 2


@pytest.mark.long
def test_it_names_it_hundreds_of_times(signed: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    done = _tamper(signed, int(os.environ.get("SIAGA_TAMPER_TRIES", TRIES_LONG)))
    with capsys.disabled():
        print(f"\ntampered {sum(done.values())} times, all found: {dict(done)}")


def test_it_finds_a_checkpoint_taken_away_or_forged(signed: Cast, settings: Any) -> None:
    with transaction.atomic():
        _run("DELETE FROM incidents_checkpoint WHERE seq = 12")
        assert _first_named(signed).startswith("checkpoint of entry 12")
        transaction.set_rollback(True)
    with transaction.atomic():
        _run("UPDATE incidents_checkpoint SET hash = set_byte(hash, 0, (get_byte(hash, 0) + 1) %% 256) WHERE seq = 6")
        assert _first_named(signed) == "checkpoint of entry 6: its signature does not hold"
        transaction.set_rollback(True)
    file = settings.CHECKPOINT_FOLDER / "kota.jsonl"
    lines = file.read_text()
    file.write_text(lines.replace('"seq":12', '"seq":13'))
    assert "line 2: its signature does not hold" in _first_named(signed)
    file.write_text(lines + '{"center": "ko')  # torn by a crash
    assert _first_named(signed) == "whole"


def test_it_checks_with_the_public_key_alone(signed: Cast, settings: Any, tmp_path: Path) -> None:
    public = StringIO()
    call_command("checkpoint_key", stdout=public)
    settings.CHECKPOINT_KEY = tmp_path / "elsewhere"
    assert "no key to check" in _first_named(signed)
    said = StringIO()
    call_command("verify_timeline", "--public-key", public.getvalue().splitlines()[-1], stdout=said)
    assert f"{ENTRIES} entries, whole; 2 checkpoints hold" in said.getvalue()
    make_key(settings.CHECKPOINT_KEY)
    assert "its signature does not hold" in _first_named(signed)


def test_it_signs_by_the_clock_once_and_prints_it_for_the_shift_report(
    city: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.CHECKPOINT_KEY, settings.CHECKPOINT_FOLDER = tmp_path / "key", tmp_path / "medium"
    with pytest.raises(CommandError, match="--make"):
        call_command("checkpoint_key", stdout=StringIO())
    call_command("checkpoint_key", "--make", stdout=StringIO())
    assert settings.CHECKPOINT_KEY.stat().st_mode & 0o077 == 0
    city.open()
    said = StringIO()
    call_command("checkpoint", stdout=said)
    assert "kota: entry 1, " in said.getvalue() and "signed" in said.getvalue()
    call_command("checkpoint", stdout=StringIO())
    verdict = verify(city.center, read_key(settings.CHECKPOINT_KEY).public_key(), settings.CHECKPOINT_FOLDER)
    assert (verdict.wrong, verdict.checkpoints, TimelineEntry.objects.count()) == ([], 1, 1)
