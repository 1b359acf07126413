"""The API over one kept connection, as lean as the standard library allows: the load generator's cost is not the server's."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit


class Refused(Exception):
    """An answer other than 2xx."""


class Api:
    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, json.dumps(body))

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        self._connection.request(method, f"/api/v1/{path}", body, self._headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status >= 300:
            raise Refused(f"{response.status} {data[:300]!r}")
        return json.loads(data)
