"""Two shops that sell from one goods owner's stock: what waits of either is taken off in both, until the warehouse has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.engine.core.queue import Task
from app.engine.operations import records
from app.records.connections import Connection, Status
from app.records.stock import listing
from app.storage.tables import lanes
from tests.engine.stock.stock_steps import ON, in_both, in_warehouse
from tests.harness import Harness, open_harness

NOWHERE = {"first_name": "Kari", "last_name": "Nordmann", "address_1": "", "city": "", "postcode": "", "country": ""}
"""An address that holds an order."""


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """On both databases: what is taken off is reckoned in SQL."""
    async with open_harness(database_url, tmp_path) as opened:
        yield opened


async def two(harness: Harness, **second: Any) -> tuple[Connection, Connection]:
    """Two connections of goods owner 77, ten pieces of one article, all of it known."""
    in_both(harness, "SOKK-1", shop=10, wms=10)
    first = await harness.connect("first", processes=ON, order_number_prefix="A-")
    other = await harness.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-", **second)
    await read(harness)
    assert await offered(harness) == (10, 10)
    return first, other


async def read(harness: Harness) -> None:
    """The stock is read for both; orders stay where they are."""
    harness.wake_ups.waiting.clear()
    await _pause(harness, True)
    for connection in list(harness.connections.values()):
        await harness.poll("stock", connection)
    await _pause(harness, False)


async def _pause(harness: Harness, paused: bool) -> None:
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=paused))


async def offered(harness: Harness, number: str = "SOKK-1") -> tuple[Any, ...]:
    """What each shop must show."""
    async with harness.gateway.database.read() as db:
        found = await listing.search(db, connection_ids=None, number=number)
    by_name = {each.row.connection: each.wanted for each in found}
    return tuple(by_name.get(each.name) for each in harness.connections.values())


async def sell(harness: Harness, connection: Connection, pieces: int, **more: Any) -> Any:
    """A customer's order, announced and in the gateway; in the warehouse only when its lane is drained."""
    order = harness.shop.order("SOKK-1", **more)
    line = {"id": order["line_items"][0]["id"], "quantity": pieces}
    order = harness.shop.change(order["id"], line_items=[line])
    assert (await harness.announce(order, connection=connection)).status_code == 200
    await harness.ingest()
    return order


async def drained(harness: Harness) -> None:
    harness.tick(60)
    await harness.wake_ups.send(Task.DRAIN, harness.connections["first"].lane)
    await harness.work()


async def test_what_waits_in_either_is_taken_off_in_both_and_once(harness: Harness) -> None:
    first, second = await two(harness)
    await sell(harness, first, 3)
    assert await offered(harness) == (7, 7)
    await sell(harness, second, 2)
    assert await offered(harness) == (5, 5)
    harness.tick(60)
    await read(harness)
    assert await offered(harness) == (5, 5)
    await drained(harness)
    harness.tick(60)
    await read(harness)
    assert sorted(order.lines[0].ordered for order in harness.warehouse.model.orders.values()) == [2, 3]
    assert await offered(harness) == (5, 5)


async def test_what_the_warehouse_has_is_off_for_the_shop_that_has_not_read_since(harness: Harness) -> None:
    """The first has read a figure with the order in it, the second an older one."""
    first, second = await two(harness)
    await sell(harness, first, 3)
    await drained(harness)
    harness.tick(60)
    await harness.poll("stock", first)
    assert await offered(harness) == (7, 7)
    harness.tick(60)
    await harness.poll("stock", second)
    assert await offered(harness) == (7, 7)


@pytest.mark.parametrize("seller", ["first", "second"])
async def test_held_failed_unknown_and_on_hold_orders_of_either(harness: Harness, seller: str) -> None:
    await two(harness)
    selling = harness.connections[seller]
    held = await sell(harness, selling, 1, shipping=NOWHERE, billing={**NOWHERE, "email": "kari@example.com"})
    on_hold = await sell(harness, selling, 3, status="on-hold")
    await harness.work(sweep=True)
    assert await offered(harness) == (6, 6)
    harness.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await sell(harness, selling, 1)
    await harness.work(sweep=True)
    harness.mend()
    harness.warehouse.fail("cut", method="PUT", path="/demo/api/v1/orders")
    await sell(harness, selling, 2)
    await harness.work(sweep=True)
    assert harness.warehouse.model.orders == {}
    harness.mend()
    harness.tick(60)
    await read(harness)
    assert await offered(harness) == (3, 3)
    await records.resolve(harness.gateway, (await harness.stored.mapping(held["id"])).id, "sent by hand")
    assert await offered(harness) == (4, 4)
    cancelled = harness.shop.change(on_hold["id"], status="cancelled")
    assert (await harness.announce(cancelled, connection=selling)).status_code == 200
    await harness.ingest()
    assert await offered(harness) == (7, 7)


async def test_a_paused_shop_counts_and_another_goods_owner_does_not(harness: Harness) -> None:
    first, second = await two(harness)
    other = await harness.connect("other", goods_owner_id=78, processes={**ON, "articles": False})
    in_warehouse(harness, "SOKK-1", 10, goods_owner_id=78)
    await harness.poll("stock", other)
    await sell(harness, second, 2)
    await harness.set_status(second, Status.PAUSED)
    harness.tick(3 * 24 * 3600)
    await harness.poll("stock", first)
    assert await offered(harness) == (8, 8, 10)
