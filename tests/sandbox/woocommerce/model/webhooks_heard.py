"""Webhooks registered for a receiver, and what one run of the queue sends to it."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import ApiClient, Receiver

SECRET = "whsec-fjellbutikken-3f9a1c7e52"


async def register(api: ApiClient, receiver: Receiver, *topics: str) -> list[int]:
    """Webhooks for the topics; their pings are forgotten."""
    made = []
    for topic in topics:
        body = {"name": topic, "topic": topic, "delivery_url": receiver.url, "secret": SECRET}
        made.append((await api.post("/webhooks", body)).json()["id"])
    receiver.received.clear()
    return made


async def events(shop: Shop, receiver: Receiver) -> list[tuple[str, Any]]:
    """What one run of the queue sends: topic and record."""
    receiver.received.clear()
    await shop.run_queue()
    return [(one.topic, one.content.get("id")) for one in receiver.received]
