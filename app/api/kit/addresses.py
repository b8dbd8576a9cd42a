"""Where a request comes from: the other side of its connection, or whom a trusted proxy names (X-Forwarded-For)."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from app.settings.limits import Address, Network

FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_PROTO = b"x-forwarded-proto"
MOST_NAMED = 64
"""Longer ways through trusted proxies are not followed."""
UNKNOWN = ""
"""Of a connection without an address, like one through a Unix socket."""


def caller_of(request: Request) -> str:
    """The address that a request of the API comes from, as `caller_address` tells it."""
    return caller_address(request.scope, request.app.state.gateway.settings.trusted_networks)


def caller_address(scope: Mapping[str, Any], trusted: tuple[Network, ...]) -> str:
    """The address that an ASGI request comes from, in its usual spelling. UNKNOWN when there is none.

    That of the connection, unless this is a trusted proxy. Then X-Forwarded-For is read from its end, where the nearest proxy
    has written, and the first address that is no trusted proxy counts. A header that cannot be read there counts for nothing.
    """
    client = scope.get("client")
    if not client:
        return UNKNOWN
    if not trusted:
        return _spelled(client[0])
    return forwarded(client[0], scope["headers"], trusted)


def forwarded(peer: str, headers: Iterable[tuple[bytes, bytes]], trusted: tuple[Network, ...]) -> str:
    """`caller_address` of a connection from `peer` whose request has these headers, with names in lower case."""
    nearest = _parsed(peer)
    if nearest is None or not is_in(nearest, trusted):
        return _spelled(peer)
    rest = b",".join(value for name, value in headers if name == FORWARDED_FOR).decode("latin-1")
    for _ in range(MOST_NAMED):
        rest, _, last = rest.rpartition(",")
        named = _parsed(last.strip())
        if named is None:
            return _spelled(peer)
        if not rest or not is_in(named, trusted):
            return str(named)
    return _spelled(peer)


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of the networks holds the address."""
    return any(address in network for network in networks)


def parsed_address(text: str) -> Address | None:
    """An address as `caller_address` spells it; None for UNKNOWN, and for what is none."""
    return _parsed(text)


@functools.lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """What is counted as one caller: an IPv4 address, or the 64 bits of IPv6 that one line has."""
    parsed = _parsed(address)
    if parsed is None or parsed.version == 4:
        return address
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


def scheme_of(scope: Mapping[str, Any], trusted: tuple[Network, ...]) -> str:
    """http or https, as whoever stands before the gateway says it: a trusted proxy, or one on this machine."""
    client, scheme = scope.get("client"), str(scope.get("scheme", "http"))
    said = next((value for name, value in scope["headers"] if name == FORWARDED_PROTO), None)
    peer = _parsed(client[0]) if client and said is not None else None
    if peer is None or said is None or not (peer.is_loopback or is_in(peer, trusted)):
        return scheme
    named = said.decode("latin-1").strip().lower()
    return named if named in ("http", "https") else scheme


def _spelled(peer: str) -> str:
    parsed = _parsed(peer)
    return peer if parsed is None else str(parsed)


@functools.lru_cache(maxsize=4096)
def _short(text: str) -> Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def _parsed(text: str) -> Address | None:
    """Understands a port behind it, and an IPv4 address written as IPv6. Longer than any address: none, and not remembered."""
    return _short(text) if len(text) <= 64 else None
