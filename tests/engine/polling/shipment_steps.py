"""Orders that are in the warehouse, and what the shop and the warehouse were told of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.engine.core.queue import Task
from app.records.connection_lanes import shop_lane
from app.storage.outbound_tables import reports
from tests.harness import Harness

ON = {"stock": False, "shipments": True, "returns": False}
BOTH = {"stock": False, "shipments": True, "returns": True}


async def in_warehouse(harness: Harness, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """A customer's order of so many pieces each, transferred; as the shop shows it."""
    lines = lines or (("SOKK-1", 1),)
    for sku, _ in lines:
        if not harness.shop.model.products.with_sku(sku):
            harness.shop.product(sku)
    items = [{"product_id": harness.shop.model.products.with_sku(sku)[0], "quantity": pieces} for sku, pieces in lines]
    order = harness.shop.order(line_items=items, **more)
    await harness.deliver(order)
    assert harness.warehouse.order(order["number"]) is not None
    return order


def row(order: dict[str, Any], index: int = 0) -> str:
    """The row number of an order's line in the WMS."""
    return str(order["line_items"][index]["id"])


def status(harness: Harness, order: dict[str, Any]) -> str:
    return str(harness.shop.model.orders[order["id"]]["status"])


def notes(harness: Harness, order: dict[str, Any], word: str = "Sporing") -> list[tuple[str, bool]]:
    """Our notes on the order with this word in them, oldest first, and whether the customer got them."""
    return [
        (each["note"], each["customer_note"]) for each in harness.shop.model.notes.get(order["id"], []) if word in each["note"]
    ]


def status_writes(harness: Harness) -> list[Any]:
    """Every status that was written to the shop."""
    return [call.body["status"] for call in harness.shop.calls("/wp-json/wc/v3/orders/") if call.method == "PUT"]


def reported(harness: Harness, order: dict[str, Any], index: int = 0) -> float | None:
    """What the WMS was told of the line."""
    found = harness.warehouse.order(order["number"])
    assert found is not None
    return found.line(row(order, index)).reported


async def drain_shop(harness: Harness) -> None:
    """Works off the shop's lane now, and what comes of it."""
    await harness.wake_ups.send(Task.DRAIN, shop_lane(harness.connection.id))
    await harness.work()


async def later(harness: Harness, seconds: float = 3600) -> None:
    """Time passes, and what had been put aside is taken up."""
    harness.tick(seconds)
    await harness.stored.age_attempts()
    await harness.work(sweep=True)


async def told(harness: Harness, kind: str) -> list[tuple[str, bool]]:
    """The intents of one kind, and whether the shop has them."""
    rows = await harness.stored.rows(select(reports).where(reports.c.kind == kind).order_by(reports.c.id))
    return [(each.key, each.remote_id is not None) for each in rows]
