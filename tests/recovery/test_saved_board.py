"""The copy of the board on disk: whole, fresh, private, without personal data, and shown only to who had the console."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from commandcenter import pages
from commandcenter.saved_board import folder, load_board, save_board, save_boards
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def var(tmp_path: Path, settings: Any) -> None:
    settings.SIAGA_VAR = tmp_path
    settings.SAVE_BOARD_SECONDS = 0.001


def console_of(city: Cast, who: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    assert client.get("/").status_code in (200, 302)
    return client


def test_it_writes_the_board_privately_and_without_personal_data(open_city: Cast) -> None:
    open_city.ring()
    incident = open_city.open("burglary", narrative="pelaku bernama Bima", address="Jl. Melati 1")
    open_city.work()
    save_board(open_city.center.pk)
    [file] = folder().iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(folder().stat().st_mode) == 0o700
    for private in ("0800-0000-0001", "Bima", "Dana"):
        assert private not in file.read_text()
    saved = load_board(open_city.center.pk)
    assert saved is not None and saved["seq"] == open_city.board()["seq"] and saved["age_seconds"] < 60
    assert [row["id"] for row in saved["incidents"]] == [incident["id"]]
    assert {row["call_sign"] for row in saved["units"]} == {row["call_sign"] for row in open_city.board()["units"]}


def test_it_saves_every_center_and_follows_what_happens(open_city: Cast) -> None:
    save_boards()
    assert len(list(folder().iterdir())) == 2
    opened = open_city.open("burglary")
    save_boards()
    saved = load_board(open_city.center.pk)
    assert saved is not None and [row["id"] for row in saved["incidents"]] == [opened["id"]]


def test_it_leaves_the_old_copy_when_it_cannot_write(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    save_board(open_city.center.pk)
    before = load_board(open_city.center.pk)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("commandcenter.saved_board.os.replace", full)
    open_city.open("burglary")
    with pytest.raises(OSError):
        save_board(open_city.center.pk)
    after = load_board(open_city.center.pk)
    assert before is not None and after is not None and after["seq"] == before["seq"]
    assert len(list(folder().iterdir())) == 1


def test_it_shows_the_copy_with_its_age_when_a_page_cannot_reach_the_database(
    open_city: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = open_city.open("burglary", address="Jl. Melati 1")
    save_board(open_city.center.pk)
    client = console_of(open_city, "dana")

    def gone(*args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(pages, "_page", gone)
    answer = client.get("/")
    assert answer.status_code == 503 and answer["Retry-After"] and answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert incident["number"] in page and "Jl. Melati 1" in page and 'data-testid="saved-age"' in page
    monkeypatch.setattr(pages, "_page", lambda *args: 1 / 0)
    assert client.get("/").status_code == 500  # another error is no reason to show it


def test_it_shows_the_copy_to_nobody_who_had_no_console(open_city: Cast) -> None:
    incident = open_city.open("burglary", address="Jl. Melati 1")
    save_boards()
    stranger, crew, outsider, gone = (
        Client(),
        console_of(open_city, "crew"),
        console_of(open_city, "outsider"),
        Client(),
    )
    gone.force_login(open_city.users["dana"], backend="incidents.accounts.AccountBackend")
    gone.get("/")
    assert incident["number"] in gone.get("/saved-board").content.decode()
    gone.post("/logout")
    forged = Client()
    forged.cookies["siaga_board"] = f'[{open_city.center.pk},"id"]'
    for client in (stranger, crew, outsider, gone, forged):
        assert incident["number"] not in client.get("/saved-board").content.decode()
