"""How OpenAPI shows the trackers' own address, which `commandcenter/tracking/http.py` answers. Only its description."""

from typing import Any


def _parameter(name: str, kind: str, description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": {"type": kind}, "description": description}


_ANSWERS: dict[int, dict[str, Any]] = {
    200: {"description": "Taken, or refused by the judge: a phone would send it again for ever"},
    400: {"description": "A parameter that cannot be read, or an unknown device; named in `fields`"},
    401: {"description": "No token, or one that opens nothing"},
    403: {"description": "Not a tracker's token"},
    413: {"description": "The body is too large"},
    429: {"description": "Too many requests"},
}
_PARAMETERS = [
    _parameter("id", "string", "the device, or the unit's call sign"),
    _parameter("lat", "number", "degrees"),
    _parameter("lon", "number", "degrees"),
    _parameter("timestamp", "string", "seconds, milliseconds or ISO 8601; without: now"),
    _parameter("speed", "number", "knots"),
    _parameter("bearing", "number", "degrees"),
    _parameter("token", "string", "the bearer token, for phones that can set no header"),
]


def _operation(method: str, **more: Any) -> dict[str, Any]:
    return {
        "operationId": f"track_{method}",
        "summary": "One point of OsmAnd or Traccar Client",
        "parameters": _PARAMETERS,
        "responses": _ANSWERS,
        "tags": ["dispatch"],
        "security": [{"Bearer": []}],
        **more,
    }


_BODY = {
    "content": {
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        "application/json": {"schema": {"type": "object"}},
    }
}
TRACK: dict[str, Any] = {"get": _operation("get"), "post": _operation("post", requestBody=_BODY)}
