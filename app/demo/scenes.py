"""What the scenes of the scripted day use: waiting for a condition, sending a webhook by hand, noting what was found."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from app.demo.world import CONNECTION, World

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""How long to wait before something counts as not happening. Usually everything takes a fraction of a second."""

LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Checked:
    """One expectation of the day."""

    scene: str
    what: str
    expected: str
    found: str
    ok: bool


@dataclass
class Day:
    """The day of one connection as it goes on. `products` holds the shop's product ids by SKU.

    The world's warehouse is seen with the eyes of the connection's goods owner.
    """

    world: World
    checks: list[Checked] = field(default_factory=list)
    products: dict[str, int] = field(default_factory=dict)
    scene: str = ""
    connection: str = CONNECTION

    def number(self, article: str) -> str:
        """The number that an article has at this start of the demo."""
        return f"{article}{self.world.secrets.mark}"

    def lines(self, order: dict[str, Any]) -> list[tuple[str, float]]:
        """(Article, ordered quantity) of each line of an order as the warehouse shows it; numbers are without the mark."""
        mark = self.world.secrets.mark
        shown = ((line["article"]["articleNumber"], line["orderedNumberOfItems"]) for line in order.get("orderLines") or [])
        return sorted((number.removesuffix(mark), quantity) for number, quantity in shown)

    async def article(self, article: str) -> dict[str, Any]:
        """The article in the warehouse, as soon as it is there; else nothing."""
        return await self.until(lambda: self.world.warehouse.article(self.number(article))) or {}

    async def article_in_full(self, article: str) -> dict[str, Any]:
        """The article as the shop's product is. One that was made from an order's line first has no bar code yet."""

        async def look() -> dict[str, Any]:
            found = await self.world.warehouse.article(self.number(article))
            return found if found and found.get("barCodeInfo") else {}

        return await self.until(look)

    def check(self, what: str, expected: Any, found: Any) -> None:
        self.checks.append(Checked(self.scene, what, _said(expected), _said(found), expected == found))

    def check_that(self, what: str, holds: bool, found: Any = "") -> None:
        self.checks.append(Checked(self.scene, what, "yes", _said(found) if found != "" else _said(holds), holds))

    async def until(self, look: Callable[[], Awaitable[T]], seconds: float = PATIENCE_SECONDS) -> T:
        """Looks until the result counts as true or the time is over. Gives the last result."""
        ends = time.monotonic() + seconds
        while True:
            seen = await look()
            if seen or time.monotonic() >= ends:
                return seen
            await asyncio.sleep(LOOK_SECONDS)

    async def order(self, number: str, holds: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """The order in the warehouse, as soon as it is there and fits; else as it is there at the end, or nothing."""

        async def look() -> dict[str, Any]:
            found = await self.world.warehouse.order(number)
            seen.update(found or {})
            return found if found is not None and holds(found) else {}

        seen: dict[str, Any] = {}
        return await self.until(look) or seen

    async def mapping(self, number: str, holds: Callable[[dict[str, Any]], bool] = bool, **only: str) -> dict[str, Any]:
        """What the gateway says about the record, as soon as it fits; else as it is at the end, or nothing."""

        async def look() -> dict[str, Any]:
            found = await self.world.gateway.mapping(number, self.connection, **only)
            seen.clear()
            seen.update(found or {})
            return found if found is not None and holds(found) else {}

        seen: dict[str, Any] = {}
        return await self.until(look) or seen

    async def quiet(self) -> bool:
        """Waits until the shop has delivered and the gateway has settled everything that came in of the connection."""

        async def look() -> bool:
            for path, states in (("events", ("received", "parked", "queued")), ("jobs", ("waiting", "parked", "running"))):
                for state in states:
                    asked = {"connection": self.connection, "state": state, "limit": 1}
                    found = await self.world.gateway.call("GET", path, params=asked)
                    if found["items"]:
                        return False
            return True

        await self.world.shop.deliver_now()
        return await self.until(look)

    async def deliver(self, topic: str, body: Any, *, source: str | None = None, secret: str | None = None) -> int:
        """One delivery by hand, signed like the shop's own; gives the status it was answered with."""
        raw = orjson.dumps(body)
        key = (secret or self.world.secrets.webhook_secret).encode()
        resource, _, event = topic.partition(".")
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": source or f"{self.world.shop.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode(),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        }
        return (await self.world.http.post(self.world.webhook_url, content=raw, headers=headers)).status_code

    async def writes(self, number: str) -> int:
        """How often the order was written to the warehouse with success, by the warehouse's own journal."""
        calls = await self.world.warehouse.journal()
        return sum(
            1
            for call in calls
            if call["method"] == "PUT"
            and call["path"].endswith("/orders")
            and 200 <= call["status"] < 300
            and (call["body"] or {}).get("orderNumber") == number
        )

    async def sync(self, **options: Any) -> dict[str, Any]:
        """A sync of the orders, or of another `process`, to its end."""
        asked = {"process": "orders", "wait": PATIENCE_SECONDS, **options}
        run: dict[str, Any] = await self.world.gateway.call("POST", f"sync/{self.connection}", asked)
        return run

    async def is_explained(self, number: str) -> bool:
        """Whether the gateway can tell what came in and what was sent for an order that is in the warehouse."""
        mapping = await self.world.gateway.mapping(number, self.connection, kind="order")
        detail = await self.world.gateway.call("GET", f"mappings/{mapping['id']}") if mapping else {}
        return bool(detail.get("sent") and detail.get("history", {}).get("items") and detail["warehouse"]["number"] == number)


Scenes = tuple[tuple[str, Callable[[Day], Awaitable[None]]], ...]
"""What is played, by name, in this order."""


def twice(orders: list[dict[str, Any]]) -> list[str]:
    """The shop's ids of orders that are in the warehouse more than once."""
    counted = Counter(order["orderInfo"]["goodsOwnerOrderId"] for order in orders)
    return [key for key, count in counted.items() if count > 1]


def order_id(order: dict[str, Any]) -> int | None:
    """The warehouse's own."""
    number: int | None = (order.get("orderInfo") or {}).get("orderId")
    return number


def status_of(order: dict[str, Any]) -> int | None:
    number: int | None = ((order.get("orderInfo") or {}).get("orderStatus") or {}).get("number")
    return number


def _said(value: Any) -> str:
    """A value in words: lists with commas, lines of an order as article × quantity."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case tuple():
            article, quantity = value
            return f"{article} × {quantity:g}"
        case list():
            return ", ".join(_said(one) for one in value) or "none"
        case _:
            return str(value)
