"""From where somebody comes: the peer, or what a proxy of ours says of its own peer. Nobody else's word is taken."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

from django.conf import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IPV6_SITE_BITS = 64
"""Whoever has one address has all of these."""


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


@lru_cache(maxsize=10_000)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks, each an address or `address/bits`. What is no address is in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _networks(networks))


def client_address(scope: Any) -> str:
    """The address that asks. Behind SIAGA_TRUSTED_PROXIES the last one in X-Forwarded-For that is none of them: what stands
    before it was written by whoever came."""
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    proxies = tuple(settings.TRUSTED_PROXIES)
    if not is_within(address, proxies):
        return address
    told = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for one in reversed([part.strip() for part in told.split(",") if part.strip()]):
        if not _is_address(one):
            return address
        address = one
        if not is_within(one, proxies):
            return one
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=10_000)
def key_of(address: str) -> str:
    """What a limit counts by: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_SITE_BITS), strict=False))
    return address
