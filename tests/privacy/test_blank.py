"""Personal data goes after a set time, and at a person's wish; counts, the timeline's chain and the archives' hashes stay."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.utils import timezone

from commandcenter.history.sealed import read_personal
from incidents.models import (
    Access,
    Archive,
    Blanked,
    Call,
    ClosedWords,
    IdempotencyKey,
    Incident,
    IncidentType,
    Note,
    TimelineEntry,
    User,
)
from tests.cast import MIDDLE, Cast
from tests.history.test_make_history import make_history

NUMBER = "0800-0000-0001"
HEALTH, NOTE = "pasien sesak napas", "diberi obat"


def run(command: str, *words: str) -> str:
    said = StringIO()
    call_command(command, *words, stdout=said)
    return said.getvalue()


@pytest.fixture
def closed(city: Cast) -> Cast:
    """A medical and another case of one caller, both closed; a second caller for the other one; and who looked."""
    IncidentType.objects.create(
        center=city.center, code="asthma", name_id="asma", name_en="asthma", category="medical", default_priority=2
    )
    for kind, ring in (("asthma", "ring-1"), ("burglary", "ring-2")):
        call = city.ring(ring)
        city.ok("POST", f"calls/{call['id']}/answer")
        body = {"type": kind, "location": MIDDLE, "narrative": f"{HEALTH}, hubungi 0800 0000 0001", "call": call["id"]}
        opened = city.call("POST", "incidents", body | {"address": "Jl. Contoh 5"}, key=ring)[1]
        city.ok("POST", f"incidents/{opened['id']}/notes", {"text": NOTE})
        city.ok("POST", f"calls/{call['id']}/end")
        city.ok("POST", f"calls/{call['id']}/reveal", {"reason": "menanyakan alamat"}, who="sam")
        if kind == "burglary":
            other = city.ring("ring-3")
            Call.objects.filter(pk=other["id"]).update(caller_number="0800-0000-0099")
            city.ok("POST", f"calls/{other['id']}/answer")
            city.ok("POST", f"calls/{other['id']}/end")
            city.ok("POST", f"calls/{other['id']}/outcome", {"outcome": "attached", "incident": opened["id"]})
        city.ok("POST", f"incidents/{opened['id']}/close", {"disposition": "handled"})
    return city


def _of(kind: str) -> Incident:
    return Incident.objects.get(type__code=kind)


def _age(days: int) -> None:
    """Moves what happened back in time, and with it how far was blanked already."""
    Blanked.objects.all().delete()
    Incident.objects.update(closed_at=timezone.now() - timedelta(days=days))
    Call.objects.update(rang_at=timezone.now() - timedelta(days=days))


def test_it_blanks_each_kind_after_its_own_time_and_keeps_what_is_counted(closed: Cast, settings: Any) -> None:
    settings.NUMBER_DAYS, settings.MEDICAL_DAYS, settings.NARRATIVE_DAYS = 100, 100, 300
    Note.objects.filter(incident=_of("burglary")).update(is_medical=True)
    Note.objects.create(incident=_of("burglary"), at=timezone.now(), text="pintu rusak")
    _age(99)
    assert "incidents: 0 blanked" in run("retain")
    _age(101)
    counts = (Call.objects.count(), Incident.objects.count(), Note.objects.count())
    clocks = list(Incident.objects.order_by("pk").values_list("opened_at", "closed_at", "zone", "disposition"))
    said = run("retain")
    assert "numbers: 3 blanked" in said and "incidents: 1 blanked" in said and "notes: 2 blanked" in said
    assert not Call.objects.exclude(caller_number=None).exists()
    assert (_of("asthma").narrative, _of("asthma").address) == ("", "")
    assert HEALTH in _of("burglary").narrative
    assert list(Note.objects.exclude(text="").values_list("text", flat=True)) == ["pintu rusak"]
    assert not ClosedWords.objects.filter(words__contains="SESAK", incident=_of("asthma")).exists()
    assert (Call.objects.count(), Incident.objects.count(), Note.objects.count()) == counts
    assert list(Incident.objects.order_by("pk").values_list("opened_at", "closed_at", "zone", "disposition")) == clocks
    entry = TimelineEntry.objects.latest("seq")
    assert (entry.kind, entry.data) == ("personal_data_blanked", {"numbers": 3, "incidents": 1, "notes": 2})
    _age(301)
    assert "incidents: 1 blanked" in run("retain") and "incidents: 0 blanked" in run("retain")
    run("verify_timeline")


def test_it_blanks_nothing_that_is_open_or_told_to_be_kept(closed: Cast, settings: Any) -> None:
    settings.NUMBER_DAYS, settings.MEDICAL_DAYS, settings.NARRATIVE_DAYS = 0, 0, 0
    _age(9999)
    run("retain")
    assert Call.objects.exclude(caller_number=None).count() == 3 and not Incident.objects.filter(narrative="").exists()
    settings.NARRATIVE_DAYS = settings.MEDICAL_DAYS = 1
    still = closed.open(narrative="api di dapur")
    run("retain")
    assert list(Incident.objects.exclude(narrative="").values_list("pk", flat=True)) == [still["id"]]


def test_it_hands_over_all_that_is_held_about_a_caller(closed: Cast) -> None:
    held = orjson.loads(
        run("export_person", "--center", "kota", "--number", "+62 800-0000-0001", "--reason", "diminta")
    )
    assert {call["caller_number"] for call in held["calls"]} == {NUMBER}
    assert [HEALTH in row["narrative"] for row in held["incidents"]] == [True, True]
    assert [note["text"] for note in held["notes"]] == [NOTE, NOTE]
    assert {(look["what"], look["who"]) for look in held["accesses"]} == {("number_revealed", "sam")}
    assert TimelineEntry.objects.latest("seq").kind == "person_exported"
    assert Access.objects.filter(what="exported").count() == 1
    with pytest.raises(CommandError):
        run("export_person", "--center", "kota", "--number", "0800-0000-7777", "--reason", "diminta")


def test_it_erases_a_caller_and_says_first_what_it_would(closed: Cast) -> None:
    words = ("--center", "kota", "--number", "0800 0000 0001", "--reason", "permintaan pemilik data")
    before = list(TimelineEntry.objects.order_by("seq").values_list("seq", "hash"))
    dry = run("erase_person", *words, "--dry-run")
    assert '"calls": 2' in dry and '"incidents": 1' in dry
    assert Call.objects.filter(caller_number=NUMBER).count() == 2 and Access.objects.filter(what="erased").count() == 0
    run("erase_person", *words)
    with connection.cursor() as cursor:
        for table in ("call", "incident", "note", "closedwords", "timelineentry", "access", "alarm"):
            cursor.execute(f"SELECT count(*) FROM incidents_{table} t WHERE t::text ~ '0800.?0000.?0001'")
            assert cursor.fetchone() == (0,), table
    assert not IdempotencyKey.objects.filter(key="ring-1").exists()
    assert (_of("asthma").narrative, Note.objects.filter(text=NOTE).count()) == ("", 1)
    assert _of("burglary").narrative == f"{HEALTH}, hubungi •••"  # another caller's case too: its words stay
    assert Call.objects.filter(caller_number="0800-0000-0099").count() == 1
    assert set(Access.objects.filter(what="number_revealed").values_list("words", flat=True)) == {""}
    run("verify_timeline")
    assert list(TimelineEntry.objects.order_by("seq").values_list("seq", "hash"))[: len(before)] == before
    assert TimelineEntry.objects.latest("seq").data["calls"] == 2


def test_it_leaves_what_the_room_still_needs(city: Cast) -> None:
    city.ring()
    said = run("erase_person", "--center", "kota", "--number", NUMBER, "--reason", "permintaan")
    assert '"left": 1' in said and Call.objects.get().caller_number == NUMBER


def test_it_takes_a_logins_name_away_and_keeps_what_was_done(city: Cast) -> None:
    city.open()
    dana = city.users["dana"]
    held = orjson.loads(run("export_person", "--center", "kota", "--user", "dana", "--reason", "diminta sendiri"))
    assert (held["user"]["username"], held["incidents_opened"]) == ("dana", [Incident.objects.get().number])
    assert [entry["kind"] for entry in held["timeline"]] == ["incident_opened"]
    run("erase_person", "--center", "kota", "--user", "dana", "--reason", "sudah keluar")
    user = User.objects.get(pk=dana.pk)
    assert (user.username, user.name, user.is_active) == (f"dihapus-{dana.pk}", f"dihapus-{dana.pk}", False)
    assert city.refused("GET", "board")[0] == 401
    assert TimelineEntry.objects.get(kind="incident_opened").actor_id == dana.pk
    run("verify_timeline")


def test_it_blanks_archives_and_their_hashes_stay(city: Cast, tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_FOLDER = str(tmp_path)
    make_history("--incidents", "60", "--years", "0.4", "--position-days", "0")
    call = Call.objects.filter(incident__closed_at__isnull=False).exclude(caller_number=None).earliest("rang_at")
    Call.objects.filter(pk=call.pk).update(caller_number=NUMBER)
    day = (timezone.now() - timedelta(days=40)).date().replace(day=1)
    run("archive", "--center", "kota", "--before", day.isoformat(), "--to", str(tmp_path), "--delete")
    # As every number of this history begins, however it is written; four digits alone also stand in digests and times.
    assert not any(re.search(rb"0800.?0000", path.read_bytes()) for path in tmp_path.glob("*/*.json"))
    hashes = [bytes(archive.manifest_sha256) for archive in Archive.objects.order_by("month")]
    held = orjson.loads(run("export_person", "--center", "kota", "--number", NUMBER, "--reason", "diminta"))
    assert [row["caller_number"] for row in held["archived_calls"]] == [NUMBER]
    run("erase_person", "--center", "kota", "--number", NUMBER, "--reason", "permintaan")
    lines = [line for folder in tmp_path.iterdir() for line in read_personal(folder)]
    assert lines and not any(line["value"] == NUMBER for line in lines)
    run("read_archive", str(tmp_path))
    settings.NUMBER_DAYS = settings.MEDICAL_DAYS = settings.NARRATIVE_DAYS = 1
    run("retain")
    assert [line for folder in tmp_path.iterdir() for line in read_personal(folder)] == []
    run("read_archive", str(tmp_path))
    run("verify_timeline")
    assert [bytes(archive.manifest_sha256) for archive in Archive.objects.order_by("month")] == hashes


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE incidents_access SET words = 'x'",
        "UPDATE incidents_access SET user_id = NULL",
        "DELETE FROM incidents_access",
        "TRUNCATE incidents_access",
        "SELECT set_config('siaga.blanking', 'on', true); UPDATE incidents_access SET what = 'opened'",
        "SELECT set_config('siaga.blanking', 'on', true); DELETE FROM incidents_access",
        "UPDATE incidents_checkpoint SET seq = 1",
        "DELETE FROM incidents_checkpoint",
        "TRUNCATE incidents_checkpoint",
    ],
)
def test_it_only_ever_appends_to_the_logs_of_audit(city: Cast, sql: str) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/reveal", {"reason": "alasan"}, who="sam")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO incidents_checkpoint (center_id, at, seq, hash, key, signature)
               VALUES (%s, now(), 9, 'x', 'y', 'z')""",
            [city.center.pk],
        )
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_it_drops_the_access_log_after_its_own_time(city: Cast, settings: Any) -> None:
    city.ok("GET", f"incidents/{city.open()['id']}")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_access (center_id, at, what, salt, words) VALUES (%s, now() - interval '60 days', 'opened', '', '')",
            [city.center.pk],
        )
    settings.ACCESS_LOG_DAYS = 50
    assert "accesses: 1 deleted" in run("retain")
    assert Access.objects.count() == 1
