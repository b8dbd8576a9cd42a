"""Which addresses outgoing calls may use."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

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


LONGEST = 1_000


def plain_address(given: str) -> str:
    """An address as it was given, without blanks around it. Raises ValueError for one that holds what is in no address: blanks,
    line ends, characters that nobody sees."""
    text = given.strip()
    if len(text) > LONGEST:
        raise ValueError(f"an address has at most {LONGEST} characters")
    if any(not each.isprintable() or each.isspace() or each in '\\"<>^`{|}' for each in text):
        raise ValueError("the address holds a blank or another character that is in no address: type it again")
    return text


_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def _is_name(host: str) -> bool:
    """Whether a host can be one: a name of the DNS that is no number in disguise (`127.1`, `0x7f000001`)."""
    try:
        url = httpx.URL(scheme="https", host=host)
        name = url.raw_host.decode("ascii")
        if not url.host:  # it decodes what is in the DNS's spelling (xn--…)
            return False
    except (httpx.InvalidURL, UnicodeError):
        return False
    labels = name.removesuffix(".").split(".")
    last = labels[-1]
    is_number = last.isdigit() or re.fullmatch("0x[0-9a-f]*", last) is not None
    return len(name) <= 253 and not is_number and all(_LABEL.fullmatch(label) for label in labels)


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
        if not _is_name(parts.hostname):
            words = f"{parts.hostname[:80]!r} cannot be the name of a host"
            raise BadInput(words, field=field, fix="give the address as a browser shows it, like https://shop.example/") from None
        host = parts.hostname.removesuffix(".")
        if host == "localhost" or host.endswith((".localhost", ".internal", ".local")):
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
