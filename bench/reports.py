"""The driver's hand on `bench.load.reports`, and the emptying of a room between two loads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.measure import percentile
from dispatch.actions.close import close_incident
from incidents.models import Alarm, Incident, Job
from tests.cast import Cast
from tests.processes import ROOT


@dataclass(frozen=True)
class Load:
    """What a load of reports saw. Milliseconds, from when each was due to be sent."""

    seconds: float
    answered: list[float]
    routed: list[float]
    refused: int

    @property
    def rate(self) -> float:
        return len(self.answered) / self.seconds

    def answered_ms(self, percent: float) -> float:
        return percentile(self.answered, percent)

    def routed_ms(self, percent: float) -> float:
        return percentile(self.routed, percent)


def report(urls: list[str], city: Cast, count: int, rate: float, connections: int = 8, wait: float = 20) -> Load:
    """`count` incidents over the API at `rate` a second (0: as fast as answers come); then up to `wait` seconds
    for the last to be routed. Raises RuntimeError when one was refused."""
    argv = [sys.executable, "-m", "bench.load.reports", ",".join(urls), city.token("dana")]
    argv += [str(count), str(rate), str(connections), str(wait)]
    said = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    load = Load(**json.loads(said))
    if load.refused or len(load.answered) != count:
        raise RuntimeError(f"{load.refused} of {count} refused")
    return load


def clear(city: Cast) -> None:
    """Closes what is open, so that the units are free for the next load."""
    for pk in Incident.objects.filter(center=city.center).exclude(status="closed").values_list("pk", flat=True):
        close_incident(city.center, city.users["sam"], pk, disposition="handled")
    Alarm.objects.filter(center=city.center, status="raised").update(status="cleared")


def settle(city: Cast, seconds: float = 60) -> None:
    """Waits until workers have done what an earlier load left them, and clears the room."""
    deadline = time.monotonic() + seconds
    due = Job.objects.filter(center=city.center, kind="route_incident", status="due")
    while due.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    clear(city)
