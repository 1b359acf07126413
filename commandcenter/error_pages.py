"""Answers that are no page: 400, 403, 404 and 500, in both languages, with nothing of the error in them. Under /api/ the one form of
error takes their place (`commandcenter/api/errors.py`)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

WORDS = {
    400: {"id": "Permintaan ini tidak dapat dibaca.", "en": "This request cannot be read."},
    403: {"id": "Halaman ini tidak terbuka untuk Anda.", "en": "This page is not open to you."},
    404: {"id": "Halaman ini tidak ada.", "en": "This page does not exist."},
    500: {
        "id": "Kesalahan pada server; sudah dicatat. Coba lagi sebentar.",
        "en": "The server failed; it has been noted. Try again in a moment.",
    },
}
STALE_FORM = {
    "id": "Formulir ini sudah kedaluwarsa. Muat ulang halaman lalu kirim lagi.",
    "en": "This form is out of date. Load the page again and send it once more.",
}


def _page(status: int, words: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        render_to_string("error.html", {"status": status, "words": words or WORDS[status]}), status=status
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(403, STALE_FORM)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(404)


def failed() -> HttpResponse:
    return _page(500)
