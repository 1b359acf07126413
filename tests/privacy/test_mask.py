"""Callers' numbers and medical words are masked by role wherever a row leaves: board, frame, answer, search; and come out
only by a reveal that is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from commandcenter.board import entries_since
from commandcenter.live.audiences import view_of
from commandcenter.live.feed import read_change
from dispatch.models import Unit
from incidents.models import Access, Call, Incident, IncidentType, TimelineEntry
from incidents.privacy import MASK, SHOWN, masked_number, plain_number, without_numbers
from tests.cast import Cast

NUMBER = "0800-0000-0001"
HEALTH = "pasien sesak napas, riwayat asma"
NOTE = "diberi obat asma pukul sembilan"


@pytest.fixture
def clinic(city: Cast) -> Cast:
    """A medical case with a call and a note, referred to the police too; beside PMK-01's crew a police and a medical one."""
    IncidentType.objects.create(
        center=city.center, code="asthma", name_id="asma", name_en="asthma", category="medical", default_priority=2
    )
    for name, sign in (("police", "POL-01"), ("medic", "TGC-01")):
        user = type(city.users["crew"]).objects.create(username=name, role="crew", center=city.center)
        Unit.objects.get(center=city.center, call_sign=sign).crew.add(user)
        city.users[name] = user
    city.__post_init__()
    return city


@pytest.fixture
def case(clinic: Cast) -> dict[str, Any]:
    call = clinic.ring()
    clinic.ok("POST", f"calls/{call['id']}/answer")
    opened: dict[str, Any] = clinic.open("asthma", narrative=HEALTH, call=call["id"])
    clinic.ok("POST", f"incidents/{opened['id']}/notes", {"text": NOTE})
    for agency in ("polrestabes", "dinkes"):
        clinic.ok("POST", f"incidents/{opened['id']}/referrals", {"agency": agency})
    return opened | {"call": call["id"]}


def seen_by(city: Cast, case: dict[str, Any], who: str) -> dict[str, bytes]:
    """All that leads a person's way: board, frame, detail, lists, searches."""
    user = city.users[who]
    told = {
        "frame": read_change(city.center.pk, 0).frame_for(view_of(user)).framed,
        "board": orjson.dumps(city.board(who)),
    }
    for path in (f"incidents/{case['id']}", "incidents", f"incidents?q={case['number']}"):
        status, body = city.call("GET", path, who=who)
        assert status in (200, 403), (path, status)
        told[path] = orjson.dumps(body)
    return told


@pytest.mark.parametrize(
    ("who", "sees_number", "sees_words"),
    [
        ("dana", True, True),
        ("sam", False, True),
        ("ada", False, False),
        ("crew", False, False),
        ("police", False, False),
        ("medic", False, True),
    ],
)
def test_it_shows_each_role_what_its_row_says(
    clinic: Cast, case: dict[str, Any], who: str, sees_number: bool, sees_words: bool
) -> None:
    told = seen_by(clinic, case, who)
    for where, body in told.items():
        if not sees_number:
            assert NUMBER.encode() not in body, where
        if not sees_words:
            assert HEALTH.encode() not in body and NOTE.encode() not in body, where
    assert (NUMBER.encode() in told["board"]) is sees_number
    assert (HEALTH.encode() in told[f"incidents/{case['id']}"]) is sees_words
    assert (NOTE.encode() in told[f"incidents/{case['id']}"]) is sees_words


def test_it_names_what_is_masked_and_keeps_the_end_of_a_number(clinic: Cast, case: dict[str, Any]) -> None:
    row = next(row for row in clinic.board("sam")["calls"] if row["id"] == case["call"]) if case else {}
    assert (row["caller_number"], row["masked"]) == ("•••001", ["caller_number"])
    row = clinic.ok("GET", f"incidents/{case['id']}", who="ada")
    assert (row["narrative"], row["masked"], row["notes"][0]["text"]) == (MASK, ["narrative"], MASK)


