"""Customers of the demo's 24Nettbutikk shop, to be watched, and what the gateway tells the shop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from app.demo.goods_owners import GOODS_OWNERS
from app.demo.nettbutikk24.shop import NettbutikkShop, Row
from app.demo.nettbutikk24.simulator import SYSTEM, confirmed, draft
from app.demo.world import World

TITLE = "24Nettbutikk"
GOODS = {"UJ-1-S": "Ulljakke S", "UJ-1-M": "Ulljakke M", "UJ-1-L": "Ulljakke L", "SOKK-1": "Sokker & votter", "KOPP-1": "Kopp"}
BUYERS = (
    {"first_name": "Kari", "last_name": "Nordmann", "address_1": "Storgata 1", "postcode": "0155", "city": "Oslo"},
    {"first_name": "Bjørg", "last_name": "Ås", "address_1": "Kongens gate 3", "postcode": "6002", "city": "Ålesund"},
)
BETWEEN_ORDERS_SECONDS = (6.0, 12.0)

Tell = Callable[[str], None]


def numbers(world: World) -> list[str]:
    """Of what is sold, as they are at this start."""
    return [f"{number}{world.secrets.mark}" for number in GOODS]


async def connect(world: World, poll_minutes: float) -> None:
    """A connection that a person has confirmed the words of the shop's statuses for."""
    warehouse = {**world.warehouse_login, "goods_owner_id": GOODS_OWNERS[SYSTEM]}
    wanted = draft(world.nettbutikk_url, world.secrets.nettbutikk_token, warehouse, poll_minutes)
    await world.gateway.call("PUT", f"connections/{SYSTEM}", wanted)
    await world.gateway.call("PATCH", f"connections/{SYSTEM}", confirmed())
    await world.gateway.call("POST", f"connections/{SYSTEM}/activate")


async def customers(world: World, tell: Tell, poll_minutes: float) -> None:
    """Connects the shop. Then orders every few seconds; now and then one is deleted. Until cancelled."""
    await connect(world, poll_minutes)
    shop = NettbutikkShop(world.nettbutikk_url, world.http)
    buyers = [await shop.customer(**buyer) for buyer in BUYERS]
    placed: list[Row] = []
    while True:
        if placed and random.random() < 0.2:  # noqa: S311 - what customers do is no secret
            order = placed.pop()
            await shop.delete(order["order_no"])
            tell(f"{TITLE} order {order['order_no']} is deleted")
        else:
            placed.append(await _buy(world, shop, random.choice(buyers), tell))  # noqa: S311
        await asyncio.sleep(random.uniform(*BETWEEN_ORDERS_SECONDS))  # noqa: S311


async def _buy(world: World, shop: NettbutikkShop, buyer: Row, tell: Tell) -> Row:
    article, count = random.choice(list(GOODS)), random.randint(1, 3)  # noqa: S311
    lines = [{"article_no": f"{article}{world.secrets.mark}", "quantity": count}]
    placed = await shop.order(lines, customer_id=buyer["id"])
    who = f"{buyer['first_name']} {buyer['last_name']} in {buyer['city']}"
    tell(f"{TITLE} order {placed['order_no']}: {who} buys {count} × {GOODS[article]}")
    return placed


def told(call: dict[str, Any]) -> str | None:
    """What the gateway wrote with this call, in words; None for a read, or for a part of something."""
    body = call["body"] if isinstance(call["body"], dict) else {}
    match [call["method"], *call["path"].removeprefix("/api/v1/").split("/")]:
        case ["PATCH", "orders", number] if "status" in body:
            return f"{TITLE} order {number} is {body['status']}"
        case ["PATCH", "orders", number] if "tracking_number" in body:
            return f"{TITLE} order {number}: tracking number {body['tracking_number']}"
        case ["PATCH", "products", number]:
            return f"{TITLE} stock of {number}: {body.get('stock')} pieces"
    return None
