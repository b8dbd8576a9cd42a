"""What a shop's webhooks say. They name a record, and the record is read: a delivery is a hint and no more."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from app.domain import Process
from app.integrations.mystore.credentials import own_credentials
from app.integrations.mystore.rest.resources import VARIANT
from app.integrations.protocol import (
    Accepted,
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
from app.json_answers import NotJson, is_json, parse
from app.json_reading import identity

SIGNATURE_HEADER = "x-no-mystore-hmac-sha256"
TOPIC_HEADER = "x-no-mystore-topic"
HOST_HEADER = "x-no-mystore-host"

_GIVE_SECRET = "Give the connection the secret that the shop's webhooks are signed with"  # noqa: S105 - a sentence
UNSIGNED = Refused(WhyRefused.UNSIGNED, "The signature is missing", _GIVE_SECRET)
BAD_SIGNATURE = Refused(WhyRefused.BAD_SIGNATURE, "The signature does not fit the body", _GIVE_SECRET)
NOT_JSON = Refused(WhyRefused.NOT_READABLE, "The body is not JSON", "Send the resource as JSON, as mystore does", code="not-json")
ACCEPTED = Accepted()

_RESOURCES = {
    "orders": (Process.ORDERS, ""),
    "products": (Process.ARTICLES, ""),
    "product-variants": (Process.ARTICLES, VARIANT),
}
"""Of which process a topic's records are, and what stands before their ids here."""


class MystoreWebhooks:
    """Implements `IncomingWebhooks`. `encoding`: how signatures are written."""

    kept_headers: frozenset[str] = frozenset({TOPIC_HEADER, HOST_HEADER})
    refusals: tuple[Refused, ...] = (NOT_JSON, UNSIGNED, BAD_SIGNATURE)

    def __init__(self, encoding: Literal["base64", "hex"] = "base64") -> None:
        self._encoding = encoding

    def body_limit(self, headers: Mapping[str, str], most: int) -> int | Refused:
        return most if SIGNATURE_HEADER in headers else UNSIGNED

    def authenticate(self, request: WebhookRequest, secret: str) -> Accepted | Greeting | Refused:
        signature = request.headers.get(SIGNATURE_HEADER)
        if signature is None:
            return UNSIGNED
        if not verify(secret, signature, request.body, self._encoding):
            return BAD_SIGNATURE
        return ACCEPTED if is_json(request.body) else NOT_JSON

    def proof(self, headers: Mapping[str, str]) -> str:
        signature = headers.get(SIGNATURE_HEADER, "").strip()
        return signature.lower() if self._encoding == "hex" else signature

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        """mystore gives none."""
        return None

    def topic(self, request: WebhookRequest) -> str | None:
        """Like `orders/update`."""
        return topic(request.headers)

    def interpret(
        self,
        headers: Mapping[str, str],
        body: bytes,
        settings: ConnectionSettings,
        credentials: BaseModel,
        facts: Mapping[str, Any] | None = None,
    ) -> Announcement:
        return interpret(headers, body, own_credentials(credentials).shop)

    def webhook_id(self, headers: Mapping[str, str]) -> str | None:
        """The headers do not say."""
        return None

    def not_called(self, url: str, credentials: BaseModel, facts: Mapping[str, Any]) -> WontCall | None:
        """Nothing is known of addresses that mystore does not call."""
        return None

    def rights_missing(self, facts: Mapping[str, Any]) -> RightsMissing | None:
        if facts.get("can_manage_webhooks") is not False:
            return None
        fix = "make the webhooks by hand as docs/connecting-mystore.md says, or let the access read and write webhooks"
        return RightsMissing("no-right-to-webhooks", "the access has no right to the shop's webhooks", fix)


def topic(headers: Mapping[str, str]) -> str | None:
    return headers.get(TOPIC_HEADER, "").strip().lower()[:100] or None


def verify(secret: str, signature: str, body: bytes, encoding: Literal["base64", "hex"]) -> bool:
    """HMAC-SHA256 over the raw body, compared in constant time."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    expected = base64.b64encode(digest) if encoding == "base64" else digest.hex().encode()
    given = signature.strip().lower() if encoding == "hex" else signature.strip()
    return hmac.compare_digest(expected, given.encode("utf-8", errors="replace"))


def interpret(headers: Mapping[str, str], body: bytes, shop: str) -> Announcement:
    """What a verified delivery says. `headers` have lower-case names. Never raises."""
    host = headers.get(HOST_HEADER, "").strip()
    if host and not is_of_shop(host, shop):
        why = f"sent by shop {host[:100]!r}, not by {shop!r}: correct the connection's shop, or the webhook in the other shop"
        return NotOurs("other-shop", why, alert=True)
    about = topic(headers) or ""
    resource, _, event = about.partition("/")
    if resource not in _RESOURCES:
        return NotOurs("other-topic", f"nothing to do for {about!r}" if about else "the delivery has no topic")
    process, before = _RESOURCES[resource]
    try:
        content = parse(body)
    except NotJson:
        return NotOurs("not-json", "the body is not JSON", alert=True)
    own = _id_in(content)
    if own is None:
        if event == "delete":
            return SweepNeeded(process, "the delivery of a deletion names no record")
        return NotOurs("no-record", "the body names no record", alert=True)
    return ReadNeeded(process, f"{before}{own}", f"{about}: a delivery is a hint, and the record is read")


def is_of_shop(host: str, shop: str) -> bool:
    """Whether a delivery's host is the shop: its short name, or its address at mystore."""
    return host.casefold() in (shop.casefold(), f"{shop.casefold()}.mystore.no")


def _id_in(content: Any) -> str | None:
    """The id in a document, in a list of one, or bare."""
    data = content.get("data", content) if isinstance(content, dict) else content
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    return identity(data.get("id")) if isinstance(data, dict) else identity(data)
