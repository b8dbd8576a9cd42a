"""What a WooCommerce shop's webhooks say. Every rule here was observed on WooCommerce 11.0.1 unless it says otherwise."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

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
    SweepNeeded,
    WebhookRequest,
    WhyRefused,
    WontCall,
)
from app.integrations.woocommerce.legacy.dialects import delivered
from app.integrations.woocommerce.rest.dialect import VARIATIONS
from app.integrations.woocommerce.rest.hosts import is_same_shop, why_not_called
from app.integrations.woocommerce.rest.resources import record
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings, own_credentials, own_settings
from app.json_answers import NotJson, is_json, parse
from app.json_reading import identity, objects, section, text

SIGNATURE_HEADER = "x-wc-webhook-signature"
TOPIC_HEADER = "x-wc-webhook-topic"
SOURCE_HEADER = "x-wc-webhook-source"
ID_HEADER = "x-wc-webhook-id"
DELIVERY_HEADER = "x-wc-webhook-delivery-id"
KEPT_HEADERS = frozenset({TOPIC_HEADER, SOURCE_HEADER, ID_HEADER, "x-wc-webhook-resource", "x-wc-webhook-event", DELIVERY_HEADER})
FORM = "application/x-www-form-urlencoded"
MAX_PING_BYTES = 100
NO_RIGHT = "_cannot_"
"""In the error codes of somebody who may not: woocommerce_rest_cannot_view, woocommerce_api_user_cannot_read_order."""
MAKER = "the user who made the webhook (where the gateway made it: the owner of its REST API key)"
"""A webhook reads the record with the rights of that user."""

_GIVE_SECRET = "Give the shop's webhook the connection's webhook secret"  # noqa: S105 - a sentence
_NAME_IT = "add that address to accepted_sources"
UNSIGNED = Refused(WhyRefused.UNSIGNED, "The signature is missing", _GIVE_SECRET)
BAD_SIGNATURE = Refused(WhyRefused.BAD_SIGNATURE, "The signature does not fit the body", _GIVE_SECRET)
WRONG_TYPE = Refused(WhyRefused.WRONG_TYPE, "The content type is not application/json", "Send application/json")
NOT_JSON = Refused(
    WhyRefused.NOT_READABLE, "The body is not JSON", "Send the resource as JSON, as WooCommerce does", code="not-json"
)
ACCEPTED = Accepted()

_PROCESSES = {"order": Process.ORDERS, "product": Process.ARTICLES}
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot)|#0*(34|38|39|60|62)|#[xX]0*(22|26|27));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


class WooCommerceWebhooks:
    """Implements `IncomingWebhooks`: signed JSON, and the unsigned greeting of a webhook that was just made."""

    kept_headers: frozenset[str] = KEPT_HEADERS
    refusals: tuple[Refused, ...] = (NOT_JSON, UNSIGNED, BAD_SIGNATURE, WRONG_TYPE)

    def body_limit(self, headers: Mapping[str, str], most: int) -> int | Refused:
        """A greeting is the only body that is read without a signature, so the limit is the length of a greeting."""
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
            return _greeting(request) or UNSIGNED
        if not verify(secret, signature, request.body):
            return BAD_SIGNATURE
        return ACCEPTED if is_json(request.body) else NOT_JSON

    def proof(self, headers: Mapping[str, str]) -> str:
        return headers.get(SIGNATURE_HEADER, "").strip()

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        """Made of the webhook and the second: two deliveries of a second have the same, and differ in their bodies."""
        return headers.get(DELIVERY_HEADER) or None

    def topic(self, request: WebhookRequest) -> str | None:
        return topic(request.headers)

    def interpret(
        self,
        headers: Mapping[str, str],
        body: bytes,
        settings: ConnectionSettings,
        credentials: BaseModel,
        facts: Mapping[str, Any] | None = None,
    ) -> Announcement:
        return interpret(headers, body, own_settings(settings), own_credentials(credentials), facts)

    def webhook_id(self, headers: Mapping[str, str]) -> str | None:
        return headers.get(ID_HEADER) or None

    def not_called(self, url: str, credentials: BaseModel, facts: Mapping[str, Any]) -> WontCall | None:
        """WordPress calls three ports only, and no private address but its own."""
        why = why_not_called(url, str(facts.get("home_url") or own_credentials(credentials).shop_url))
        if why is None:
            return None
        fix = (
            "give the gateway a public https address without a port (a proxy or tunnel before it), and set GATEWAY_PUBLIC_URL to "
            "it; or allow the address in the shop (filters http_allowed_safe_ports, http_request_host_is_external)"
        )
        return WontCall("address-not-called", f"the shop will not call {url.split('/webhooks/', 1)[0]}: {why}", fix)

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


def _greeting(request: WebhookRequest) -> Greeting | None:
    return Greeting(request.body.partition(b"=")[2].decode()) if is_ping(request.headers, request.body) else None


def topic(headers: Mapping[str, str]) -> str | None:
    """Like `order.updated`."""
    return headers.get(TOPIC_HEADER, "").strip().lower()[:100] or None


def verify(secret: str, signature: str, body: bytes) -> bool:
    """Base64 of HMAC-SHA256 over the raw body, compared in constant time."""
    expected = base64.b64encode(hmac.new(_key_bytes(secret), body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.encode("utf-8", errors="replace"))


@functools.lru_cache(maxsize=1024)
def _key_bytes(secret: str) -> bytes:
    return signing_key(secret).encode()


def signing_key(secret: str) -> str:
    """The secret as the shop signs with it: WordPress decodes `&amp; &lt; &gt; &quot; &#039;` in it, and no other entities."""

    def decoded(found: re.Match[str]) -> str:
        name, decimal, hexadecimal = found.groups()
        if name:
            return _NAMED[name]
        return chr(int(decimal)) if decimal else chr(int(hexadecimal, 16))

    return _ENTITY.sub(decoded, secret)


def interpret(
    headers: Mapping[str, str],
    body: bytes,
    settings: WooCommerceSettings,
    credentials: WooCommerceCredentials,
    facts: Mapping[str, Any] | None = None,
) -> Announcement:
    """What a verified delivery says. `headers` have lower-case names. Never raises."""
    about = topic(headers) or ""
    resource, _, event = about.partition(".")
    process = _PROCESSES.get(resource)
    source = headers.get(SOURCE_HEADER, "")
    if source and not is_same_shop(source, settings, credentials, facts):
        why = f"sent by {source[:200]}, not by {credentials.shop_url} (a copy of the shop? If it is the shop itself, {_NAME_IT})"
        return NotOurs("other-shop", why, alert=True)
    if process is None:
        return NotOurs("other-topic", f"nothing to do for {about!r}" if about else "the delivery has no topic")
    return _read(process, event, body)


def _read(process: Process, event: str, body: bytes) -> Announcement:
    try:
        content = parse(body)
    except NotJson:
        return NotOurs("not-json", "the body is not JSON", alert=True)
    if not isinstance(content, dict):
        return NotOurs("no-record", "the body is not an object", alert=True)
    content = delivered(content)
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
    """A signed delivery can hold an error instead of a record. Nothing then says which record it was about.

    "No such record" is normal for one that was deleted for good before its webhook was sent.
    """
    code, status = _error(content)
    if not code:
        return NotOurs("no-record", "the body names no record", alert=True)
    may_not = NO_RIGHT in code or status in (401, 403)
    why = f"the delivery holds an error instead of the record: {code[:200]}"
    return SweepNeeded(process, why, MAKER if may_not else None)


def _error(content: Mapping[str, object]) -> tuple[str, object]:
    """Code and HTTP status of an error body. WooCommerce 2.x (its source, not run) writes a list of errors, or
    `{"errors": {code: [text]}, "error_data": {code: …}}`."""
    listed = content.get("errors")
    if isinstance(listed, Mapping) and listed:
        code = str(next(iter(listed)))
        return code, section(section(content, "error_data"), code).get("status")
    found = next(iter(objects(content, "errors")), content)
    return text(found, "code"), section(found, "data").get("status")
