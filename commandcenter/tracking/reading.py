"""Reading points as trackers write them in our own JSON. Each is read for itself: a bad one does not refuse the others.
Pure; checked by hand, since a batch of thousands is read on the event loop's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.actions.positions import RefusedFix
from dispatch.tracks import Fix

POSITIONS_MAX = 5000
NAME_CHARACTERS_MAX = 64
SPEED_KMH_MAX = 400
NUMBERS = (int, float)


class Unreadable(ValueError):
    """A field that cannot be taken, and why in both languages."""

    def __init__(self, name: str, indonesian: str, english: str) -> None:
        self.name = name
        self.why = f"{indonesian} / {english}"
        super().__init__(f"{name}: {self.why}")


@dataclass
class Batch:
    """The readable points, the place each had in what was sent, and the others by name."""

    fixes: list[Fix] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    refused: list[RefusedFix] = field(default_factory=list)

    def answer(self, refused: Iterable[RefusedFix]) -> dict[str, Any]:
        """The JSON answer, given what was refused of `fixes`."""
        all_refused = [(item.index, item) for item in self.refused]
        all_refused += [(self.indexes[item.index], item) for item in refused]
        all_refused.sort(key=lambda pair: pair[0])
        return {
            "taken": len(self.fixes) + len(self.refused) - len(all_refused),
            "refused": [
                {"index": index, "unit": item.unit, "code": item.code, "message": item.message}
                for index, item in all_refused
            ],
        }


def read_batch(items: Iterable[Any]) -> Batch:
    batch = Batch()
    fixes, indexes = batch.fixes, batch.indexes
    for index, item in enumerate(items):
        try:
            fixes.append(read_fix(item))
            indexes.append(index)
        except Unreadable as error:
            name = item.get("unit") if isinstance(item, dict) else None
            unit = printable(str(name))[:NAME_CHARACTERS_MAX] if name is not None else ""
            batch.refused.append(RefusedFix(index, unit, "invalid", str(error)))
    return batch


def read_fix(item: Any) -> Fix:
    """One point {"unit", "lat", "lon", "at", "speed"?, "heading"?}. Raises Unreadable that names the field."""
    if type(item) is not dict:
        raise Unreadable("position", "bukan objek", "is not an object")
    get: Callable[[str], Any] = item.get
    unit, lat, lon, at, speed, heading = get("unit"), get("lat"), get("lon"), get("at"), get("speed"), get("heading")
    if type(unit) is not str or not 0 < len(unit) <= NAME_CHARACTERS_MAX:
        raise Unreadable("unit", f"teks 1–{NAME_CHARACTERS_MAX} huruf", f"text of 1–{NAME_CHARACTERS_MAX} characters")
    if type(lat) not in NUMBERS or not -90 <= lat <= 90:
        raise Unreadable("lat", "angka -90 sampai 90", "a number from -90 to 90")
    if type(lon) not in NUMBERS or not -180 <= lon <= 180:
        raise Unreadable("lon", "angka -180 sampai 180", "a number from -180 to 180")
    if speed is not None and (type(speed) not in NUMBERS or not 0 <= speed <= SPEED_KMH_MAX):
        raise Unreadable("speed", f"angka 0 sampai {SPEED_KMH_MAX}", f"a number from 0 to {SPEED_KMH_MAX}")
    if heading is not None and (type(heading) not in NUMBERS or not 0 <= heading <= 360):
        raise Unreadable("heading", "angka 0 sampai 360", "a number from 0 to 360")
    return Fix(unit, float(lat), float(lon), seconds_of(at), speed, heading)


def seconds_of(at: Any) -> float:
    """Unix time of an ISO 8601 text with its zone. Raises Unreadable."""
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is not None:
            return moment.timestamp()
    except (TypeError, ValueError, OverflowError):
        pass
    raise Unreadable("at", "waktu ISO 8601 dengan zona", "an ISO 8601 time with its zone")


def printable(text: str) -> str:
    """What can be put into a JSON answer: no half characters."""
    return text.encode("utf-8", "replace").decode()
