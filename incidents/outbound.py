"""The one way by which Siaga calls another host: map layers, webhooks, engines, whoever needs it. Public addresses alone unless
SIAGA_OUTBOUND_HOSTS names the host; what was checked is what is connected to. Nothing else may open an HTTP connection."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
from django.conf import settings

REDIRECTS_MAX = 3
REDIRECTS = (301, 302, 303, 307, 308)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
BYTES_OF_MB = 1_000_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):
    """A host, an address or a scheme that Siaga does not call."""


class NoAnswer(Exception):
    """It could not be reached, took too long, or answered with more than is taken."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes


def is_public(address: Address) -> bool:
    """Whether it leads out of every private network, whatever other address is wrapped in it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner: list[Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
        if address.teredo is not None:
            inner += address.teredo
        if address in NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if not all(is_public(one) for one in inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def addresses_of(host: str, port: int) -> list[str]:
    """Where the host is now. Raises Forbidden when any of it is private and the host is not named in the settings, NoAnswer
    when it has no address."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"{host} has no address: {error}") from None
    addresses = list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))
    if host.lower() not in settings.OUTBOUND_HOSTS:
        for address in addresses:
            if not is_public(ipaddress.ip_address(address)):
                raise Forbidden(f"{host} is at {address}, which is not public; SIAGA_OUTBOUND_HOSTS may name it")
    return addresses


class _Checked(httpcore.SyncBackend):
    """Looks a name up once, checks, and connects to what was checked: a name that answers differently a moment later gains
    nothing. TLS still asks for the name."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception | None = None
        for address in addresses_of(host, port):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or NoAnswer(f"{host} has no address")


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    sends_again: bool = False,
) -> Answer:
    """One request, its redirects followed as far as each place may be called. A body goes along a redirect only with
    `sends_again`. Raises Forbidden, NoAnswer. In all at most SIAGA_OUTBOUND_SECONDS and SIAGA_OUTBOUND_MB."""
    end = time.monotonic() + settings.OUTBOUND_SECONDS
    with httpcore.ConnectionPool(network_backend=_Checked(), retries=0) as pool:
        for _ in range(REDIRECTS_MAX + 1):
            _check_url(url)
            answer = _ask(pool, method, url, dict(headers or {}), body, end)
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or target is None:
                return answer
            if body is not None and not sends_again:
                raise Forbidden(f"{url} sends on to another address")
            there = urljoin(url, target)
            if urlsplit(there).netloc != urlsplit(url).netloc:
                headers = None  # what opens one host is not shown to another
            url = there
    raise NoAnswer(f"more than {REDIRECTS_MAX} redirects")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Forbidden(f"{url!r} is not an address of http or https")


def _ask(
    pool: httpcore.ConnectionPool, method: str, url: str, headers: dict[str, str], body: bytes | None, end: float
) -> Answer:
    bytes_max = int(settings.OUTBOUND_MB_MAX * BYTES_OF_MB)
    left = max(0.01, end - time.monotonic())
    times = dict.fromkeys(("connect", "read", "write", "pool"), left)
    # Uncompressed: what is small on the wire and large in memory is a bomb.
    asked = [("accept-encoding", "identity"), *headers.items()]
    try:
        with pool.stream(method, url, headers=asked, content=body, extensions={"timeout": times}) as response:
            parts, size = [], 0
            for part in response.iter_stream():
                size += len(part)
                if size > bytes_max:
                    raise NoAnswer(f"{url} answers with more than {settings.OUTBOUND_MB_MAX:g} MB")
                if time.monotonic() > end:
                    raise NoAnswer(f"{url} takes longer than {settings.OUTBOUND_SECONDS:g} s")
                parts.append(part)
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, told, b"".join(parts))
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise NoAnswer(f"{url}: {type(error).__name__} {error}") from None
