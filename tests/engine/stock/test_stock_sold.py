"""What the shop has sold and the warehouse has not yet got is taken off, once, until the warehouse's own figure shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.engine.core.queue import Task
from app.engine.operations import records
from app.engine.upkeep import retention
from app.records.stock import listing, rules
from app.storage.outbound_tables import reservations
from app.storage.tables import jobs, lanes
from tests.engine.stock.stock_steps import ON, in_both, in_warehouse, level, quantity, written
from tests.harness import Harness, open_harness


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """On both databases: what is taken off is reckoned in SQL."""
    async with open_harness(database_url, tmp_path) as opened:
        yield opened


async def sell(harness: Harness, sku: str = "SOKK-1", **more: Any) -> Any:
    """A customer's order, announced and in the gateway; in the warehouse only when its lane is drained."""
    order = harness.shop.order(sku, **more)
    answer = await harness.announce(order)
    assert answer.status_code == 200
    await harness.ingest()
    return order


async def stock_only(harness: Harness) -> None:
    """Polls and writes the stock, and leaves orders where they are."""
    harness.wake_ups.waiting.clear()
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=True))
    await harness.poll("stock")
    async with harness.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=False))


async def test_an_order_that_waits_in_the_gateway_is_not_given_back_to_the_shop(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    await sell(harness)
    assert quantity(harness, product) == 9
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)

    await stock_only(harness)

    assert written(harness) == [(product, 14)]


async def test_it_is_taken_off_once_when_the_warehouse_has_got_it(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    order = await sell(harness)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)
    await stock_only(harness)
    assert quantity(harness, product) == 14

    harness.tick(60)
    await harness.wake_ups.send(Task.DRAIN, harness.connection.lane)
    await harness.work()
    assert harness.warehouse.order(order["number"]) is not None
    harness.tick(60)
    await harness.poll("stock")

    assert quantity(harness, product) == 14
    assert (await level(harness, product)).state == "same"


async def test_a_read_that_began_before_the_order_got_there_does_not_show_it(harness: Harness) -> None:
    """The order arrives while the stock is being read: its article's figure is from before."""
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    await sell(harness)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)
    await stock_only(harness)
    before = await level(harness, product)

    harness.tick(60)
    await harness.wake_ups.send(Task.DRAIN, harness.connection.lane)
    await harness.work()

    (reserved,) = await harness.stored.rows(select(reservations))
    assert reserved.transferred_at > before.wms_read_at
    async with harness.gateway.database.begin() as db:
        waiting = await rules.decide_state(db, harness.connection.id, harness.connection.lane, [before.id], harness.clock())
    assert waiting == 0
    assert quantity(harness, product) == 14


async def test_held_and_refused_orders_are_taken_off_too(harness: Harness) -> None:
    held = in_both(harness, "SOKK-1", shop=10, wms=10)
    refused = in_both(harness, "SOKK-2", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    nowhere = {"first_name": "Kari", "last_name": "Nordmann", "address_1": "", "city": "", "postcode": "", "country": ""}
    await sell(harness, "SOKK-1", shipping=nowhere, billing={**nowhere, "email": "kari@example.com"})
    await harness.work(sweep=True)
    assert "held" in [row.state for row in await _order_jobs(harness)]
    harness.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await sell(harness, "SOKK-2")
    await harness.work(sweep=True)
    assert "dead" in [row.state for row in await _order_jobs(harness)]
    harness.mend()
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)
    harness.warehouse.model.put_in_stock("SOKK-2", 25)

    await harness.poll("stock")

    assert (quantity(harness, held), quantity(harness, refused)) == (14, 24)


async def test_an_order_cancelled_before_it_was_sent_is_for_sale_again(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    order = await sell(harness)
    harness.tick()
    harness.shop.model.change_order(order["id"], {"status": "cancelled"})
    await harness.announce(harness.shop.shown(order["id"]))
    await harness.work()
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)

    await harness.poll("stock")

    assert quantity(harness, product) == 15
    assert await harness.stored.rows(select(reservations)) == []


async def test_an_order_settled_by_an_operator_holds_nothing_back(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    order = await sell(harness)
    await records.resolve(harness.gateway, (await harness.stored.mapping(order["id"])).id, "sent by hand")
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)

    await stock_only(harness)

    assert quantity(harness, product) == 15


async def test_a_quantity_the_shop_lowered_by_a_sale_is_written_though_the_figure_is_the_old_one(harness: Harness) -> None:
    """Sold one, one came in: what is for sale is what was for sale, but not what the shop shows."""
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    await sell(harness)
    assert quantity(harness, product) == 9
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 11)

    await stock_only(harness)

    assert quantity(harness, product) == 10


async def test_a_write_that_undid_a_sale_is_put_right_when_the_order_is_known(harness: Harness) -> None:
    """The order was placed between our read and our write, and its webhook came after it."""
    product = in_both(harness, "SOKK-1", shop=10, wms=12)
    await harness.connect(processes=ON)
    order = harness.shop.order("SOKK-1")
    await harness.poll("stock")
    assert quantity(harness, product) == 12

    await harness.announce(order)
    await harness.ingest()
    await harness.wake_ups.send(Task.STOCK, harness.connection.id)
    await harness.work()

    assert quantity(harness, product) == 11


async def test_what_one_shop_sells_the_other_shop_of_the_goods_owner_does_not_sell_again(harness: Harness) -> None:
    mine = in_both(harness, "SOKK-1", shop=10, wms=10)
    first = await harness.connect("first", processes=ON, order_number_prefix="A-")
    second = await harness.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
    await harness.poll("stock", first)
    await harness.poll("stock", second)
    order = harness.shop.order("SOKK-1")
    assert quantity(harness, mine) == 9

    await harness.announce(order, connection=first)
    await harness.ingest()
    await harness.wake_ups.send(Task.STOCK, second.id)
    await harness.work()

    assert written(harness) == [(mine, 9)]


async def test_orders_are_not_taken_off_when_the_connection_says_so(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON, stock={"deduct_waiting_orders": False})
    await harness.poll("stock")
    await sell(harness)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 15)

    await stock_only(harness)

    assert quantity(harness, product) == 15


async def _order_jobs(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(jobs).where(jobs.c.process == "orders"))


async def test_an_article_of_two_goods_owners_is_not_mixed_up(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    in_warehouse(harness, "SOKK-1", 3, goods_owner_id=78)
    await harness.connect(processes=ON, user="gateway")
    await harness.connect("other", goods_owner_id=78, processes=ON)
    await harness.poll("stock", harness.connections["shop"])
    assert quantity(harness, product) == 10


async def test_it_is_taken_off_until_a_read_has_shown_it_however_long_that_takes(harness: Harness) -> None:
    """The stock could not be read for days: what was sent in the meantime is not in the figure."""
    product = in_both(harness, "SOKK-1", shop=10, wms=10)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    assert harness.warehouse.order(order["number"]) is not None
    harness.tick(5 * 24 * 3600)
    await retention.prune(harness.gateway, harness.clock())
    async with harness.gateway.database.begin() as db:
        shown = await listing.search(db, connection_ids=None, number="SOKK-1")
    assert [(each.row.sellable, each.deducted, each.wanted) for each in shown] == [(10.0, 1.0, 9)]

    await harness.poll("stock")
    assert quantity(harness, product) == 9
    await retention.prune(harness.gateway, harness.clock())
    assert await harness.stored.rows(select(reservations)) == []
