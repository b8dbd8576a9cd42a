"""Customers of the demo's 24SevenOffice, to be watched, and what the gateway tells the ERP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from app.demo.goods_owners import GOODS_OWNERS
from app.demo.sevenoffice24.office import SevenOffice
from app.demo.sevenoffice24.scenes import SAVE, SET_STOCK
from app.demo.sevenoffice24.simulator import SYSTEM, draft
from app.demo.world import World

TITLE = "24SevenOffice"
GOODS = {"UJ-1-M": "Ulljakke M", "SOKK-1": "Sokker & votter", "KOPP-1": "Kopp"}
BUYERS: tuple[dict[str, Any], ...] = ({"name": "Fjord Sport AS"}, {"name": "Bjørg Ås", "Type": "Consumer"})
BETWEEN_ORDERS_SECONDS = (6.0, 12.0)

Tell = Callable[[str], None]


def numbers(world: World) -> list[str]:
    """Of what is sold, as they are at this start."""
    return [f"{number}{world.secrets.mark}" for number in GOODS]


async def connect(world: World, poll_minutes: float) -> None:
    """A connection that works in the user's default company."""
    warehouse = {**world.warehouse_login, "goods_owner_id": GOODS_OWNERS[SYSTEM]}
    wanted = draft(world.sevenoffice_url, world.secrets.sevenoffice_password, warehouse, poll_minutes)
    await world.gateway.call("PUT", f"connections/{SYSTEM}", wanted)
    await world.gateway.call("POST", f"connections/{SYSTEM}/test")
    await world.gateway.call("POST", f"connections/{SYSTEM}/activate")


async def customers(world: World, tell: Tell, poll_minutes: float) -> None:
    """Connects the ERP. Then orders are confirmed every few seconds; now and then one is withdrawn. Until cancelled."""
    await connect(world, poll_minutes)
    office = SevenOffice(world.sevenoffice_url, world.http)
    buyers = [await office.company(**buyer) for buyer in BUYERS]
    placed: list[int] = []
    while True:
        if placed and random.random() < 0.2:  # noqa: S311 - what customers do is no secret
            order = placed.pop()
            await office.edit(order, OrderStatus="Inactive")
            tell(f"{TITLE} order {order} is withdrawn")
        else:
            article, count = random.choice(list(GOODS)), random.randint(1, 3)  # noqa: S311
            buyer = random.choice(buyers)  # noqa: S311
            rows = [{"No": f"{article}{world.secrets.mark}", "Quantity": count}]
            placed.append((await office.order(rows, customer_id=buyer["Id"]))["OrderId"])
            tell(f"{TITLE} order {placed[-1]} is confirmed: {buyer['Name']} buys {count} × {GOODS[article]}")
        await asyncio.sleep(random.uniform(*BETWEEN_ORDERS_SECONDS))  # noqa: S311


def told(call: dict[str, Any]) -> str | None:
    """What the gateway wrote with this call, in words; None for a read."""
    body = call["body"] if isinstance(call["body"], dict) else {}
    match body:
        case {"operation": operation, "invoices": [{"OrderId": order, "OrderStatus": status}]} if operation == SAVE:
            return f"{TITLE} order {order} is {status}"
        case {"operation": operation, "productId": product, "stockQuantity": quantity} if operation == SET_STOCK:
            return f"{TITLE} stock of product {product}: {float(quantity):g} pieces"
    return None
