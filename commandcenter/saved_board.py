"""The board of each center as a file on this machine, at most a minute old, for when the database is away. No caller's number,
no narrative, no person's name is in it. Who may read it then is shown by a signed cookie: there is nobody to ask."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from commandcenter.board import head_seq
from commandcenter.live.audiences import Audience
from commandcenter.snapshot import newest_board
from incidents.access import may
from incidents.models import Center, IncidentType, User
from incidents.privacy import Sight
from incidents.rows import Row, iso

COOKIE, SALT = "siaga_board", "siaga.saved-board"
COOKIE_SECONDS = 12 * 3600
"""As long as a session."""
BOARDS_AT_ONCE = 8

# Left out by name, so that whatever a row is given one day is not written before somebody has thought of it.
INCIDENT = (
    "id", "number", "type", "category", "priority", "status", "location", "zone", "address", "opened_at", "parent",
)  # fmt: skip
REFERRAL = ("incident", "agency", "discipline", "status", "routed_at")
ASSIGNMENT = ("incident", "unit", "agency", "status", "dispatched_at", "on_scene_at")
UNIT = ("call_sign", "agency", "discipline", "station", "status", "incident", "location", "location_at")
CALL = ("line", "status", "rang_at", "incident")


def folder() -> Path:
    return Path(settings.SIAGA_VAR) / "board"


def _path(center_id: int) -> Path:
    return folder() / f"{center_id}.json"


_AS_ON_A_WALL = Audience("room", None, Sight("wall"))
_saved: dict[int, tuple[int, dict[str, Any]]] = {}
"""By center: the seq of the file that this process wrote last, and what is in it."""
_saving = threading.Lock()


def save_board(center_id: int) -> None:
    """Writes the board of a center, whole or not at all; nothing is read while nothing has happened. Raises DatabaseError,
    OSError."""
    with _saving:
        if _age_of_file(center_id) < settings.SAVE_BOARD_SECONDS / 2:
            return  # another process of this machine has just done it
        known = _saved.get(center_id)
        if known is None or known[0] != head_seq(center_id):
            known = _saved[center_id] = _read(center_id)
        _write(_path(center_id), orjson.dumps(known[1] | {"saved_at": iso(timezone.now())}))


def save_boards() -> None:
    """Of the centers whose file is the oldest, a few at a time: the sweeper has timers to see to."""
    ages = {center_id: _age_of_file(center_id) for center_id in Center.objects.values_list("pk", flat=True)}
    for center_id in sorted(ages, key=ages.__getitem__, reverse=True)[:BOARDS_AT_ONCE]:
        if ages[center_id] >= settings.SAVE_BOARD_SECONDS:
            save_board(center_id)


def _read(center_id: int) -> tuple[int, dict[str, Any]]:
    whole = newest_board(center_id)
    board = whole | _AS_ON_A_WALL.filter(whole)
    types = IncidentType.objects.filter(center=center_id).values_list("code", "name_id", "name_en")
    kept = {
        "seq": board["seq"],
        "center": board["center"],
        "types": {code: {"id": name_id, "en": name_en} for code, name_id, name_en in types},
        "calls": _only(board["calls"], CALL),
        "incidents": _only(board["incidents"], INCIDENT),
        "referrals": _only(board["referrals"], REFERRAL),
        "assignments": _only(board["assignments"], ASSIGNMENT),
        "units": _only(board["units"], UNIT),
    }
    return board["seq"], kept


def _only(rows: list[Row], fields: tuple[str, ...]) -> list[Row]:
    return [{name: row.get(name) for name in fields} for row in rows]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".board-")  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(fresh, path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


def _age_of_file(center_id: int) -> float:
    try:
        return time.time() - _path(center_id).stat().st_mtime
    except OSError:
        return float("inf")


def load_board(center_id: int) -> dict[str, Any] | None:
    """What was saved last, with `age_seconds`; None when there is nothing to read."""
    try:
        board: dict[str, Any] = orjson.loads(_path(center_id).read_bytes())
        saved_at = datetime.fromisoformat(board["saved_at"])
    except (OSError, ValueError, KeyError):
        return None
    return board | {"age_seconds": max(0.0, (timezone.now() - saved_at).total_seconds())}


def let_read(response: HttpResponse, user: User) -> None:
    """Marks the browser of somebody who may see the whole board, so that it may read the saved one."""
    if user.center_id is None or not may(user, "open_console"):
        return
    signed = signing.dumps([user.center_id, user.language], salt=SALT)
    response.set_cookie(
        COOKIE, signed, max_age=COOKIE_SECONDS, secure=settings.SIAGA_TLS, httponly=True, samesite="Strict"
    )


def reader_of(request: HttpRequest) -> tuple[int, str] | None:
    """(center id, language) of a browser that was let; None for anybody else."""
    try:
        center_id, language = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(center_id), str(language)
