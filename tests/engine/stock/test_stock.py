"""Stock to the shop: what differs and nothing else, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations import connections
from app.engine.stock import write as stock_write
from app.records import runs
from app.storage.tables import run_parts
from tests.engine.stock.stock_steps import ON, batches, in_both, in_warehouse, level, quantity, written
from tests.harness import Harness


async def test_only_what_differs_is_written_in_one_call(bare_harness: Harness) -> None:
    same = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    more = in_both(bare_harness, "SOKK-2", shop=7, wms=20)
    less = in_both(bare_harness, "SOKK-3", shop=7, wms=0)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert (quantity(bare_harness, same), quantity(bare_harness, more), quantity(bare_harness, less)) == (7, 20, 0)
    assert written(bare_harness) == [(more, 20), (less, 0)]
    assert len(batches(bare_harness)) == 1


async def test_a_connection_that_looks_only_compares_and_writes_nothing_until_it_may(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=4, wms=9)
    await bare_harness.connect(processes=ON, stock={"look_only": True})
    await bare_harness.poll("stock")
    assert (quantity(bare_harness, product), written(bare_harness)) == (4, [])
    seen = await level(bare_harness, product)
    assert (seen.state, seen.shop_quantity, seen.sellable) == ("waiting", 4, 9)
    (part,) = await bare_harness.stored.rows(select(run_parts.c.state))
    assert part.state == "done"

    await connections.patch(bare_harness.gateway, bare_harness.connection, {"settings": {"stock": {"look_only": False}}})
    await stock_write.write(bare_harness.gateway, bare_harness.connection.id)

    assert written(bare_harness) == [(product, 9)]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"stock": {"look_only": True}}, "stock-look-only"), ({"processes": {"stock": False}}, "stock-switched-off")],
)
async def test_a_run_whose_quantities_wait_ends_when_none_are_written_any_more(
    bare_harness: Harness, change: dict[str, Any], code: str
) -> None:
    in_both(bare_harness, "SOKK-1", shop=4, wms=9)
    in_both(bare_harness, "SOKK-2", shop=4, wms=4)
    await bare_harness.connect(processes=ON)
    bare_harness.shop.fail("status", path="/wp-json/wc/v3/products/batch", status=503)
    await bare_harness.poll("stock")
    (part,) = await bare_harness.stored.rows(select(run_parts.c.state))
    assert part.state == "working"

    await connections.patch(bare_harness.gateway, bare_harness.connection, {"settings": change})
    await bare_harness.work(sweep=True)

    async with bare_harness.gateway.database.read() as db:
        (run,) = await runs.latest(db, connection_ids=None, before=None, limit=9)
    assert (run.state, run.counts["updated"], run.counts["skipped"]) == ("done", 0, 1)
    assert run.parts[0].reasons == [{"outcome": "skipped", "code": code, "count": 1}]


async def test_a_second_poll_writes_nothing(bare_harness: Harness) -> None:
    in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")

    await bare_harness.poll("stock")
    await bare_harness.poll("stock", sweep=True)

    assert len(batches(bare_harness)) == 1


async def test_a_change_in_the_warehouse_is_written(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")

    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 5)
    await bare_harness.poll("stock")

    assert quantity(bare_harness, product) == 5
    assert written(bare_harness) == [(product, 5)]


async def test_less_than_nothing_is_none_and_part_of_a_piece_is_no_piece(bare_harness: Harness) -> None:
    short = in_both(bare_harness, "SOKK-1", shop=7, wms=2)
    part = in_both(bare_harness, "SOKK-2", shop=7, wms=3.9)
    bare_harness.warehouse.model.lock_stock("SOKK-1", 5)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert (quantity(bare_harness, short), quantity(bare_harness, part)) == (0, 3)
    assert all(type(number) is int for _, number in written(bare_harness))


async def test_with_a_floor_the_shop_shows_at_least_that_and_is_not_written_to_again_and_again(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=0)
    await bare_harness.connect(processes=ON, stock={"floor": 2})

    await bare_harness.poll("stock")
    await bare_harness.poll("stock", sweep=True)

    assert written(bare_harness) == [(product, 2)]
    assert (await level(bare_harness, product)).state == "same"


async def test_an_edit_in_the_shop_is_found_by_the_full_sweep(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    bare_harness.tick(60)
    bare_harness.shop.model.change_product(product, {"stock_quantity": 500})

    await bare_harness.poll("stock")
    assert quantity(bare_harness, product) == 500

    await bare_harness.poll("stock", sweep=True)
    assert quantity(bare_harness, product) == 7


async def test_our_own_write_comes_back_as_a_webhook_and_causes_nothing(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    connection = await bare_harness.connect(processes=ON)
    await bare_harness.deliver(bare_harness.shop.shown_product(product), "product.created", connection=connection)
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 5)
    await bare_harness.poll("stock")
    calls, writes = len(bare_harness.warehouse.calls()), len(batches(bare_harness))

    bare_harness.tick()
    await bare_harness.deliver(bare_harness.shop.shown_product(product), "product.updated")

    assert len(bare_harness.warehouse.calls()) == calls
    assert len(batches(bare_harness)) == writes == 1


async def test_an_article_that_the_warehouse_does_not_have_is_left_alone(bare_harness: Harness) -> None:
    product = int(bare_harness.shop.product("SOKK-1", manage_stock=True, stock_quantity=7)["id"])
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert (quantity(bare_harness, product), written(bare_harness)) == (7, [])


async def test_an_article_that_another_connection_masters_gets_its_stock_by_its_number(bare_harness: Harness) -> None:
    product = int(bare_harness.shop.product(" SOKK_1 ", manage_stock=True, stock_quantity=7)["id"])
    in_warehouse(bare_harness, "SOKK-1", 12)
    await bare_harness.connect(processes={**ON, "articles": False}, article_number_replacements={"_": "-"})

    await bare_harness.poll("stock")

    assert quantity(bare_harness, product) == 12
