"""Which addresses outgoing calls may use."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import BadInput

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 reach them (RFC 6052)."""
_NEVER = tuple(
    ipaddress.ip_network(each) for each in ("168.63.129.16/32", "192.88.99.0/24", "fec0::/10", "3fff::/20", "64:ff9b:1::/48")
)
"""Public by their numbers, and nobody's shop: a cloud's own server (Azure), retired 6to4 relays, site-local and documentation
addresses, and private translation (RFC 8215)."""


@dataclass(frozen=True)
class Reach:
    """Which addresses outgoing calls may use. Both are off by default. A shop on the same network and the demo need them.

    `ca_file`: further authorities whose certificates count, in PEM.
    """

    private_addresses: bool = False
    plain_http: bool = False
    ca_file: Path | None = None


def check_address(url: str, reach: Reach, field: str) -> None:
    """Refuses an address that calls may not go to. Does not resolve names: that is done, and checked again, at every call.

    Raises BadInput naming `field`.
    """
    try:
        parts = urlsplit(url)
        port_is_one = parts.port != 0
    except ValueError:  # a bracket too many, a port that is no number
        parts, port_is_one = urlsplit(""), False
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_one:
        raise BadInput(f"{url!r} is not a web address", field=field, fix="give the whole address, like https://shop.example/")
    if parts.username or parts.password:
        raise BadInput(
            "the address holds a user name or password", field=field, fix="leave them out; credentials have their own fields"
        )
    if parts.scheme == "http" and not reach.plain_http:
        raise BadInput(
            f"{url!r} is not https",
            field=field,
            fix="use https, or set GATEWAY_ALLOW_PLAIN_HTTP=true when the shop has none (data then travels in the open)",
        )
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if parts.hostname == "localhost" or parts.hostname.endswith((".localhost", ".internal", ".local")):
            _require(reach, parts.hostname, field)
        return
    if not is_public(address):
        _require(reach, parts.hostname, field)


def _require(reach: Reach, host: str, field: str) -> None:
    if not reach.private_addresses:
        raise BadInput(
            f"{host} is an address inside a private network",
            field=field,
            fix="use the public address, or set GATEWAY_ALLOW_PRIVATE_ADDRESSES=true if it is on the gateway's own network",
        )


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """False for private, loopback, link-local (where clouds keep their metadata), multicast, reserved and mapped forms of
    these."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
