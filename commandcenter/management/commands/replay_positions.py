"""`manage.py replay_positions FILE`: plays vehicles' recorded positions into a running room as points of its units.
Only arguments, pacing and words; reading is `simulation/tracks.py`."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser

from commandcenter.simulation.tracks import NoTrack, Sighting, batches, dealt, laid_over, read_track

BATCH_MAX = 1000
PERIOD_SECONDS = 1.0
"""Of the wall: points of so long are sent together."""
TRIES = 20


class Command(BaseCommand):
    help = "Plays the positions of FILE into a running room at their own pace times --speed, as points of its units."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="CSV: longitude, latitude, timestamp, name_id")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the room")
        parser.add_argument("--token", required=True, help="of a tracker (manage.py create_token tracker)")
        parser.add_argument(
            "--units", required=True, metavar="A,B,…|FILE", help="call signs, or a file with one a line"
        )
        parser.add_argument("--speed", type=float, default=1.0, help="times faster than recorded; 0: as fast as can be")
        parser.add_argument("--around", metavar="LAT,LON", help="move the tracks so that their middle lies there")
        parser.add_argument("--limit", type=int, default=0, help="at most so many points; 0: all")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] < 0 or options["limit"] < 0:
            raise CommandError("--speed and --limit must not be below 0")
        try:
            with open(options["file"], encoding="utf-8-sig", newline="") as lines:
                track = read_track(lines)
        except (OSError, UnicodeDecodeError, NoTrack) as error:
            raise CommandError(f"{options['file']}: {error}") from None
        sightings = track.sightings
        if options["around"]:
            sightings = laid_over(sightings, *_place(options["around"]))
        roles, sightings = dealt(sightings, _units(options["units"]))
        sightings = sightings[: options["limit"] or None]
        self.stdout.write(f"{len(sightings)} points of {len(roles)} vehicles; {track.unreadable} lines unreadable")
        counts, took = self._send(options["url"], options["token"], roles, sightings, options["speed"])
        refused = {code: count for code, count in sorted(counts.items()) if code != "taken"}
        words = ", ".join(f"{code} {count}" for code, count in refused.items()) or "none"
        self.stdout.write(
            f"taken {counts['taken']}, refused: {words}; {len(sightings) / took:,.0f} points/s in {took:.1f} s"
        )

    def _send(
        self, url: str, token: str, roles: dict[str, str], sightings: list[Sighting], speed: float
    ) -> tuple[Counter[str], float]:
        """Reasons → how many, and the seconds it took. Times are told so that the last point is sent as it happens: at
        --speed the room sees shorter ways between them, as if the units were so much faster."""
        counts: Counter[str] = Counter()
        begun, first, last = time.time(), sightings[0].at, sightings[-1].at
        # As fast as can be: the recorded times, laid into the past, so that speeds stay what they were.
        past = begun - last
        span = PERIOD_SECONDS * speed if speed else float("inf")
        with httpx.Client(base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=20) as client:
            for batch in batches(sightings, span, BATCH_MAX):
                points = []
                for one in batch:
                    at = begun + (one.at - first) / speed if speed else one.at + past
                    points.append(
                        {
                            "unit": roles[one.vehicle],
                            "lat": one.lat,
                            "lon": one.lon,
                            "at": datetime.fromtimestamp(at, UTC).isoformat(),
                        }
                    )
                if speed:
                    time.sleep(max(0.0, begun + (batch[-1].at - first) / speed - time.time()))
                answer = _post(client, points)
                counts["taken"] += answer["taken"]
                counts.update(item["code"] for item in answer["refused"])
        return counts, max(time.time() - begun, 1e-9)


def _post(client: httpx.Client, points: list[dict[str, Any]]) -> Any:
    """The room's answer; a restarted or busy room is asked again."""
    for attempt in range(TRIES):
        try:
            answer = client.post("/api/v1/positions", json={"positions": points})
        except httpx.TransportError as error:
            if attempt + 1 == TRIES:
                raise CommandError(f"the room cannot be reached: {error}") from None
        else:
            if answer.status_code == 202:
                return answer.json()
            if answer.status_code not in (502, 503, 504):
                raise CommandError(f"the room refused: {answer.status_code} {answer.text[:300]}")
        time.sleep(1)
    raise CommandError("the room does not take points now")


def _place(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise CommandError("--around must be LAT,LON") from None
    return lat, lon


def _units(text: str) -> list[str]:
    path = Path(text)
    signs = path.read_text(encoding="utf-8").splitlines() if path.is_file() else text.split(",")
    units = list(dict.fromkeys(sign.strip() for sign in signs if sign.strip()))
    if not units:
        raise CommandError("--units names no unit")
    return units
