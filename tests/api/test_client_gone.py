"""A client that has gone, as after a cut, is no error of ours: its request is dropped, or ends quietly."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from commandcenter.handler import OneHopHandler

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/api/v1/incidents",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json"), (b"host", b"localhost")],
}


def request_of(body: bytes) -> tuple[ASGIRequest, Any]:
    stream = io.BytesIO(body)
    return ASGIRequest(SCOPE, stream), stream


def test_it_drops_a_request_whose_client_went_while_it_waited(caplog: pytest.LogCaptureFixture) -> None:
    request, stream = request_of(b"{}")
    stream.close()
    with caplog.at_level(logging.WARNING):
        assert OneHopHandler()._respond(request).status_code == 503
    assert caplog.records == []


def test_it_has_the_body_when_the_client_goes_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    request, stream = request_of(b'{"type": "burglary"}')
    handler = OneHopHandler()

    def view(asked: Any) -> HttpResponse:
        stream.close()
        return HttpResponse(asked.body)

    monkeypatch.setattr(handler, "get_response", view)
    assert handler._respond(request).content == b'{"type": "burglary"}'