def test_it_tells_a_wall_neither(clinic: Cast, case: dict[str, Any]) -> None:
    board = clinic.ok("GET", "board?view=wall")
    assert {row["caller_number"] for row in board["calls"]} == {MASK}
    assert {row["narrative"] for row in board["incidents"]} == {MASK}
    frame = read_change(clinic.center.pk, 0).frame_for(view_of(clinic.users["dana"], "wall")).framed
    assert NUMBER.encode() not in frame and HEALTH.encode() not in frame


def test_it_masks_a_marked_note_of_any_case(clinic: Cast) -> None:
    fire = clinic.open("building_fire")
    clinic.work()
    clinic.ok("POST", f"incidents/{fire['id']}/notes", {"text": "satu korban hamil", "is_medical": True})
    clinic.ok("POST", f"incidents/{fire['id']}/notes", {"text": "api di lantai dua"})
    texts = {
        who: [note["text"] for note in clinic.ok("GET", f"incidents/{fire['id']}", who=who)["notes"]]
        for who in ("dana", "crew", "medic")
    }
    assert texts["dana"] == texts["medic"] == ["satu korban hamil", "api di lantai dua"]
    assert texts["crew"] == [MASK, "api di lantai dua"]


def test_it_keeps_notes_medical_when_the_case_becomes_another(clinic: Cast, case: dict[str, Any]) -> None:
    clinic.ok("PATCH", f"incidents/{case['id']}", {"type": "burglary"})
    assert clinic.ok("GET", f"incidents/{case['id']}", who="ada")["notes"][0]["text"] == MASK


def test_it_finds_nothing_by_words_that_one_may_not_read(clinic: Cast, case: dict[str, Any]) -> None:
    assert [row["id"] for row in clinic.ok("GET", "incidents?q=sesak")] == [case["id"]]
    assert clinic.ok("GET", "incidents?q=sesak", who="police") == []
    assert clinic.ok("GET", "incidents?q=sesak", who="ada") == []


def test_it_masks_what_is_over_for_operators_too_after_a_time(
    clinic: Cast, case: dict[str, Any], settings: Any
) -> None:
    clinic.ok("POST", f"calls/{case['call']}/end")
    assert clinic.ok("GET", f"calls/{case['call']}")["caller_number"] == NUMBER
    clinic.ok("POST", f"incidents/{case['id']}/close", {"disposition": "handled"})
    before = timezone.now() - timedelta(hours=settings.PERSONAL_HOURS + 1)
    Call.objects.filter(pk=case["call"]).update(ended_at=before)
    Incident.objects.filter(pk=case["id"]).update(closed_at=before)
    assert clinic.ok("GET", f"calls/{case['call']}")["caller_number"] == "•••001"
    row = clinic.ok("GET", f"incidents/{case['id']}")
    assert (row["narrative"], row["calls"][0]["caller_number"]) == (MASK, "•••001")


def test_it_shows_the_number_to_whoever_has_the_call_in_hand(clinic: Cast) -> None:
    call = clinic.ring("ring-2")
    assert clinic.ok("GET", f"calls/{call['id']}", who="sam")["caller_number"] == "•••001"
    assert clinic.ok("POST", f"calls/{call['id']}/answer", who="sam")["caller_number"] == NUMBER
    assert clinic.ok("GET", f"calls/{call['id']}", who="sam")["caller_number"] == NUMBER
    assert clinic.ok("GET", f"calls/{call['id']}", who="ada")["caller_number"] == "•••001"


