"""What a browser is shown while the database cannot be reached: the board as it was saved last, to read only, with its age;
for whoever may not see it, a sentence. Nothing here may ask the database."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from commandcenter import error_pages
from commandcenter.language import language_of_browser
from commandcenter.saved_board import load_board, reader_of

AGAIN_SECONDS = 10
"""The page loads itself anew so often, and becomes the console when the database is back."""


@never_cache
@require_GET
def saved_board(request: HttpRequest) -> HttpResponse:
    """`/saved-board`: the copy on disk, for browsers that showed the console within the last hours."""
    return _page(request, status=200)


def failed(request: HttpRequest) -> HttpResponse:
    """The site's answer to an error that nobody expected; when it is the database that is away, the saved board."""
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return error_pages.failed()
    response = _page(request, status=503)
    response["Retry-After"] = str(AGAIN_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, *, status: int) -> HttpResponse:
    reader = reader_of(request)
    board = load_board(reader[0]) if reader else None
    language = reader[1] if reader else language_of_browser(request)
    with translation.override(language):
        context = {
            "LANGUAGE_CODE": language,
            "is_let": reader is not None,
            "again_seconds": AGAIN_SECONDS,
            "again_at": "/" if status == 200 else "",
            **(_shown(board, language) if board else {}),
        }
        return HttpResponse(render_to_string("saved_board.html", context), status=status if reader else 503)


def _shown(board: dict[str, Any], language: str) -> dict[str, Any]:
    """The saved board as the page's words: times in the center's zone, incidents by priority and age with their units."""
    zone = ZoneInfo(board["center"]["timezone"])

    def clock(iso: str | None) -> str:
        return f"{datetime.fromisoformat(iso).astimezone(zone):%H:%M:%S}" if iso else ""

    going: dict[int, list[str]] = defaultdict(list)
    for assignment in board["assignments"]:
        going[assignment["incident"]].append(f"{assignment['unit']} ({_word(assignment['status'], language)})")
    for referral in board["referrals"]:
        if referral["status"] == "routed":
            going[referral["incident"]].append(f"{referral['agency'].upper()} ?")
    now = timezone.now()
    incidents = [
        row
        | {
            "type_name": board["types"].get(row["type"], {}).get(language, row["type"]),
            "opened": clock(row["opened_at"]),
            "minutes": int((now - datetime.fromisoformat(row["opened_at"])).total_seconds() // 60),
            "who": ", ".join(going[row["id"]]),
            "status_word": _word(row["status"], language),
        }
        for row in sorted(board["incidents"], key=lambda row: (row["priority"], row["opened_at"]))
    ]
    ready = [unit for unit in board["units"] if unit["status"] == "available"]
    by_agency: dict[str, list[str]] = defaultdict(list)
    for unit in ready:
        by_agency[unit["agency"].upper()].append(unit["call_sign"])
    return {
        "board": board,
        "incidents": incidents,
        "age_seconds": int(board["age_seconds"]),
        "saved": clock(board["saved_at"]),
        "calls": len(board["calls"]),
        "ready": sorted(by_agency.items()),
        "ready_count": len(ready),
        "unit_count": len(board["units"]),
    }


_WORDS = {
    "pending": ("menunggu", "pending"),
    "active": ("aktif", "active"),
    "dispatched": ("dikirim", "dispatched"),
    "acknowledged": ("diterima", "acknowledged"),
    "en_route": ("menuju lokasi", "en route"),
    "on_scene": ("di lokasi", "on scene"),
    "transporting": ("mengantar", "transporting"),
    "at_hospital": ("di RS", "at hospital"),
}


def _word(code: str, language: str) -> str:
    words = _WORDS.get(code)
    return code if words is None else words[language == "en"]
