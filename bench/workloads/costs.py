"""What one real case costs from its call to its closing: CPU of each part, rows, bytes on disk and on the wire.
docs/sizing.md is reckoned from these (bench/sizing.py)."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from bench.api import Api
from bench.consoles import Consoles, consoles
from bench.measure import SIAGA, Result
from bench.stage import Process, Stage, cpu_seconds
from dispatch.models import Assignment, Unit
from incidents import timeline
from incidents.models import Incident, TimelineEntry
from tests.cast import MIDDLE, Cast

TITLE = "what one real case costs, from its call to its closing"
GOALS = ("sizing",)
CASES = 30
FEW, MANY = 10, 250
CHANGES = 40
BATCHES, BATCH = 20, 100
STEPS = ("acknowledged", "en_route", "on_scene", "cleared")
KIND = "burglary"
WAIT_SECONDS = 10


def run(stage: Stage) -> Result:
    result = Result()
    values: dict[tuple[str, str, str], list[float]] = {}

    def keep(what: str, unit: str, value: float, side: str = SIAGA) -> None:
        values.setdefault((what, side, unit), []).append(value)

    city = stage.city("costs")
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(stage.web("daphne"))
        worker = stack.enter_context(stage.worker())
        stack.enter_context(stage.sweeper())
        incident = Incident.objects.get(pk=city.open(KIND)["id"])
        crowds = {}
        for server, serves in (("daphne", web), ("uvicorn", stack.enter_context(stage.web("uvicorn")))):
            url = serves.live_url
            few, many = (stage.city(f"c{count}{server[0]}") for count in (FEW, MANY))
            for of, count in ((few, FEW), (many, MANY)):
                opened = Incident.objects.get(pk=of.open(KIND)["id"])
                readers = stack.enter_context(consoles(url, count, of.token("dana")))
                crowds[server, count] = (of, opened, serves, readers)
        _close(city, incident)
        _case(web, city, "warm")
        for repeat in range(stage.repeats):
            _measure_cases(keep, web, worker, city, repeat)
            _measure_positions(keep, web, city)
            for (server, count), crowd in crowds.items():
                cpu_us, size = _measure_changes(*crowd)
                keep(f"web CPU per event, {count} consoles", "µs", cpu_us, f"{SIAGA}, {server}")
                keep("bytes per frame", "B", size, f"{SIAGA}, {server}")
            for server in ("daphne", "uvicorn"):
                serves = crowds[server, MANY][2]
                keep(
                    f"memory of a web process, {FEW + MANY} consoles",
                    "MiB",
                    serves.rss_bytes / 2**20,
                    f"{SIAGA}, {server}",
                )
    for (what, side, unit), measured in values.items():
        result.add(what, side, unit, measured)
    result.notes.append(
        f"A case: the call rings, is answered, an incident is opened from it, a worker routes it and sends a unit, {len(STEPS)} "
        f"steps of the unit, a note, the call ends, the incident is closed. {CASES} cases a repeat, one after the other, "
        "through the public API."
    )
    return result


def _measure_cases(keep: Any, web: Process, worker: Process, city: Cast, repeat: int) -> None:
    parts = {"web": web.pid, "workers": worker.pid}
    if server := _postgres():
        parts["PostgreSQL"] = server
    spent = {part: cpu_seconds(pid) for part, pid in parts.items()}
    seq, disk, log = _head(city), _disk(), _log()
    for number in range(CASES):
        _case(web, city, f"{repeat}-{number}")
    for part, pid in parts.items():
        keep(f"CPU per case, {part}", "ms", (cpu_seconds(pid) - spent[part]) * 1000 / CASES)
    keep("timeline entries per case", "", (_head(city) - seq) / CASES)
    keep("bytes on disk per case", "B", (_disk() - disk) / CASES)
    keep("bytes of log (WAL) per case", "B", (_log() - log) / CASES)


def _measure_positions(keep: Any, web: Process, city: Cast) -> None:
    signs = list(Unit.objects.filter(center=city.center).values_list("call_sign", flat=True))[:BATCH]
    api, count = Api(web.url, city.token("tracker")), 0
    server = _postgres()
    disk, spent, database = _disk(), web.cpu_seconds, cpu_seconds(server)
    for number in range(BATCHES):
        at = timezone.now().isoformat()
        place = {"lat": -7.25 - number * 1e-4, "lon": 112.75, "at": at, "speed": 30, "heading": 180}
        count += api.post("positions", {"positions": [{"unit": sign, **place} for sign in signs]})["taken"]
    keep("web CPU per position, in batches", "µs", (web.cpu_seconds - spent) * 1e6 / count)
    if server:
        keep("PostgreSQL CPU per position", "µs", (cpu_seconds(server) - database) * 1e6 / count)
    keep("bytes on disk per position", "B", (_disk() - disk) / count)


def _measure_changes(city: Cast, incident: Incident, web: Process, readers: Consoles) -> tuple[float, float]:
    """(CPU of the web process per event in µs, bytes of a frame); each change waited for."""
    before, spent = readers.stats(), web.cpu_seconds
    for _ in range(CHANGES):
        with timeline.action(city.center, None) as log:
            log.add("incident_changed", touch=[incident], incident=incident.pk, fields="address")
        readers.all_have(log.seq)
    cpu, after = web.cpu_seconds - spent, readers.stats()
    return cpu * 1e6 / CHANGES, (after["frame_bytes"] - before["frame_bytes"]) / (after["frames"] - before["frames"])


def _case(web: Process, city: Cast, key: str) -> None:
    hotline, dana = Api(web.url, city.token("hotline")), Api(web.url, city.token("dana"))
    now = timezone.now().isoformat()
    call = hotline.post(
        "calls", {"external_id": f"costs-{key}", "line": "1", "caller_number": "0800-0000-0001", "rang_at": now}
    )
    dana.post(f"calls/{call['id']}/answer", {})
    body = {"type": KIND, "location": MIDDLE, "narrative": "pintu belakang dibobol", "call": call["id"]}
    incident = dana.post("incidents", body)["id"]
    sent = _sent_to(incident)
    dana.post(f"calls/{call['id']}/end", {})
    for status in STEPS:
        dana.post(f"assignments/{sent}/status", {"status": status})
    dana.post(f"incidents/{incident}/notes", {"text": "pelaku tidak ditemukan"})
    dana.post(f"incidents/{incident}/close", {"disposition": "selesai"})


def _sent_to(incident: int) -> int:
    """The assignment that a worker made. Raises TimeoutError."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = Assignment.objects.filter(incident=incident).values_list("pk", flat=True).first()
        if found is not None:
            return found
        time.sleep(0.01)
    raise TimeoutError("nobody was sent")


def _close(city: Cast, incident: Incident) -> None:
    city.ok("POST", f"incidents/{incident.pk}/close", {"disposition": "selesai"})


def _head(city: Cast) -> int:
    return TimelineEntry.objects.filter(center=city.center).count()


def _disk() -> int:
    return int(_one("SELECT pg_database_size(current_database())"))


def _log() -> int:
    return int(_one("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))


def _one(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _postgres() -> int:
    """The server's first process, when it runs on this machine; else 0."""
    backend = Path(f"/proc/{_one('SELECT pg_backend_pid()')}")
    with contextlib.suppress(OSError):
        if "postgres" in (backend / "comm").read_text():
            return int((backend / "stat").read_text().rpartition(")")[2].split()[1])
    return 0
