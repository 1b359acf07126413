"""Promises of the limits: how much one token, session or address may ask, who is told to wait, and whose word about an address
counts. Time is given, or a real server is asked."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from commandcenter.limits.addresses import client_address, key_of
from commandcenter.limits.buckets import KEYS_MAX, Bucket, Buckets, Rate
from commandcenter.limits.sockets import Places
from tests.cast import Cast
from tests.processes import web


def test_it_lets_so_many_at_once_and_then_so_many_a_second() -> None:
    bucket = Bucket(Rate.read("2/5"), 100.0)
    assert [bucket.spend(100.0) for _ in range(5)] == [0.0] * 5
    assert bucket.spend(100.0) == pytest.approx(0.5)
    assert bucket.spend(100.5) == 0.0 and bucket.spend(100.5) > 0
    assert [bucket.spend(200.0) > 0 for _ in range(6)] == [False] * 5 + [True]
    for text in ("", "0/5", "5/0", "x"):
        with pytest.raises(ValueError):
            Rate.read(text)


def test_it_keeps_a_bound_on_what_it_remembers_and_forgets_the_oldest() -> None:
    buckets = Buckets(Rate(1, 1))
    for number in range(KEYS_MAX + 10):
        buckets.spend("spent", 0.0)
        buckets.spend(number, 0.0)
    assert len(buckets) <= KEYS_MAX
    assert buckets.spend("spent", 0.0) > 0, "who asks all the time is not forgotten"


@pytest.mark.parametrize(
    ("peer", "told", "proxies", "address"),
    [
        ("203.0.113.5", "198.51.100.1", [], "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", ["10.0.0.0/8"], "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.7", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "nonsense", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "", ["10.0.0.0/8"], "10.0.0.1"),
    ],
)
def test_it_takes_only_a_trusted_proxys_word(
    peer: str, told: str, proxies: list[str], address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    scope = {"client": [peer, 1], "headers": [(b"x-forwarded-for", told.encode())] if told else []}
    assert client_address(scope) == address


def test_it_counts_a_whole_ipv6_site_as_one() -> None:
    assert key_of("2001:db8::1") == key_of("2001:db8::ffff") != key_of("2001:db8:0:1::1")
    assert key_of("::ffff:198.51.100.1") == key_of("198.51.100.1")


def test_it_bounds_sockets_by_user_and_in_all(settings: Any) -> None:
    settings.SOCKETS_OF_SESSIONS_MAX, settings.SOCKETS_OF_TOKENS_MAX, settings.SOCKETS_MAX = 2, 4, 5
    places = Places()
    first = places.take(1, has_token=False)
    assert first is not None and places.take(1, has_token=False) and not places.take(1, has_token=False)
    assert all(places.take(1, has_token=True) for _ in range(3)) and not places.take(2, has_token=True)
    first.leave()
    first.leave()
    assert len(places) == 4 and places.take(2, has_token=True)


@pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=pytest.mark.long)])
def test_it_tells_who_asks_too_much_when_to_come_again(open_city: Cast, server: str) -> None:
    limits = {
        "SIAGA_LIMIT_ADDRESS": "0.1/8",
        "SIAGA_LIMIT_TOKEN": "0.1/12",
        "SIAGA_LIMIT_FAILURES": "0.1/3",
        "SIAGA_BODY_SECONDS": "2",
        "SIAGA_BODY_MB": "1",
    }
    with web(server, **limits) as url, httpx.Client(base_url=f"{url}/api/v1/", timeout=30) as client:
        dana = {"Authorization": f"Bearer {open_city.token('dana')}"}
        answers = [client.get("me", headers=dana) for _ in range(14)]
        assert [answer.status_code for answer in answers] == [200] * 13 + [429]  # the first spent the address's
        last = answers[-1]
        assert last.json()["error"]["code"] == "too_many" and int(last.headers["Retry-After"]) >= 1
        assert client.get("me", headers={"Authorization": f"Bearer {open_city.token('sam')}"}).status_code == 200
        guesses = [client.get("me", headers={"Authorization": f"Bearer no-{number}"}) for number in range(5)]
        assert [answer.status_code for answer in guesses] == [401] * 3 + [429] * 2
        # What is known goes on while somebody at the same address guesses.
        assert client.get("me", headers={"Authorization": f"Bearer {open_city.token('sam')}"}).status_code == 200
        assert [httpx.get(f"{url}/login").status_code for _ in range(5)][-1] == 429
        assert all(httpx.get(f"{url}/healthz").status_code == 200 for _ in range(10))
        # A body that dawdles, and one that is too large: told so, or cut.
        head = f"POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {open_city.token('sam')}\r\n"
        assert _answered(url, f"{head}Content-Length: 500\r\n\r\nslow".encode()) in (b"", b"HTTP/1.1 408")
        large = f"{head}Content-Length: 9000000\r\n\r\n".encode() + b"x" * 1_100_000
        assert _answered(url, large) in (b"", b"HTTP/1.1 413")
        assert client.get("me", headers={"Authorization": f"Bearer {open_city.token('sam')}"}).status_code == 200


def _answered(url: str, request: bytes) -> bytes:
    """The beginning of the answer; nothing when the connection is cut. TimeoutError while it stays open."""
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=30) as line:
        try:
            line.sendall(request)
            return line.recv(12)
        except ConnectionError:
            return b""
