"""What a WooCommerce shop's webhooks say. Every rule here was observed on WooCommerce 11.0.1 unless it says otherwise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

from app.domain import Process
from app.integrations.protocol import Announced, Announcement, NotOurs, ReadNeeded, SweepNeeded
from app.integrations.woocommerce.legacy.answers import from_webhook
from app.integrations.woocommerce.legacy.dialects import VARIATIONS
from app.integrations.woocommerce.rest.resources import identity, record, text
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings

SIGNATURE_HEADER = "x-wc-webhook-signature"
_PROCESSES = {"order": Process.ORDERS, "product": Process.ARTICLES}
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot)|#0*(34|38|39|60|62)|#[xX]0*(22|26|27));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


def is_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """The greeting sent when a webhook is made or its address changes: form-encoded, unsigned, `webhook_id=` and digits."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded" and SIGNATURE_HEADER not in headers and _PING.fullmatch(body) is not None


def topic(headers: Mapping[str, str]) -> str | None:
    """Like `order.updated`."""
    return headers.get("x-wc-webhook-topic", "").strip().lower()[:100] or None


def verify(secret: str, signature: str, body: bytes) -> bool:
    """Base64 of HMAC-SHA256 over the raw body, compared in constant time."""
    expected = base64.b64encode(hmac.new(signing_key(secret).encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.encode("utf-8", errors="replace"))


def signing_key(secret: str) -> str:
    """The secret as the shop signs with it: WordPress decodes `&amp; &lt; &gt; &quot; &#039;` in it, and no other entities."""

    def decoded(found: re.Match[str]) -> str:
        name, decimal, hexadecimal = found.groups()
        if name:
            return _NAMED[name]
        return chr(int(decimal)) if decimal else chr(int(hexadecimal, 16))

    return _ENTITY.sub(decoded, secret)


def interpret(
    headers: Mapping[str, str], body: bytes, settings: WooCommerceSettings, credentials: WooCommerceCredentials
) -> Announcement:
    """What a verified delivery says. `headers` have lower-case names. Never raises."""
    about = topic(headers) or ""
    resource, _, event = about.partition(".")
    process = _PROCESSES.get(resource)
    source = headers.get("x-wc-webhook-source", "")
    if source and not is_same_shop(source, settings, credentials):
        return NotOurs("other-shop", f"sent by {source[:200]}, not by {credentials.shop_url} (a copy of the shop?)", alert=True)
    if process is None:
        return NotOurs("other-topic", f"nothing to do for {about!r}" if about else "the delivery has no topic")
    return _read(process, event, body)


def _read(process: Process, event: str, body: bytes) -> Announcement:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return NotOurs("not-json", "the body is not JSON", alert=True)
    if not isinstance(content, dict):
        return NotOurs("no-record", "the body is not an object", alert=True)
    content = from_webhook(content) or content
    content.pop(VARIATIONS, None)
    source_id = identity(content.get("id"))
    if source_id is None:
        return _without_id(process, content)
    if event == "deleted":
        return ReadNeeded(process, source_id, "moved to the trash")
    found = record(process, content)
    if found is None or found.modified_at is None or "status" not in content:
        return ReadNeeded(process, source_id, "the delivery does not hold the whole record")
    return Announced(found)


def _without_id(process: Process, content: Mapping[str, object]) -> Announcement:
    """A signed delivery can hold an error object, and nothing then tells which record it was about."""
    if isinstance(content.get("code"), str):
        return SweepNeeded(process, f"the delivery holds an error instead of the record: {text(content, 'code')[:200]}")
    return NotOurs("no-record", "the body names no record", alert=True)


def is_same_shop(source: str, settings: WooCommerceSettings, credentials: WooCommerceCredentials) -> bool:
    """Whether an address that a shop gives itself is this connection's shop."""
    return _place(source) in {_place(address) for address in (credentials.shop_url, *settings.accepted_sources)}


def _place(address: str) -> tuple[str, str]:
    """Host with port, and path: http and https are the same shop."""
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return (address, "")
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return (host if port in (None, default) else f"{host}:{port}", parts.path.rstrip("/"))
