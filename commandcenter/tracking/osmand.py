"""OsmAnd's and Traccar Client's HTTP protocol: query or form parameters, or the JSON of background geolocation.
Pure: parameters in, a Fix out. Fields and units as https://www.traccar.org/osmand/ says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from commandcenter.tracking.reading import NAME_CHARACTERS_MAX, Unreadable
from dispatch.tracks import Fix

KMH_PER_KNOT = 1.852
KMH_PER_MS = 3.6
SECONDS_MAX = 2**31 - 1
"""A larger number is milliseconds."""
SPEED_KMH_MAX = 2000.0


def read_parameters(asked: Mapping[str, str], now: float) -> Fix:
    """The query or form: id or deviceid; lat and lon, or location=lat,lon; timestamp in seconds, milliseconds or ISO (none:
    now); speed in knots; bearing or heading in degrees; valid. Others (altitude, accuracy, batt, …) are not kept, but those
    known must be numbers; an empty one is as good as none. Raises Unreadable that names the parameter."""
    asked = {name: value for name, value in asked.items() if value}
    device = asked.get("id") or asked.get("deviceid") or ""
    lat, lon = asked.get("lat"), asked.get("lon")
    if lat is None and lon is None and "location" in asked:
        lat, _, lon = asked["location"].partition(",")
    if asked.get("valid", "true").lower() not in ("true", "1"):
        raise Unreadable("valid", "penerima belum mendapat lokasi", "the receiver had no fix")
    for name in ("altitude", "accuracy", "hdop", "batt"):
        if name in asked:
            _number(name, asked[name], float("-inf"), float("inf"))
    speed = asked.get("speed")
    name = "bearing" if "bearing" in asked else "heading"
    return Fix(
        _device("id", device),
        _number("lat", lat, -90, 90),
        _number("lon", lon, -180, 180),
        now if asked.get("timestamp") is None else _time(asked["timestamp"]),
        None if speed is None else _speed(_number("speed", speed, float("-inf"), float("inf")) * KMH_PER_KNOT),
        None if asked.get(name) is None else _heading(name, asked[name]),
    )


def read_location(body: Any) -> Fix:
    """The JSON form {"location": {"timestamp", "coords": {"latitude", "longitude", "speed" m/s, "heading"}}, "device_id"}.
    A speed or heading below 0 means unknown. Raises Unreadable that names the field."""
    location = _object("location", _object("body", body).get("location"))
    coords = _object("location.coords", location.get("coords"))
    speed, heading = coords.get("speed"), coords.get("heading")
    return Fix(
        _device("device_id", body.get("device_id")),
        _number("location.coords.latitude", coords.get("latitude"), -90, 90),
        _number("location.coords.longitude", coords.get("longitude"), -180, 180),
        _time(location.get("timestamp"), "location.timestamp"),
        None
        if speed is None
        else _speed(_number("location.coords.speed", speed, float("-inf"), float("inf")) * KMH_PER_MS),
        None if heading is None else _heading("location.coords.heading", heading),
    )


def _device(name: str, value: Any) -> str:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= NAME_CHARACTERS_MAX:
        raise Unreadable(
            name, f"pengenal 1–{NAME_CHARACTERS_MAX} huruf", f"an identifier of 1–{NAME_CHARACTERS_MAX} characters"
        )
    return text


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(name, "harus objek", "must be an object")
    return value


def _number(name: str, value: Any, low: float, high: float) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError
        number = float(value)
        if isfinite(number) and low <= number <= high:
            return number
    except (ValueError, OverflowError):
        pass
    if isfinite(low):
        raise Unreadable(name, f"angka {low:g} sampai {high:g}", f"a number from {low:g} to {high:g}")
    raise Unreadable(name, "harus angka", "must be a number")


def _speed(kmh: float) -> float | None:
    """Receivers say -1 for unknown; what is beyond every vehicle is left to the judge."""
    return None if kmh < 0 else min(kmh, SPEED_KMH_MAX)


def _heading(name: str, value: Any) -> float | None:
    degrees = _number(name, value, float("-inf"), float("inf"))
    return None if degrees < 0 else degrees % 360


def _time(value: Any, name: str = "timestamp") -> float:
    try:
        return _seconds(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(name, "detik, milidetik, atau ISO 8601", "seconds, milliseconds or ISO 8601") from None


def _seconds(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    number = float(value)
    if not (isfinite(number) and 0 < number < SECONDS_MAX * 1000):
        raise ValueError
    # Microseconds, as the database keeps them.
    return round(number if number <= SECONDS_MAX else number / 1000, 6)
