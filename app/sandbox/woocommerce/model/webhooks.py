"""The shop's webhooks: their topics, their count of failures, their wait for a ping (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.wire import times
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.links import links

_HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.created": ["woocommerce_process_product_meta", "woocommerce_new_product", "woocommerce_new_product_variation"],
    "product.updated": [
        "woocommerce_process_product_meta", "woocommerce_update_product", "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
}  # fmt: skip
_RESOURCES = ("coupon", "customer", "order", "product")
EVENTS = ("created", "updated", "deleted", "restored")
_FAILURES_COUNTED = 6


@dataclass
class Webhook:
    """One webhook. `pending` is true until a ping to its address was answered with exactly 200."""

    id: int
    name: str
    status: str
    topic: str
    delivery_url: str
    secret: str
    created: datetime
    modified: datetime | None = None
    failures: int = 0
    pending: bool = True

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self) -> None:
        """Counts a failure. Six are counted, the seventh in a row disables; activating it again does not begin anew."""
        if self.failures >= _FAILURES_COUNTED:
            self.status = "disabled"
        else:
            self.failures += 1

    def resource(self, home_url: str, zone: ZoneInfo) -> dict[str, Any]:
        """As the API shows it: never with its secret."""
        kind, event = self.topic.split(".", 1)
        shown: dict[str, Any] = {
            "id": self.id, "name": self.name, "status": self.status, "topic": self.topic, "resource": kind, "event": event,
            "hooks": _HOOKS.get(self.topic, [event] if kind == "action" else []), "delivery_url": self.delivery_url,
        }  # fmt: skip
        times.stamp(shown, "date_created", self.created, zone)
        times.stamp(shown, "date_modified", self.modified, zone)
        return {**shown, "_links": links(f"{home_url}/wp-json/wc/v3/webhooks", self.id)}


def check_topic(topic: str | None, events: Sequence[str]) -> str:
    """Raises RestError. `product.published` exists, `order.published` does not."""
    kind, _, event = (topic or "").partition(".")
    known = (kind == "action" and event) or (kind in _RESOURCES and event in events) or topic == "product.published"
    if not topic or not known:
        raise RestError(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid.")
    return topic


def check_address(url: str | None) -> str:
    """Raises RestError when the address is not one of http or https."""
    parts = urlsplit(url or "")
    if not url or parts.scheme not in ("http", "https") or not parts.hostname:
        raise RestError(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )
    return url


class Webhooks:
    """All webhooks of the shop, and which of them are to be pinged before the call that saved them is answered."""

    def __init__(self, next_secret: Callable[[], str], events: Sequence[str]) -> None:
        self._next_secret = next_secret
        self._events = events
        self._count = 0
        self.by_id: dict[int, Webhook] = {}
        self.to_ping: deque[Webhook] = deque()

    def listening(self, topic: str) -> list[Webhook]:
        return [webhook for webhook in list(self.by_id.values()) if webhook.topic == topic and webhook.status == "active"]

    def find(self, record_id: int) -> Webhook:
        """Raises RestError (404)."""
        webhook = self.by_id.get(record_id)
        if webhook is None:
            raise RestError(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
        return webhook

    def add(self, body: dict[str, Any], now: datetime) -> Webhook:
        topic, address = check_topic(body.get("topic"), self._events), check_address(body.get("delivery_url"))
        self._count += 1
        webhook = Webhook(
            id=self._count,
            name=body.get("name") or f"Webhook created on {now:%b %d, %Y @ %I:%M %p}",
            status=body.get("status") or "active",
            topic=topic,
            delivery_url=address,
            secret=body.get("secret") or self._next_secret(),
            created=now,
        )
        self.by_id[webhook.id] = webhook
        self._ping_if_pending(webhook)
        return webhook

    def change(self, webhook: Webhook, body: dict[str, Any], now: datetime) -> None:
        given = {name: value for name, value in body.items() if value is not None}
        if "topic" in given:
            webhook.topic = check_topic(given["topic"], self._events)
        if "delivery_url" in given and check_address(given["delivery_url"]) != webhook.delivery_url:
            webhook.delivery_url, webhook.pending = given["delivery_url"], True
        webhook.name = given.get("name", webhook.name)
        webhook.status = given.get("status", webhook.status)
        webhook.secret = given.get("secret") or webhook.secret
        self.saved(webhook, now)

    def saved(self, webhook: Webhook, now: datetime) -> None:
        """Every save of a webhook that still waits for a good ping, so every delivery too, pings again."""
        webhook.modified = now
        self._ping_if_pending(webhook)

    def _ping_if_pending(self, webhook: Webhook) -> None:
        if webhook.pending and webhook.status == "active":
            self.to_ping.append(webhook)

    def next_to_ping(self) -> Webhook | None:
        try:
            return self.to_ping.popleft()
        except IndexError:
            return None

    def remove(self, record_id: int) -> None:
        del self.by_id[record_id]
