"""Promises of the logs: one JSON object a line, one id from the call to the unit, nothing that somebody typed."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings

from commandcenter.edge import request_id_of
from incidents import logs
from incidents.logs import FIELDS, JsonLines
from tests.cast import MIDDLE, Cast
from tests.processes import end, environment, start_worker, web

TYPED = ("pintu belakang", "Jl. Rahasia", "0800-0000-0001", "saksi mata")
UTC = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def work_a_case(city: Cast) -> None:
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer", {})
    incident = city.open("burglary", call=call["id"], narrative=TYPED[0], address=TYPED[1])
    city.ok("POST", f"incidents/{incident['id']}/notes", {"text": TYPED[3]})
    city.work()


def test_it_logs_nothing_that_somebody_typed(open_city: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    work_a_case(open_city)
    open_city.refused("GET", f"incidents?q={TYPED[0]}&page=0")
    open_city.refused("POST", "incidents", {"type": TYPED[0], "location": MIDDLE})
    told = capsys.readouterr().err
    assert "incident_opened" in told and "unit_dispatched" in told
    assert [word for word in TYPED if word in told] == []
    assert {name for line in lines_of(told) for name in line} <= FIELDS


def test_it_writes_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.get("test").info("what happened", kind='two\nlines"}', unit="PMK-01", narrative="secret", count=3)
    (line,) = lines_of(capsys.readouterr().err)
    assert line["event"] == "what happened" and line["count"] == 3 and line["unit"] == "PMK-01"
    assert line["kind"] == "withheld" and "narrative" not in line and UTC.fullmatch(line["at"])


def test_it_keeps_of_other_libraries_the_template_alone() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    other = logging.Logger("other.library")
    other.addHandler(handler)
    other.warning("cannot reach %s for %s", "db.example", "0800-0000-0001")
    other.warning("a whole sentence about 0800-0000-0001")
    first, second = lines_of(stream.getvalue())
    assert first["event"] == "cannot reach %s for %s" and "withheld" in second["event"]
    assert "0800" not in stream.getvalue() and second["line"].startswith("test_logs:")


def test_it_tells_an_error_by_kind_and_place_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("Key (caller_number)=(0800-0000-0001) already exists")
    except ValueError as error:
        logs.get("test").error("request failed", exc_info=error)
    told = capsys.readouterr().err
    (line,) = lines_of(told)
    assert line["error"] == "ValueError" and "test_logs.py" in line["trace"][-1] and "0800" not in told


def scope(peer: str, **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (peer, 1), "headers": named}


def test_it_keeps_only_a_trusted_proxys_id(settings: Any) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    given = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "x_request_id": "from-outside-1"}
    assert request_id_of(scope("10.0.0.1", **given)) not in (trace, "from-outside-1")
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    assert request_id_of(scope("10.0.0.1", **given)) == trace
    assert request_id_of(scope("10.0.0.1", x_request_id="from-outside-1")) == "from-outside-1"
    assert request_id_of(scope("10.0.0.1", x_request_id='"}\nforged')) != '"}\nforged'
    assert request_id_of(scope("10.0.1.1", **given)) != trace


@pytest.mark.long
def test_it_logs_a_refusal_with_its_code_and_who(open_city: Cast, capfd: pytest.CaptureFixture[str]) -> None:
    with web() as url:
        crew = {"Authorization": f"Bearer {open_city.token('crew')}"}
        body = {"type": "burglary", "location": MIDDLE}
        answer = httpx.post(f"{url}/api/v1/incidents", json=body, headers=crew, timeout=20)
        assert answer.status_code == 403 and re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    (line,) = [
        line for line in lines_of(capfd.readouterr().err) if line["event"] == "request" and line["status"] == 403
    ]
    assert line["request"] == answer.headers["x-request-id"] and line["code"] == "not_allowed"
    assert (line["operation"], line["role"], line["user"]) == ("incidents_open", "crew", open_city.users["crew"].pk)


@pytest.mark.long
def test_it_follows_one_case_from_the_call_to_the_unit(open_city: Cast, capfd: pytest.CaptureFixture[str]) -> None:
    """Through a real web process and a real worker: all lines of the case have the id of the request that rang."""
    assert environment()["REDIS_URL"] == django_settings.REDIS_URL
    worker = start_worker("logged")
    try:
        with web() as url:
            ring = {"external_id": "e-1", "line": "1", "caller_number": TYPED[2], "rang_at": "2026-01-01T00:00:00Z"}
            api = httpx.Client(base_url=f"{url}/api/v1/", timeout=20)
            as_dana = {"Authorization": f"Bearer {open_city.token('dana')}"}
            rang = api.post("calls", json=ring, headers={"Authorization": f"Bearer {open_city.token('hotline')}"})
            call = rang.json()["id"]
            api.post(f"calls/{call}/answer", json={}, headers=as_dana)
            body = {"type": "burglary", "location": MIDDLE, "call": call, "narrative": TYPED[0]}
            incident = api.post("incidents", json=body, headers=as_dana).json()["id"]
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                whole = api.get(f"incidents/{incident}", headers=as_dana).json()
                if whole["assignments"]:
                    break
                time.sleep(0.3)
    finally:
        end(worker)
    told = capfd.readouterr().err
    case = rang.headers["x-request-id"]
    mine = [line for line in lines_of(told) if case in (line.get("case"), line.get("request"))]
    kinds = [line["kind"] for line in mine if line["event"] == "entry"]
    assert {"call_rang", "call_answered", "incident_opened", "incident_routed", "unit_dispatched"} <= set(kinds)
    sent = next(line for line in mine if line.get("kind") == "unit_dispatched")
    assert sent["unit"] == "POL-01" and sent["incident"] == incident and "worker" in sent and UTC.fullmatch(sent["at"])
    assert [word for word in TYPED if word in told] == []
