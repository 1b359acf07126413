"""Promises of calling out: public addresses alone, also behind a redirect or a name that changes its mind; bounded in time and
size; and one way only, which a search of the code holds."""

from __future__ import annotations

import ast
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from incidents import outbound
from incidents.outbound import Forbidden, NoAnswer, call, is_public

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = {
    "httpx",
    "httpcore",
    "requests",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
    "websockets.sync.client",
}
# The simulation and the replay speak to the room that a person names on the command line, as a browser would.
OUTSIDERS = {
    "commandcenter/management/commands/replay_positions.py",
    "commandcenter/simulation/client.py",
}


PRIVATE = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1
255.255.255.255 ::1 :: fe80::1 fc00::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1::
64:ff9b::7f00:1 64:ff9b::a00:1 ff02::1
"""


class Room(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            for _ in range(50):
                time.sleep(0.1)
                self.wfile.write(b".")
        self.wfile.write(b"x" * (3_000_000 if self.path == "/large" else 5))

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Room)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", PRIVATE.split())
def test_it_calls_no_private_address(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Forbidden):
        call("GET", f"http://{host}/")


def test_it_knows_public_addresses() -> None:
    for address in ("8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"):
        assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://127.0.0.1/", "http://user@example.org/", "http://", "//x", "http://x:99999/"],
)
def test_it_calls_only_http(url: str) -> None:
    with pytest.raises(Forbidden):
        call("GET", url)


@pytest.mark.parametrize("spelled", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_it_is_not_taken_in_by_another_spelling(address: str, spelled: str) -> None:
    with pytest.raises((Forbidden, NoAnswer)):
        call("GET", f"http://{spelled}:{address.split(':')[1]}/")


def test_it_calls_a_private_host_that_the_settings_name(address: str, settings: Any) -> None:
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    assert call("GET", f"http://{address}/").body == b"xxxxx"


def test_it_follows_no_redirect_to_a_private_address(address: str, settings: Any) -> None:
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    port = address.split(":")[1]
    assert call("GET", f"http://{address}/to?/").body == b"xxxxx"
    for target in (f"http://localhost:{port}/", f"http://[::ffff:127.0.0.1]:{port}/", "file:///etc/passwd"):
        with pytest.raises(Forbidden):
            call("GET", f"http://{address}/to?{target}")
    with pytest.raises(NoAnswer, match="redirects"):
        call("GET", f"http://{address}/to?" + f"http://{address}/to?" * 5)


def test_it_connects_to_the_address_it_checked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when it is looked at and private a moment later."""
    asked, connected = [], []

    def lookup(host: str, port: int, **more: Any) -> Any:
        asked.append(host)
        answer = "203.0.113.9" if len(asked) > 1 else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    def connect(self: Any, host: str, *more: Any) -> Any:
        connected.append(host)
        raise outbound.httpcore.ConnectError("not here")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", lookup)
    monkeypatch.setattr(outbound.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(NoAnswer):
        call("GET", "http://rebinding.example/")
    assert (asked, connected) == (["rebinding.example"], ["8.8.8.8"])


def test_it_bounds_time_and_size(address: str, settings: Any) -> None:
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    settings.OUTBOUND_MB_MAX = 1
    with pytest.raises(NoAnswer, match="more than"):
        call("GET", f"http://{address}/large")
    settings.OUTBOUND_SECONDS = 0.5
    with pytest.raises(NoAnswer):
        call("GET", f"http://{address}/slow")


def test_it_is_the_only_way_out() -> None:
    found = set()
    for app in ("incidents", "dispatch", "commandcenter"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                if CLIENTS & set(names):
                    found.add(str(path.relative_to(ROOT)))
    assert found == {"incidents/outbound.py", *OUTSIDERS}
