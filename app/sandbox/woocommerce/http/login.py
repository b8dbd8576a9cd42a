"""The login finds out who calls: by Basic over https, by OAuth 1.0a over http (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from app.sandbox.woocommerce.config import Clock, ShopConfig
from app.sandbox.woocommerce.wire.errors import RestError

OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_HEADER_PART = re.compile(r'(oauth_[a-z_-]*)=(?:"([^"]*)"|([^,]*))')
_WINDOW_SECONDS = 15 * 60


def _refused(message: str, code: str = "woocommerce_rest_authentication_error") -> RestError:
    return RestError(401, code, message)


@dataclass
class Key:
    """An API key. Used nonces are kept by timestamp, one each, which makes them the weak guard they are in the shop."""

    key: str
    secret: str
    rights: str
    nonces: dict[int, str] = field(default_factory=dict)

    def check_rights(self, method: str) -> None:
        """Raises RestError with 401, not 403, when the key may not do this."""
        wanted = "read" if method in ("GET", "HEAD") else "write"
        if wanted not in self.rights:
            raise _refused(f"The API key provided does not have {wanted} permissions.")


class Doorkeeper:
    """Tells who is calling. None is nobody: public routes answer, the others refuse."""

    def __init__(self, config: ShopConfig, clock: Clock) -> None:
        self._home_url = config.home_url.rstrip("/")
        self._trusts_proxy = config.trust_forwarded_proto
        self._clock = clock
        self._keys = {key: Key(key, secret, rights) for key, secret, rights in config.consumer_keys}

    def find(self, key: str) -> Key | None:
        """A key by its name."""
        return self._keys.get(key)

    def is_https(self, headers: Mapping[str, str]) -> bool:
        """Whether the shop itself knows that the call came over https."""
        return self._home_url.startswith("https://") or (
            self._trusts_proxy and headers.get("x-forwarded-proto", "").lower() == "https"
        )

    def base_url(self, headers: Mapping[str, str]) -> str:
        """The shop's address with the scheme of this call."""
        return "https://" + self._home_url.split("://", 1)[1] if self.is_https(headers) else self._home_url

    def caller(self, method: str, path: str, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> Key | None:
        """`parameters` are the query's and a form body's together. Raises RestError (401) when a login was tried and failed."""
        https = self.is_https(headers)
        key = self._basic(parameters, headers) if https else None
        if key is None:
            key = self._oauth(method, path, parameters, headers)
        if key is not None:
            key.check_rights(method)
        return key

    def _basic(self, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> Key | None:
        name, secret = parameters.get("consumer_key", ""), parameters.get("consumer_secret", "")
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(text).decode().partition(":")
            except ValueError:
                return None
        key = self._keys.get(name) if name and secret else None
        if key is not None and not hmac.compare_digest(key.secret.encode(), secret.encode()):
            raise _refused("Consumer secret is invalid.")
        return key

    def _oauth(self, method: str, path: str, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> Key | None:
        signed = {**parameters, **header_parameters(headers.get("authorization", ""))}
        missing = [name for name in OAUTH if not signed.get(name)]
        if len(missing) == len(OAUTH):
            return None
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise _refused(
                f"Missing OAuth parameter{plural} {', '.join(missing)}", "woocommerce_rest_authentication_missing_parameter"
            )
        key = self._keys.get(signed["oauth_consumer_key"])
        if key is None:
            raise _refused("Consumer key is invalid.")
        url = self.base_url(headers) + path
        if wrong := signature_fault(signed, f"{key.secret}&", lambda parameters: base_string(method, url, parameters)):
            raise _refused(f"Invalid signature - {wrong}.")
        self.check_nonce(key, signed["oauth_timestamp"], signed["oauth_nonce"])
        return key

    def check_nonce(self, key: Key, timestamp_text: str, nonce: str) -> None:
        """Raises RestError (401)."""
        now = int(self._clock().timestamp())
        timestamp = int(timestamp_text) if timestamp_text.isdecimal() else 0
        if abs(now - timestamp) > _WINDOW_SECONDS:
            raise _refused("Invalid timestamp.")
        if nonce in key.nonces.values():
            raise _refused("Invalid nonce - nonce has already been used.")
        key.nonces = {then: used for then, used in key.nonces.items() if then >= now - _WINDOW_SECONDS}
        key.nonces[timestamp] = nonce


def signature_fault(signed: Mapping[str, Any], secret: str, base: Callable[[Mapping[str, Any]], str]) -> str:
    """What is wrong with a signature; empty when it fits. `base` makes the text that is signed of the other parameters."""
    hashing = _HASHES.get(signed["oauth_signature_method"])
    if hashing is None:
        return "signature method is invalid"
    text = base({name: value for name, value in signed.items() if name != "oauth_signature"})
    made = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashing).digest())
    given = unquote(signed["oauth_signature"].replace(" ", "+"))
    return "" if hmac.compare_digest(made, given.encode()) else "provided signature does not match"


def header_parameters(header: str) -> dict[str, str]:
    """The parameters of an `Authorization: OAuth …` header."""
    if not header.lower().startswith("oauth "):
        return {}
    return {name: unquote(quoted or bare.strip()) for name, quoted, bare in _HEADER_PART.findall(header)}


def base_string(method: str, url: str, parameters: Mapping[str, Any]) -> str:
    """What is signed. Parameters are sorted by name, but the members of an array keep the order they were given in."""
    query = "%26".join(_pairs({name: parameters[name] for name in sorted(parameters, key=str.encode)}))
    return f"{method.upper()}&{quote(url, safe='~')}&{query}"


def _pairs(parameters: Mapping[str, Any], outer: str = "") -> Iterator[str]:
    for name, value in parameters.items():
        path = f"{outer}%5B{name}%5D" if outer else quote(name, safe="~")
        if isinstance(value, dict):
            yield from _pairs(value, path)
        else:
            yield quote(f"{path}={quote(value, safe='~')}", safe="~")