def test_it_does_not_write_masked_words_back(clinic: Cast, case: dict[str, Any]) -> None:
    clinic.ok("PATCH", f"incidents/{case['id']}", {"narrative": MASK, "address": "Jl. Contoh 5"}, who="ada")
    assert Incident.objects.get(pk=case["id"]).narrative == HEALTH


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_it_reveals_a_number_once_with_a_reason_and_writes_it_down(
    clinic: Cast, case: dict[str, Any], who: str
) -> None:
    before = clinic.board()["seq"]
    answer = clinic.ok("POST", f"calls/{case['call']}/reveal", {"reason": "keluarga menunggu kabar"}, who=who)
    assert answer == {"call": case["call"], "caller_number": NUMBER}
    row = Access.objects.get(what="number_revealed")
    assert (row.user, row.call_ref, row.incident_ref) == (clinic.users[who], case["call"], case["id"])
    assert row.words == "keluarga menunggu kabar"
    entry = entries_since(clinic.center.pk, before)[0]
    assert (entry["kind"], entry["data"]["access"]) == ("number_revealed", row.pk)
    assert "keluarga" not in str(entry) and "0001" not in str(entry["data"])
    assert clinic.ok("GET", f"calls/{case['call']}", who=who)["caller_number"] == "•••001"


def test_it_reveals_medical_words_and_a_crews_number_of_its_own_incident_alone(
    clinic: Cast, case: dict[str, Any]
) -> None:
    reason = {"reason": "menanyakan gejala"}
    words = clinic.ok("POST", f"incidents/{case['id']}/reveal", reason, who="police")
    assert (words["narrative"], words["notes"][0]["text"]) == (HEALTH, NOTE)
    number = clinic.ok("POST", f"incidents/{case['id']}/reveal", reason | {"what": "caller_number"}, who="police")
    assert number == {"incident": case["id"], "caller_number": NUMBER}
    assert clinic.ok("POST", f"calls/{case['call']}/reveal", reason, who="medic")["caller_number"] == NUMBER
    assert clinic.refused("POST", f"incidents/{case['id']}/reveal", reason, who="crew")[0] == 403
    assert clinic.refused("POST", f"calls/{case['call']}/reveal", reason, who="crew")[0] == 403
    assert clinic.refused("POST", f"calls/{case['call']}/reveal", reason, who="outsider")[0] == 404
    assert clinic.refused("POST", f"calls/{case['call']}/reveal", reason, who="hotline")[0] == 403
    assert Access.objects.filter(what__in=("words_revealed", "number_revealed")).count() == 3


@pytest.mark.parametrize("reason", ["", "   ", "a"])
def test_it_reveals_nothing_without_a_reason(clinic: Cast, case: dict[str, Any], reason: str) -> None:
    count = TimelineEntry.objects.count()
    assert clinic.refused("POST", f"calls/{case['call']}/reveal", {"reason": reason}, who="sam")[0] == 422
    assert (Access.objects.filter(what="number_revealed").count(), TimelineEntry.objects.count()) == (0, count)


def test_it_writes_down_who_opened_and_who_searched(clinic: Cast, case: dict[str, Any]) -> None:
    for _ in range(3):  # a console reads what it shows again and again: one look
        clinic.ok("GET", f"incidents/{case['id']}", who="rian")
    clinic.ok("GET", "incidents?q=sesak", who="rian")
    rows = Access.objects.filter(user=clinic.users["rian"]).order_by("pk").values_list("what", "incident_ref", "words")
    assert list(rows) == [("opened", case["id"], ""), ("searched", None, "sesak")]


def test_it_lets_no_number_into_a_reason(clinic: Cast, case: dict[str, Any]) -> None:
    clinic.ok("POST", f"incidents/{case['id']}/close", {"disposition": "telepon 0800 0000 0001"})
    assert Incident.objects.get(pk=case["id"]).disposition == f"telepon {MASK}"
    assert without_numbers("unit 12, km 7, jam 09.30") == "unit 12, km 7, jam 09.30"
    assert without_numbers("+62 800-0000-0001.") == f"{MASK}."


def test_it_knows_two_spellings_of_one_number() -> None:
    assert plain_number("+62 800-0000-0001") == plain_number(NUMBER) == "080000000001"
    assert (masked_number("112"), masked_number(None), masked_number(NUMBER)) == (MASK, None, "•••001")
    assert all(row.keys() == SHOWN["caller_number"].keys() for row in SHOWN.values())
