"""The board contract over all actions: board before + frames = fresh board. What a console has is what is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commandcenter.board import BOARD_LISTS, read_board
from commandcenter.live.feed import read_change
from incidents.models import Call
from tests.cast import Cast

Do = Callable[[Cast], Any]


def _call(city: Cast, *steps: str) -> Any:
    call = Call.objects.order_by("-pk").first()
    for step in steps:
        city.ok("POST", f"calls/{call.pk if call else 0}/{step}")
    return call


def _first(city: Cast, name: str, status: str | None = None) -> Any:
    return next(row for row in city.board()[name] if status in (None, row["status"]))


def _step(city: Cast, status: str) -> Any:
    return city.ok("POST", f"assignments/{_first(city, 'assignments')['id']}/status", {"status": status})


ACTIONS: list[tuple[str, Do]] = [
    ("ring", lambda city: city.ring("one")),
    ("answer", lambda city: _call(city, "answer")),
    ("hold", lambda city: _call(city, "hold")),
    ("resume", lambda city: _call(city, "resume")),
    ("open from the call", lambda city: city.open(call=_first(city, "calls")["id"])),
    ("end the call", lambda city: _call(city, "end")),
    ("route", lambda city: city.work()),
    ("ring again", lambda city: city.ring("two")),
    ("answer again", lambda city: _call(city, "answer")),
    (
        "attach",
        lambda city: city.ok(
            "POST",
            f"calls/{Call.objects.order_by('-pk')[0].pk}/outcome",
            {"outcome": "attached", "incident": _first(city, "incidents")["id"]},
        ),
    ),
    (
        "change",
        lambda city: city.ok(
            "PATCH", f"incidents/{_first(city, 'incidents')['id']}", {"priority": 3, "address": "Gg. II"}
        ),
    ),
    ("note", lambda city: city.ok("POST", f"incidents/{_first(city, 'incidents')['id']}/notes", {"text": "n"})),
    ("acknowledge", lambda city: _step(city, "acknowledged")),
    ("en route", lambda city: _step(city, "en_route")),
    ("on scene", lambda city: _step(city, "on_scene")),
    ("transport", lambda city: _step(city, "transporting")),
    ("hospital", lambda city: _step(city, "at_hospital")),
    ("clear", lambda city: _step(city, "cleared")),
    (
        "assign",
        lambda city: city.ok("POST", f"incidents/{_first(city, 'incidents')['id']}/assignments", {"unit": "POL-02"}),
    ),
    (
        "cancel",
        lambda city: city.ok("POST", f"assignments/{_first(city, 'assignments')['id']}/cancel", {"reason": "x"}),
    ),
    (
        "refer",
        lambda city: city.ok("POST", f"incidents/{_first(city, 'incidents')['id']}/referrals", {"agency": "bpbd"}),
    ),
    ("accept", lambda city: city.ok("POST", f"referrals/{_first(city, 'referrals', 'routed')['id']}/accept")),
    (
        "refer again",
        lambda city: city.ok("POST", f"incidents/{_first(city, 'incidents')['id']}/referrals", {"agency": "dinsos"}),
    ),
    (
        "decline",
        lambda city: city.ok("POST", f"referrals/{_first(city, 'referrals', 'routed')['id']}/decline", {"reason": "x"}),
    ),
    ("close a referral", lambda city: city.ok("POST", f"referrals/{_first(city, 'referrals')['id']}/close")),
    ("acknowledge the alarm", lambda city: city.ok("POST", f"alarms/{_first(city, 'alarms')['id']}/acknowledge")),
    ("a second incident", lambda city: city.open("ghost_sighting")),
    ("route it to nobody", lambda city: city.work()),
    (
        "link a duplicate",
        lambda city: city.ok(
            "POST",
            f"incidents/{city.board()['incidents'][1]['id']}/duplicate",
            {"parent": city.board()["incidents"][0]["id"]},
        ),
    ),
    ("out of service", lambda city: city.ok("POST", "units/SOS-01/out-of-service", {"reason": "ban"})),
    ("off duty", lambda city: city.ok("POST", "units/SOS-02/off-duty")),
    ("in service", lambda city: city.ok("POST", "units/SOS-01/in-service")),
    (
        "close the second",
        lambda city: city.ok("POST", f"incidents/{city.board()['incidents'][1]['id']}/close", {"disposition": "x"}),
    ),
    (
        "close the first",
        lambda city: city.ok("POST", f"incidents/{city.board()['incidents'][0]['id']}/close", {"disposition": "x"}),
    ),
]


def _rows(board: dict[str, Any]) -> dict[str, dict[int, Any]]:
    return {name: {row["id"]: row for row in board[name]} for name in BOARD_LISTS}


def _apply(rows: dict[str, dict[int, Any]], change: Any) -> None:
    for name in BOARD_LISTS:
        for row in change.rows.get(name, []):
            if row["on_board"]:
                rows[name][row["id"]] = row
            else:
                rows[name].pop(row["id"], None)


def test_board_before_and_frames_make_the_fresh_board(city: Cast) -> None:
    center_id = city.center.pk
    before = read_board(center_id)
    rows, seq = _rows(before), before["seq"]
    for name, do in ACTIONS:
        do(city)
        change = read_change(center_id, seq)
        assert change.seq > seq, f"{name} said nothing"
        assert [entry["seq"] for entry in change.entries] == list(range(seq + 1, change.seq + 1)), name
        _apply(rows, change)
        seq = change.seq
        fresh = read_board(center_id)
        assert (seq, rows) == (fresh["seq"], _rows(fresh)), name


def test_one_frame_over_everything_makes_the_fresh_board_too(city: Cast) -> None:
    before = read_board(city.center.pk)
    rows = _rows(before)
    for _, do in ACTIONS[:20]:
        do(city)
    _apply(rows, read_change(city.center.pk, before["seq"]))
    assert rows == _rows(read_board(city.center.pk))


@pytest.mark.parametrize("kind", ["words"])
def test_every_entry_has_words_in_both_languages(city: Cast, kind: str) -> None:
    for _, do in ACTIONS:
        do(city)
    for entry in read_change(city.center.pk, 0).entries:
        assert entry[kind]["id"] != entry["kind"] and entry[kind]["en"] != entry["kind"], entry
        assert "{" not in entry[kind]["id"] + entry[kind]["en"]
