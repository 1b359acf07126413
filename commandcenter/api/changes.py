"""What every state-changing endpoint does: check the role, open the action, honour the Idempotency-Key, answer JSON, with
what the user may not see masked.
The answer is stored in the transaction of its effect, so a repeated key gets the same answer and has no second effect."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from commandcenter.api.accounts import center_of, user_of
from commandcenter.live.audiences import shown_to
from incidents import timeline
from incidents.access import MAY, require
from incidents.models import IdempotencyKey
from incidents.refusals import Invalid, Refusal

KEY_CHARACTERS_MAX = 200
Answer = tuple[int, Any]


class KeyUsedForOther(Refusal):
    code = "idempotency_key_reused"
    status_code = 422
    words = {
        "id": "Idempotency-Key ini sudah dipakai untuk permintaan lain.",
        "en": "This Idempotency-Key was used for another request.",
    }


def answer(status: int, body: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json")


def allows(what: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorates a view that answers by itself. Every operation of the API has this or one of the two below; without, the
    API does not start (`commandcenter/api/root.py`)."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(user_of(request), what)
            return view(request, *args, **kwargs)

        return names_row(wrapped, what)

    return decorate


def names_row(view: Callable[..., HttpResponse], what: str) -> Callable[..., HttpResponse]:
    """Marks the view with its row of the table of access, for the check at the start. KeyError for one that is not there."""
    MAY[what]
    view.access_row = what  # type: ignore[attr-defined]
    return view


def reads(what: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """Decorates a view that only reads and returns a JSON body."""

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = user_of(request)
            require(user, what)
            return answer(200, shown_to(user, view(request, *args, **kwargs)))

        return names_row(wrapped, what)

    return decorate


def changes(what: str) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """Decorates a view that changes something and returns (status code, JSON body)."""

    def decorate(view: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = user_of(request)
            require(user, what)
            with timeline.action(center_of(request), user):
                key = _begin(request)
                if key is not None and key.response is not None and key.status_code is not None:
                    return HttpResponse(bytes(key.response), status=key.status_code, content_type="application/json")
                status, body = view(request, *args, **kwargs)
                response = answer(status, shown_to(user, body))
                if key is not None:
                    key.status_code, key.response = status, response.content
                    key.save(update_fields=["status_code", "response"])
            return response

        return names_row(wrapped, what)

    return decorate


def reveals(what: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """Decorates a view that returns personal data unmasked, with the log of it in one transaction. Nothing keeps the answer,
    neither a browser nor the table of repeated requests: a repeat is another look, and is logged again."""

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(user_of(request), what)
            with timeline.action(center_of(request), user_of(request)):
                response = answer(200, view(request, *args, **kwargs))
            response["Cache-Control"] = "no-store"
            return response

        return names_row(wrapped, what)

    return decorate


def _begin(request: HttpRequest) -> IdempotencyKey | None:
    """The key's row, inserted first: a second request with it waits here until the first is done."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not key.isprintable():
        raise Invalid(field="Idempotency-Key", why=f"1–{KEY_CHARACTERS_MAX} characters")
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    row, is_new = IdempotencyKey.objects.get_or_create(
        user=user_of(request), key=key, defaults={"request_digest": digest}
    )
    if not is_new and bytes(row.request_digest) != digest:
        raise KeyUsedForOther
    return row
