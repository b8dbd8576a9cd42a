"""What the shop has sold and the warehouse has not yet got is taken off, once, until the warehouse's own figure shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.engine.core.queue import Task
from app.engine.operations import records
from app.records.stock import levels
from app.storage.outbound_tables import reservations
from app.storage.tables import jobs, lanes
from tests.house import House, open_house
from tests.wayback.stock.stock_room import ON, in_both, in_warehouse, level, quantity, written


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """On both databases: what is taken off is reckoned in SQL."""
    async with open_house(database_url, tmp_path) as opened:
        yield opened


async def sell(house: House, sku: str = "SOKK-1", **more: Any) -> Any:
    """A customer's order, announced and in the gateway; in the warehouse only when its lane is drained."""
    order = house.order(sku, **more)
    answer = await house.announce(order)
    assert answer.status_code == 200
    await house.ingest()
    return order


async def stock_only(house: House) -> None:
    """Polls and writes the stock, and leaves orders where they are."""
    house.wake_ups.waiting.clear()
    async with house.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=True))
    await house.poll("stock")
    async with house.gateway.database.begin() as db:
        await db.execute(update(lanes).values(paused=False))


async def test_an_order_that_waits_in_the_gateway_is_not_given_back_to_the_shop(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    await sell(house)
    assert quantity(house, product) == 9
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)

    await stock_only(house)

    assert written(house) == [(product, 14)]


async def test_it_is_taken_off_once_when_the_warehouse_has_got_it(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    order = await sell(house)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)
    await stock_only(house)
    assert quantity(house, product) == 14

    house.tick(60)
    await house.wake_ups.send(Task.DRAIN, house.connection.lane)
    await house.work()
    assert house.wms_order(order["number"]) is not None
    house.tick(60)
    await house.poll("stock")

    assert quantity(house, product) == 14
    assert (await level(house, product)).state == "same"


async def test_a_read_that_began_before_the_order_got_there_does_not_show_it(house: House) -> None:
    """The order arrives while the stock is being read: its article's figure is from before."""
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    await sell(house)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)
    await stock_only(house)
    before = await level(house, product)

    house.tick(60)
    await house.wake_ups.send(Task.DRAIN, house.connection.lane)
    await house.work()

    (reserved,) = await house.rows(select(reservations))
    assert reserved.transferred_at > before.wms_read_at
    async with house.gateway.database.begin() as db:
        waiting = await levels.decide_state(db, house.connection.id, house.connection.lane, [before.id], house.clock())
    assert waiting == 0
    assert quantity(house, product) == 14


async def test_held_and_refused_orders_are_taken_off_too(house: House) -> None:
    held = in_both(house, "SOKK-1", shop=10, wms=10)
    refused = in_both(house, "SOKK-2", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    nowhere = {"first_name": "Kari", "last_name": "Nordmann", "address_1": "", "city": "", "postcode": "", "country": ""}
    await sell(house, "SOKK-1", shipping=nowhere, billing={**nowhere, "email": "kari@example.com"})
    await house.work(sweep=True)
    assert "held" in [row.state for row in await _order_jobs(house)]
    house.fail_warehouse("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await sell(house, "SOKK-2")
    await house.work(sweep=True)
    assert "dead" in [row.state for row in await _order_jobs(house)]
    house.mend()
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)
    house.warehouse.put_in_stock("SOKK-2", 25)

    await house.poll("stock")

    assert (quantity(house, held), quantity(house, refused)) == (14, 24)


async def test_an_order_cancelled_before_it_was_sent_is_for_sale_again(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    order = await sell(house)
    house.tick()
    house.shop.change_order(order["id"], {"status": "cancelled"})
    await house.announce(house.shown(order["id"]))
    await house.work()
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)

    await house.poll("stock")

    assert quantity(house, product) == 15
    assert await house.rows(select(reservations)) == []


async def test_an_order_settled_by_an_operator_holds_nothing_back(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    order = await sell(house)
    await records.resolve(house.gateway, (await house.mapping(order["id"])).id, "sent by hand")
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)

    await stock_only(house)

    assert quantity(house, product) == 15


async def test_a_quantity_the_shop_lowered_by_a_sale_is_written_though_the_figure_is_the_old_one(house: House) -> None:
    """Sold one, one came in: what is for sale is what was for sale, but not what the shop shows."""
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON)
    await house.poll("stock")
    await sell(house)
    assert quantity(house, product) == 9
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 11)

    await stock_only(house)

    assert quantity(house, product) == 10


async def test_a_write_that_undid_a_sale_is_put_right_when_the_order_is_known(house: House) -> None:
    """The order was placed between our read and our write, and its webhook came after it."""
    product = in_both(house, "SOKK-1", shop=10, wms=12)
    await house.connect(processes=ON)
    order = house.order("SOKK-1")
    await house.poll("stock")
    assert quantity(house, product) == 12

    await house.announce(order)
    await house.ingest()
    await house.wake_ups.send(Task.STOCK, house.connection.id)
    await house.work()

    assert quantity(house, product) == 11


async def test_what_one_shop_sells_the_other_shop_of_the_goods_owner_does_not_sell_again(house: House) -> None:
    mine = in_both(house, "SOKK-1", shop=10, wms=10)
    first = await house.connect("first", processes=ON, order_number_prefix="A-")
    second = await house.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
    await house.poll("stock", first)
    await house.poll("stock", second)
    order = house.order("SOKK-1")
    assert quantity(house, mine) == 9

    await house.announce(order, connection=first)
    await house.ingest()
    await house.wake_ups.send(Task.STOCK, second.id)
    await house.work()

    assert written(house) == [(mine, 9)]


async def test_orders_are_not_taken_off_when_the_connection_says_so(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    await house.connect(processes=ON, stock={"deduct_waiting_orders": False})
    await house.poll("stock")
    await sell(house)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 15)

    await stock_only(house)

    assert quantity(house, product) == 15


async def _order_jobs(house: House) -> list[Any]:
    return await house.rows(select(jobs).where(jobs.c.process == "orders"))


async def test_an_article_of_two_goods_owners_is_not_mixed_up(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=10, wms=10)
    in_warehouse(house, "SOKK-1", 3, goods_owner_id=78)
    await house.connect(processes=ON, user="gateway")
    await house.connect("other", goods_owner_id=78, processes=ON)
    await house.poll("stock", house.connections["shop"])
    assert quantity(house, product) == 10
