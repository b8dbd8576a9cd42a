"""What the scenes with 24Nettbutikk share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.demo.nettbutikk24.shop import NettbutikkShop, Row
from app.demo.scenes import Day


def shop_of(day: Day) -> NettbutikkShop:
    return NettbutikkShop(day.world.nettbutikk_url, day.world.http)


async def tested(day: Day) -> dict[str, Any]:
    """Tests the connection. What it found out about the shop."""
    await day.world.gateway.call("POST", f"connections/{day.connection}/test")
    connection = await day.world.gateway.call("GET", f"connections/{day.connection}")
    return dict(connection["facts"])


async def shown(day: Day, order_no: str, holds: Callable[[Row], bool]) -> Row:
    """The order in the shop, as soon as it fits; else as it is at the end."""

    async def look() -> Row:
        seen.update(await shop_of(day).find(order_no))
        return seen if holds(seen) else {}

    seen: Row = {}
    return await day.until(look) or seen


def writes(calls: list[Row]) -> list[str]:
    """What the gateway wrote to orders, as `orders/1001 status`, in the order in which it did."""
    paths = ((call, call["path"].removeprefix("/api/v1/")) for call in calls if call["method"] == "PATCH")
    return [f"{path} {' '.join(call['body'])}" for call, path in paths if path.startswith("orders/")]
