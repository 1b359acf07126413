"""Every error in the one form {"error": {"code", "message", "fields"}}, in the user's language. Bad input is never a 500."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from incidents import logs, metrics
from incidents.models import User
from incidents.refusals import Refusal

logger = logs.get(__name__)
API_PREFIX = "/api/"
IDLE_TOO_LONG = "25P03"
"""idle_in_transaction_session_timeout."""

WORDS = {
    "invalid": {"id": "Isian tidak dapat diterima.", "en": "The input cannot be taken."},
    "malformed": {"id": "Isi permintaan tidak dapat dibaca.", "en": "The body of the request cannot be read."},
    "too_large": {"id": "Permintaan terlalu besar.", "en": "The request is too large."},
    "too_many": {"id": "Terlalu banyak permintaan; coba lagi nanti.", "en": "Too many requests; try again later."},
    "too_slow": {"id": "Permintaan terlalu lambat datangnya.", "en": "The request came too slowly."},
    "not_authenticated": {"id": "Token atau sesi tidak berlaku.", "en": "The token or session is not valid."},
    "not_allowed": {"id": "Permintaan ini tidak diizinkan.", "en": "This request is not allowed."},
    "not_found": {"id": "Alamat ini tidak ada.", "en": "This address does not exist."},
    "method_not_allowed": {"id": "Metode ini tidak ada di sini.", "en": "This method does not exist here."},
    "conflict": {
        "id": "Bertabrakan dengan perubahan lain; coba lagi.",
        "en": "It collided with another change; try again.",
    },
    "unavailable": {
        "id": "Basis data tidak dapat dihubungi; coba lagi.",
        "en": "The database cannot be reached; try again.",
    },
    "internal": {"id": "Kesalahan pada server; sudah dicatat.", "en": "The server failed; it has been noted."},
    "error": {"id": "Permintaan ditolak.", "en": "The request was refused."},
}
CODE_OF_STATUS = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    408: "too_slow",
    422: "invalid",
    429: "too_many",
    500: "internal",
    503: "unavailable",
}


def language_of(request: HttpRequest) -> str:
    """The user's own language; without a user, English when the client asks for it, else Indonesian."""
    user = getattr(request, "auth", None) or getattr(request, "user", None)
    if isinstance(user, User):
        return user.language
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "id"


def failure(
    request: HttpRequest, status: int, code: str, message: str | None = None, fields: dict[str, Any] | None = None
) -> HttpResponse:
    words = WORDS.get(code, WORDS["error"])
    error = {"code": code, "message": message or words[language_of(request)], "fields": fields or {}}
    if status >= 500 and logs.request_id():
        error["request_id"] = logs.request_id()  # what a person tells the operator of the service
    body = {"error": error}
    metrics.REFUSALS.labels(code).inc()
    response: Any = HttpResponse(orjson.dumps(body, default=str), status=status, content_type="application/json")
    response.siaga_code = code
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response["Retry-After"] = "1"
    made: HttpResponse = response
    return made


def install(api: NinjaAPI) -> None:
    """Registers an answer for everything that can go wrong."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: lambda request, error: failure(
            request, error.status_code, error.code, error.message(language_of(request)), error.fields
        ),
        ValidationError: lambda request, error: failure(request, 422, "invalid", fields=_fields(error.errors)),
        AuthenticationError: lambda request, error: failure(request, 401, "not_authenticated"),
        HttpError: lambda request, error: failure(
            request, error.status_code, CODE_OF_STATUS.get(error.status_code, "error")
        ),
        Http404: lambda request, error: failure(request, 404, "not_found"),
        RequestDataTooBig: lambda request, error: failure(request, 413, "too_large"),
        TooManyFieldsSent: lambda request, error: failure(request, 413, "too_large"),
        DataError: lambda request, error: failure(request, 422, "invalid"),
        IntegrityError: lambda request, error: failure(request, 409, "conflict"),
        OperationalError: _unavailable,
        InterfaceError: _unavailable,
        InternalError: _ended_or_internal,
        Exception: _internal,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.warning("the database did not answer", exc_info=error)
    return failure(request, 503, "unavailable")


def _ended_or_internal(request: HttpRequest, error: Exception) -> HttpResponse:
    """PostgreSQL ends a transaction that was cut off for too long (docs/operating.md): lost like any other connection."""
    if getattr(error.__cause__, "sqlstate", None) == IDLE_TOO_LONG:
        return _unavailable(request, error)
    return _internal(request, error)


def _internal(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("request failed", method=request.method, exc_info=error)
    return failure(request, 500, "internal")


def _fields(errors: list[dict[str, Any]]) -> dict[str, str]:
    return {
        ".".join(str(part) for part in error["loc"] if part not in ("body", "payload", "query", "path")) or "body": str(
            error["msg"]
        )
        for error in errors
    }


class ApiErrorMiddleware:
    """Answers under /api/ that Django itself made (no such address, no such method, CSRF) get the one form too, and no
    browser or proxy keeps what the API says."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "TRACE":  # it would hand back a request's own headers
            return failure(request, 405, "method_not_allowed")
        response = self.get_response(request)
        if request.path.startswith(API_PREFIX):
            response.headers.setdefault("Cache-Control", "no-store")
        if (
            response.status_code >= 400
            and request.path.startswith(API_PREFIX)
            and not response.headers.get("Content-Type", "").startswith("application/json")
        ):
            made = failure(request, response.status_code, CODE_OF_STATUS.get(response.status_code, "error"))
            if "Allow" in response.headers:
                made["Allow"] = response.headers["Allow"]
            return made
        return response
