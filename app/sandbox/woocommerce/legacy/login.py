"""The legacy API takes keys over https and OAuth 1.0a over http, in the query and nowhere else.

Source: WooCommerce 2.4 to 2.6, includes/api/legacy/v2 and v3, class-wc-api-authentication. The two versions differ in two things.
`/wc-api/v2` signs with the consumer secret alone (no `&` behind it) and sorts `filter[…]` with the other parameters. `/wc-api/v3`
signs as RFC 5849 has it, and keeps the order that the members of `filter` were given in.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.sandbox.woocommerce.http.login import OAUTH, Doorkeeper, Key, base_string, signature_fault
from app.sandbox.woocommerce.legacy.errors import LegacyError
from app.sandbox.woocommerce.wire.errors import RestError


def _refused(message: str, status: int = 401) -> LegacyError:
    return LegacyError(status, "woocommerce_api_authentication_error", message)


def caller(
    doorkeeper: Doorkeeper, version: str, method: str, path: str, query: Mapping[str, Any], headers: Mapping[str, str]
) -> Key:
    """Raises LegacyError: 401, but 404 for a parameter that is missing."""
    if doorkeeper.is_https(headers):
        key = _by_secret(doorkeeper, query, headers)
    else:
        key = _signed(doorkeeper, version, method, path, query, headers)
    wanted = "read" if method in ("GET", "HEAD") else "write"
    if wanted not in key.rights:
        raise _refused(f"The API key provided does not have {wanted} permissions")
    return key


def _by_secret(doorkeeper: Doorkeeper, query: Mapping[str, Any], headers: Mapping[str, str]) -> Key:
    name, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if not (name and secret) and scheme.lower() == "basic":
        name, _, secret = base64.b64decode(text).decode().partition(":")
    if not (name and secret):
        raise _refused("Consumer Secret is invalid")
    key = _key(doorkeeper, name)
    if not hmac.compare_digest(key.secret.encode(), secret.encode()):
        raise _refused("Consumer Secret is invalid")
    return key


def _key(doorkeeper: Doorkeeper, name: str) -> Key:
    key = doorkeeper.find(name)
    if key is None:
        raise _refused("Consumer Key is invalid")
    return key


def _signed(
    doorkeeper: Doorkeeper, version: str, method: str, path: str, query: Mapping[str, Any], headers: Mapping[str, str]
) -> Key:
    missing = next((name for name in OAUTH if not query.get(name)), None)
    if missing is not None:
        raise _refused(f"{missing} parameter is missing", 404)
    key = _key(doorkeeper, query["oauth_consumer_key"])
    url, is_v2 = doorkeeper.base_url(headers) + path, version == "v2"
    base = _flat if is_v2 else base_string
    secret = key.secret if is_v2 else f"{key.secret}&"
    if wrong := signature_fault(query, secret, lambda parameters: base(method, url, parameters)):
        raise _refused(f"Invalid Signature - {wrong}")
    try:
        doorkeeper.check_nonce(key, query["oauth_timestamp"], query["oauth_nonce"])
    except RestError as refused:
        raise _refused(refused.message.removesuffix(".")) from refused
    return key


def _flat(method: str, url: str, parameters: Mapping[str, Any]) -> str:
    """The base string of `/wc-api/v2`: `filter[limit]` is a name among the others."""
    flat = {name: value for name, value in parameters.items() if name != "filter"}
    flat.update({f"filter[{name}]": value for name, value in (parameters.get("filter") or {}).items()})
    pairs = {quote(name, safe="~"): quote(value, safe="~") for name, value in flat.items()}
    query = "%26".join(quote(f"{name}={pairs[name]}", safe="~") for name in sorted(pairs, key=str.encode))
    return f"{method.upper()}&{quote(url, safe='~')}&{query}"
