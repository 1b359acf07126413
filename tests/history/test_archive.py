"""`manage.py archive`: months go to files that can be checked, and only what is in them leaves the tables."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.utils import timezone

from dispatch.models import Assignment, Referral
from incidents.models import Archive, Call, ClosedWords, Feed, Incident, TimelineEntry
from tests.cast import Cast
from tests.history.test_make_history import make_history

DAY = (timezone.now() - timedelta(days=70)).date().replace(day=1)


def run(command: str, *words: str) -> str:
    said = StringIO()
    call_command(command, *words, stdout=said)
    return said.getvalue()


def archive(folder: Path, *words: str) -> str:
    return run("archive", "--center", "kota", "--before", DAY.isoformat(), "--to", str(folder), *words)


@pytest.fixture
def past(city: Cast) -> Cast:
    make_history("--incidents", "120", "--years", "0.5", "--position-days", "0")
    return city


def test_it_writes_months_that_can_be_checked_without_the_database(past: Cast, tmp_path: Path) -> None:
    said = archive(tmp_path)
    assert said.count("kota-") == Archive.objects.count() >= 3
    checked = run("read_archive", str(tmp_path))
    entries = sum(int(line.split(": ")[1].split()[0]) for line in checked.splitlines())
    assert entries == Archive.objects.latest("month").last_seq and TimelineEntry.objects.count() > entries
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*/*")} == {0}
    assert "no whole month" in archive(tmp_path)


def test_it_shows_an_incident_with_all_that_belongs_to_it(past: Cast, tmp_path: Path) -> None:
    archive(tmp_path)
    incident = Incident.objects.order_by("opened_at").first()
    assert incident is not None
    found = orjson.loads(run("read_archive", str(tmp_path), "--incident", incident.number))
    assert found["narrative"] == incident.narrative and found["location"]["coordinates"][0] == pytest.approx(
        incident.location.x
    )
    assert len(found["calls"]) == Call.objects.filter(incident=incident).count() >= 1
    assert len(found["referrals"]) == Referral.objects.filter(incident=incident).count()
    assert len(found["timeline"]) == TimelineEntry.objects.filter(incident=incident).count()
    with pytest.raises(CommandError, match="no archive here holds"):
        run("read_archive", str(tmp_path), "--incident", "990101-0001")


def test_it_takes_out_only_what_the_files_hold(past: Cast, tmp_path: Path) -> None:
    younger = set(Incident.objects.filter(closed_at__gte=_midnight()).values_list("number", flat=True))
    head = Feed.objects.get(center=past.center)
    said = archive(tmp_path, "--delete")
    newest = Archive.objects.latest("month")
    assert f"taken out: {newest.last_seq} timeline" in said
    assert set(Incident.objects.values_list("number", flat=True)) == younger
    assert ClosedWords.objects.count() == len(younger)
    assert not Call.objects.filter(rang_at__lt=_midnight(), incident=None).exists()
    assert not Assignment.objects.exclude(incident__number__in=younger).exists()
    first = TimelineEntry.objects.order_by("seq").first()
    assert first is not None and first.seq == newest.last_seq + 1
    assert f"whole; up to {newest.last_seq} archived" in run("verify_timeline")
    past.open()
    run("verify_timeline")
    assert Feed.objects.get(center=past.center).seq == head.seq + 1
    assert "taken out: 0 timeline, 0 incidents" in archive(tmp_path, "--delete")


def test_it_keeps_an_incident_that_something_younger_tells_of(past: Cast, tmp_path: Path) -> None:
    old = Incident.objects.order_by("opened_at").first()
    assert old is not None
    past.ok("POST", f"incidents/{old.pk}/notes", {"text": "berkas diminta polisi"})
    archive(tmp_path, "--delete")
    detail = past.ok("GET", f"incidents/{old.pk}")
    assert detail["notes"][0]["text"] == "berkas diminta polisi"
    assert [entry["kind"] for entry in detail["timeline"]] == ["note_added"]


def test_it_refuses_while_something_from_before_is_open(past: Cast, tmp_path: Path) -> None:
    number = past.open()["number"]
    Incident.objects.filter(number=number).update(opened_at=_midnight() - timedelta(days=3))
    with pytest.raises(CommandError, match=number):
        archive(tmp_path)
    with pytest.raises(CommandError, match="less than 7 days"):
        run("archive", "--before", timezone.now().date().isoformat(), "--to", str(tmp_path))
    with pytest.raises(CommandError, match="not a day"):
        run("archive", "--before", "yesterday", "--to", str(tmp_path))
    assert not Archive.objects.exists()


@pytest.mark.parametrize("name", ["timeline", "incidents", "calls"])
def test_it_names_a_file_that_was_changed_and_takes_nothing_out(past: Cast, tmp_path: Path, name: str) -> None:
    archive(tmp_path)
    path = sorted(tmp_path.glob(f"*/{name}.jsonl.gz"))[1]
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1]) or b"[]\n"))
    with pytest.raises(CommandError, match=f"{path.parent.name}/{name}"):
        run("read_archive", str(tmp_path))
    count = TimelineEntry.objects.count()
    with pytest.raises(CommandError, match=name):
        archive(tmp_path, "--delete")
    assert TimelineEntry.objects.count() == count


def test_it_finds_a_chain_that_was_rewritten_with_its_manifest(past: Cast, tmp_path: Path) -> None:
    archive(tmp_path)
    path = sorted(tmp_path.glob("*/manifest.json"))[1]
    told = orjson.loads(path.read_bytes())
    told["timeline"]["prior_hash"] = "00" * 32
    path.write_bytes(orjson.dumps(told))
    with pytest.raises(CommandError, match="chain does not end"):
        run("read_archive", str(tmp_path))


def test_it_leaves_nothing_behind_when_it_fails(past: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("commandcenter.history.archive.write_manifest", full)
    with pytest.raises(CommandError, match="no space"):
        archive(tmp_path)
    assert list(tmp_path.iterdir()) == [] and not Archive.objects.exists()


REFUSED = {
    "an entry no archive holds": "DELETE FROM incidents_timelineentry WHERE seq = (SELECT max(seq) FROM incidents_timelineentry)",
    "an archived entry, by hand": "DELETE FROM incidents_timelineentry WHERE seq = 1",
    "an entry, saying it is archived": """SELECT set_config('siaga.forgetting', (SELECT min(id) FROM incidents_archive)::text, true);
        DELETE FROM incidents_timelineentry WHERE seq = (SELECT max(seq) FROM incidents_timelineentry)""",
    "a newer month before an older one": "SELECT siaga_forget((SELECT max(id) FROM incidents_archive), 5)",
    "an archive that was never made": "SELECT siaga_forget(999999999, 5)",
    "a change of what was written": "UPDATE incidents_archive SET last_seq = last_seq + 100",
    "a word about what is gone": "UPDATE incidents_archive SET gone_seq = gone_seq + 1",
    "the deletion of an archive's record": "DELETE FROM incidents_archive",
    "a record with another hash": """INSERT INTO incidents_archive (center_id, month, ends_at, first_seq, last_seq, prior_hash, last_hash,
        manifest_sha256, written_at, gone_seq, gone_hash) SELECT center_id, '2001-01-01', now(), 1, 5, '', 'x', 'x', now(), 0, ''
        FROM incidents_archive LIMIT 1""",
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_lets_nothing_else_out_of_the_timeline(past: Cast, tmp_path: Path, what: str) -> None:
    archive(tmp_path)
    count = TimelineEntry.objects.count()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[what])
    assert TimelineEntry.objects.count() == count
    run("verify_timeline")


def test_it_notices_what_was_changed_behind_an_archive(past: Cast, tmp_path: Path) -> None:
    archive(tmp_path, "--delete")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE incidents_timelineentry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM incidents_timelineentry WHERE seq = (SELECT min(seq) FROM incidents_timelineentry)")
        cursor.execute("ALTER TABLE incidents_timelineentry ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="entries before it are missing"):
        run("verify_timeline")


def _midnight() -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, tzinfo=ZoneInfo("Asia/Jakarta"))
