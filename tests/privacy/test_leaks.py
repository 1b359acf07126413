"""Personal data is in no log, no frame of a crew or a wall, no refusal: planted markers are driven through every endpoint of real
processes, well and badly, and whatever these processes wrote and sent is searched for them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from django.db import connection
from django.utils import timezone

from commandcenter.doors import API
from dispatch.models import Unit
from incidents.models import IncidentType, User
from tests.cast import MIDDLE, Cast
from tests.processes import ROOT, end, environment, free_port, wait_for

NUMBER, WORDS, NOTE = "0800-0000-9137", "penanda-riwayat-jantung", "penanda-obat-pengencer"
MARKERS = (NUMBER.encode(), NUMBER.replace("-", "").encode(), WORDS.encode(), NOTE.encode())


def start_logged(log: Path, *argv: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, *argv], cwd=ROOT, env=environment(SIAGA_LOG_LEVEL="DEBUG"), start_new_session=True,
            stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip


def found_in(body: bytes) -> list[bytes]:
    return [marker for marker in MARKERS if marker in body]


class Told:
    """What one socket was told."""

    def __init__(self) -> None:
        self.bytes = 0
        self.text = b""

    async def listen(self, url: str, token: str) -> None:
        async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            while True:
                message = await socket.recv()
                self.text += message.encode() if isinstance(message, str) else message


@pytest.mark.long
async def test_it_leaves_no_trace_of_what_was_said(transactional_db: None, open_city: Cast, tmp_path: Path) -> None:
    city = open_city
    from_thread = asyncio.to_thread
    await from_thread(_people, city)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    logs = [tmp_path / name for name in ("web.log", "worker.log", "sweeper.log")]
    celery = "-m celery -A commandcenter worker -Q dispatch,notify,report --pool solo --prefetch-multiplier 1 -l INFO -n leaks@%h"
    processes = [
        start_logged(logs[0], "manage.py", "serve", "--port", str(port)),
        start_logged(logs[1], *celery.split()),
        start_logged(logs[2], "manage.py", "sweep"),
    ]
    told = {name: Told() for name in ("operator", "wall", "police")}
    refusals: list[bytes] = []
    try:
        await from_thread(wait_for, f"{url}/healthz", processes[0])
        socket = url.replace("http", "ws") + "/ws/live"
        ears = [
            asyncio.create_task(told["operator"].listen(socket, city.token("dana"))),
            asyncio.create_task(told["wall"].listen(f"{socket}?view=wall", city.token("sam"))),
            asyncio.create_task(told["police"].listen(socket, city.token("police"))),
        ]
        await asyncio.sleep(2)
        async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=20) as api:
            await _play(api, city)
            await asyncio.sleep(4)  # the worker routes, the sweeper sweeps
            await _refuse_everything(api, city, refusals)
            for who in ("police", "tracker", "hotline", "crew"):
                board = await api.get("board", headers=_as(city, who))
                assert found_in(board.content) == [], who
        await asyncio.sleep(1)
        for ear in ears:
            ear.cancel()
        await asyncio.gather(*ears, return_exceptions=True)
    finally:
        for process in processes:
            await from_thread(end, process)
    assert all(marker in told["operator"].text for marker in (NUMBER.encode(), WORDS.encode()))
    assert b'"frame"' in told["wall"].text and b'"frame"' in told["police"].text
    assert (found_in(told["wall"].text), found_in(told["police"].text)) == ([], [])
    assert len(refusals) > len(API) and [body for body in refusals if found_in(body)] == []
    for log in logs:
        assert log.stat().st_size > 0, log.name
        assert found_in(log.read_bytes()) == [], log.name
    assert await from_thread(_in_the_timeline) == 0


def _people(city: Cast) -> None:
    IncidentType.objects.create(
        center=city.center, code="heart", name_id="jantung", name_en="heart", category="medical", default_priority=2
    )
    city.users["police"] = User.objects.create(username="police", role="crew", center=city.center)
    Unit.objects.get(center=city.center, call_sign="POL-01").crew.add(city.users["police"])
    city.__post_init__()


def _as(city: Cast, who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {city.token(who)}"}


async def _play(api: httpx.AsyncClient, city: Cast) -> None:
    """A call becomes a medical case, is noted, referred to the police, searched, revealed, changed and closed."""
    dana, now = _as(city, "dana"), timezone.now().isoformat()

    async def ask(method: str, path: str, body: Any = None, who: dict[str, str] = dana) -> Any:
        answer = await api.request(method, path, json=body, headers=who)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    ring = {"external_id": "leak-1", "line": "1", "caller_number": NUMBER, "rang_at": now}
    call = await ask("POST", "calls", ring, _as(city, "hotline"))
    await ask("POST", f"calls/{call['id']}/answer")
    body = {"type": "heart", "location": MIDDLE, "narrative": f"{WORDS}, {NUMBER}", "call": call["id"]}
    case = await ask("POST", "incidents", body)
    path = f"incidents/{case['id']}"
    await ask("POST", f"{path}/notes", {"text": f"{NOTE} {NUMBER}"})
    await ask("POST", f"{path}/referrals", {"agency": "polrestabes"})
    await ask("GET", f"incidents?q={WORDS}")
    await ask("POST", f"calls/{call['id']}/reveal", {"reason": f"telepon {NUMBER}"}, _as(city, "sam"))
    await ask("POST", f"{path}/reveal", {"reason": "menanyakan gejala"}, _as(city, "police"))
    await ask("PATCH", path, {"narrative": f"{WORDS} {NUMBER} lagi"})
    await ask("POST", f"{path}/assignments", {"unit": "POL-01"})
    await ask("POST", f"calls/{call['id']}/end")
    await ask("POST", f"{path}/close", {"disposition": f"hubungi {NUMBER}"})
    await ask("POST", f"{path}/notes", {"text": NOTE})


async def _refuse_everything(api: httpx.AsyncClient, city: Cast, refusals: list[bytes]) -> None:
    """Every operation with the markers where they do not belong, as several roles and as nobody."""
    bad: list[Any] = [
        {"external_id": NUMBER, "caller_number": {"x": WORDS}, "rang_at": WORDS, "line": ""},
        {"type": NUMBER[:20], "location": {"lat": WORDS, "lon": NOTE}, "narrative": [WORDS], "priority": NOTE},
        {"reason": [NOTE], "text": {"a": NOTE}, "status": WORDS, "unit": 5, "agency": None, "outcome": NUMBER},
        [WORDS, NUMBER],
    ]
    for operation in API:
        method, path = operation.split(" ", 1)
        path = path.replace("{call_sign}", "TIADA")
        while "{" in path:
            path = path[: path.index("{")] + "999999" + path[path.index("}") + 1 :]
        for who in ("dana", "police", "hotline", None):
            headers = _as(city, who) if who else {}
            for body in bad[:2] if who != "dana" else bad:
                answer = await api.request(
                    method, path, content=json.dumps(body), headers=headers | {"Content-Type": "application/json"}
                )
                assert answer.status_code < 500, (operation, answer.status_code)
                if answer.status_code >= 400:
                    refusals.append(answer.content)
        broken = await api.request(method, path, content=f'{{"{WORDS}"'.encode(), headers=_as(city, "dana"))
        if broken.status_code >= 400:
            refusals.append(broken.content)


def _in_the_timeline() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM incidents_timelineentry e WHERE e::text LIKE ANY(%s)",
            [[f"%{marker.decode()}%" for marker in MARKERS]],
        )
        return int(cursor.fetchone()[0])
