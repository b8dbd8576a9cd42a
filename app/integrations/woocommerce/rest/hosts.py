"""Addresses as a shop writes them: whether two are the same shop's, and which ones its server calls."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import httpx

from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings

PORTS = (80, 443, 8080)
"""The only ports that WordPress calls by itself (source: wp_http_validate_url, filter http_allowed_safe_ports)."""

_NOT_CALLED = tuple(
    ipaddress.ip_network(each) for each in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)


def place(address: str) -> tuple[str, str]:
    """Host with port, and path. http and https, punycode and the letters themselves, `Shop.Example.` and `shop.example` are the
    same place."""
    host, port, path = _parts(address)
    return (f"{host}:{port}" if port else host, path)


def is_same_shop(
    source: str, settings: WooCommerceSettings, credentials: WooCommerceCredentials, facts: Mapping[str, Any] | None = None
) -> bool:
    """Whether an address that a shop gives itself is this connection's shop.

    `facts` are those of the connection's last test. The same host with or without `www`, with another port or folder, is the
    shop if the shop has said there that this is its home; any other host only if the connection names it.
    """
    if place(source) in {place(address) for address in (credentials.shop_url, *settings.accepted_sources)}:
        return True
    home = (facts or {}).get("home_url")
    return isinstance(home, str) and is_kin(source, credentials.shop_url) and place(source) == place(home)


def is_kin(one: str, other: str) -> bool:
    """Whether two addresses are on the same host, with or without `www`."""
    hosts = [_parts(each)[0].removeprefix("www.") for each in (one, other)]
    return hosts[0] == hosts[1] != ""


def as_called(url: str) -> str:
    """The address with its host in punycode; as it stands when that cannot be."""
    try:
        return str(httpx.URL(url))
    except httpx.InvalidURL:
        return url


def why_not_called(url: str, home: str) -> str | None:
    """Why the shop's server will not call this address; None when it will. Names are not resolved.

    WordPress calls no private address and no other port than PORTS, except its own host and port (source of WordPress 6.9,
    observed on 6.9.1).
    """
    (host, port, _), (own_host, own_port, _) = _parts(url), _parts(home)
    if host != own_host and _is_private(host):
        return f"{host} is a private address, and WordPress calls none"
    if port is None or port in PORTS or (host == own_host and port == own_port):
        return None
    return f"WordPress calls the ports 80, 443 and 8080 only, not {port}"


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost") or ":" in host:
        return True
    try:
        return any(ipaddress.ip_address(host) in network for network in _NOT_CALLED)
    except ValueError:
        return False


def _parts(address: str) -> tuple[str, int | None, str]:
    """Host in punycode, port if it is not the usual one, path without its last slash. What is no address is its own host."""
    text = _respelt(address.strip())
    try:
        url = httpx.URL(text if "://" in text else f"https://{text}")
    except httpx.InvalidURL:
        return text.lower(), None, ""
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    return host, url.port, url.path.rstrip("/")


def _respelt(text: str) -> str:
    """A header is read as Latin-1; where a shop sends its own letters, they are UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
