"""What a WooCommerce shop's webhooks say. Every rule here was observed on WooCommerce 11.0.1 unless it says otherwise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel

from app.domain import Process
from app.integrations.protocol import (
    Accepted,
    Announced,
    Announcement,
    ConnectionSettings,
    Greeting,
    NotOurs,
    ReadNeeded,
    Refused,
    RightsMissing,
    SignedError,
    SweepNeeded,
    WebhookRequest,
    WhyRefused,
)
from app.integrations.woocommerce.legacy.answers import from_webhook
from app.integrations.woocommerce.rest.dialect import VARIATIONS
from app.integrations.woocommerce.rest.resources import record
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings, own_credentials, own_settings
from app.json_reading import identity, text

SIGNATURE_HEADER = "x-wc-webhook-signature"
TOPIC_HEADER = "x-wc-webhook-topic"
SOURCE_HEADER = "x-wc-webhook-source"
ID_HEADER = "x-wc-webhook-id"
FORM = "application/x-www-form-urlencoded"
MAX_PING_BYTES = 100
NO_RIGHT = "_cannot_"
"""In the error codes of somebody who may not: woocommerce_rest_cannot_view, woocommerce_api_user_cannot_read_order."""

_GIVE_SECRET = "Give the shop's webhook the connection's webhook secret"  # noqa: S105 - a sentence
UNSIGNED = Refused(WhyRefused.UNSIGNED, "The signature is missing", _GIVE_SECRET)
BAD_SIGNATURE = Refused(WhyRefused.BAD_SIGNATURE, "The signature does not fit the body", _GIVE_SECRET)
WRONG_TYPE = Refused(WhyRefused.WRONG_TYPE, "The content type is not application/json", "Send application/json")
NOT_JSON = Refused(
    WhyRefused.NOT_READABLE, "The body is not JSON", "Send the resource as JSON, as WooCommerce does", code="not-json"
)
ACCEPTED = Accepted()
PONG = Greeting()

_PROCESSES = {"order": Process.ORDERS, "product": Process.ARTICLES}
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot)|#0*(34|38|39|60|62)|#[xX]0*(22|26|27));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


class WooCommerceWebhooks:
    """Implements `IncomingWebhooks`: signed JSON, and the unsigned greeting of a webhook that was just made."""

    proof_headers: frozenset[str] = frozenset({SIGNATURE_HEADER})
    refusals: tuple[Refused, ...] = (NOT_JSON, UNSIGNED, BAD_SIGNATURE, WRONG_TYPE)

    def body_limit(self, headers: Mapping[str, str], most: int) -> int | Refused:
        """A greeting is the only body that is looked at without a signature, so no more of it is read than one can have."""
        content_type = _content_type(headers)
        is_signed = SIGNATURE_HEADER in headers
        if content_type == "application/json":
            return most if is_signed else UNSIGNED
        if content_type == FORM and not is_signed:
            return MAX_PING_BYTES
        return WRONG_TYPE

    def authenticate(self, request: WebhookRequest, secret: str) -> Accepted | Greeting | Refused:
        signature = request.headers.get(SIGNATURE_HEADER)
        if signature is None:
            return PONG if is_ping(request.headers, request.body) else UNSIGNED
        if not verify(secret, signature, request.body):
            return BAD_SIGNATURE
        try:
            orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return NOT_JSON
        return ACCEPTED

    def topic(self, request: WebhookRequest) -> str | None:
        return topic(request.headers)

    def interpret(
        self, headers: Mapping[str, str], body: bytes, settings: ConnectionSettings, credentials: BaseModel
    ) -> Announcement:
        return interpret(headers, body, own_settings(settings), own_credentials(credentials))

    def failed_webhook_ids(self, events: Iterable[SignedError]) -> frozenset[str]:
        """One that says that there is no such record (deleted before it was sent) is in order."""
        failed = (event.headers.get(ID_HEADER) for event in events if NO_RIGHT in event.why)
        return frozenset(found for found in failed if found)

    def rights_missing(self, facts: Mapping[str, Any]) -> RightsMissing | None:
        if facts.get("can_write") is not False:
            return None
        fix = "make a key with Read/Write in the shop, change the connection, and test it again"
        return RightsMissing("read-only-key", "the shop's key may only read", fix)


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """The greeting sent when a webhook is made or its address changes: form-encoded, unsigned, `webhook_id=` and digits."""
    return _content_type(headers) == FORM and SIGNATURE_HEADER not in headers and _PING.fullmatch(body) is not None


def topic(headers: Mapping[str, str]) -> str | None:
    """Like `order.updated`."""
    return headers.get(TOPIC_HEADER, "").strip().lower()[:100] or None


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
    source = headers.get(SOURCE_HEADER, "")
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
