"""What a shop has to tell on a busy day: orders made, changed, cancelled, announced twice, and out of order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.harness import FIXTURES, WEBHOOK_SECRET

Body = dict[str, Any]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Delivery:
    """One delivery of the shop, with an id of its own (which a real shop's are not)."""

    id: str
    topic: str
    order: Body

    @property
    def order_id(self) -> int:
        order_id: int = self.order["id"]
        return order_id

    @property
    def body(self) -> bytes:
        return json.dumps(self.order).encode()

    def headers(self, shop_url: str) -> dict[str, str]:
        signature = hmac.new(WEBHOOK_SECRET.encode(), self.body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{shop_url}/",
            "X-WC-Webhook-Topic": self.topic,
            "X-WC-Webhook-Resource": "order",
            "X-WC-Webhook-Event": self.topic.partition(".")[2],
            "X-WC-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": self.id,
        }


@cache
def _recorded() -> str:
    """An order of two lines that a real shop was recorded to announce, ready to be sent."""
    recorded = json.loads((FIXTURES / "webhooks" / "115-order.created.json").read_text())
    return base64.b64decode(recorded["body_base64"]).decode()


def order(order_id: int, version: int = 0, status: str = "processing", **changes: Any) -> Body:
    """The order `version` seconds after it was made; its first line then asks for `version + 1` pieces."""
    body: Body = json.loads(_recorded())
    body |= {"id": order_id, "number": str(order_id), "status": status}
    for name in ("date_modified", "date_modified_gmt"):
        body[name] = f"{body[name][:-2]}{int(body[name][-2:]) + version:02}"
    body["line_items"][0]["quantity"] = version + 1
    return body | changes


def delivery(body: Body, topic: str = "order.updated") -> Delivery:
    return Delivery(f"chaos-{next(_numbers)}", topic, body)


def busy_day(count: int, first: int = 1001) -> list[Delivery]:
    """`count` orders, made and then changed, cancelled, announced twice or paid, each in its turn."""
    orders = range(first, first + count)
    made = [delivery(order(each, status="pending" if each % 5 == 3 else "processing"), "order.created") for each in orders]
    later = [
        delivery(
            {
                0: order(each, 1),
                1: order(each),
                2: order(each, 2, "cancelled"),
                3: order(each, 3),
                4: order(each, 4),
            }[each % 5]
        )
        for each in orders
    ]
    return made + later


def shuffled(deliveries: Iterable[Delivery], seed: int = 1) -> list[Delivery]:
    """As the shop's queue may send them: not in the order in which things happened."""
    mixed = list(deliveries)
    random.Random(seed).shuffle(mixed)
    return mixed


def newest(deliveries: Iterable[Delivery]) -> dict[int, Body]:
    """The last state of each order, by its id."""
    newest_of: dict[int, Body] = {}
    for each in deliveries:
        known = newest_of.get(each.order_id)
        if known is None or each.order["date_modified_gmt"] >= known["date_modified_gmt"]:
            newest_of[each.order_id] = each.order
    return newest_of
