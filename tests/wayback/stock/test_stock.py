"""Stock to the shop: what differs and nothing else, whatever happens in between."""

from __future__ import annotations

from tests.harness import Harness
from tests.wayback.stock.stock_steps import ON, batches, in_both, in_warehouse, level, quantity, written


async def test_only_what_differs_is_written_in_one_call(harness: Harness) -> None:
    same = in_both(harness, "SOKK-1", shop=7, wms=7)
    more = in_both(harness, "SOKK-2", shop=7, wms=20)
    less = in_both(harness, "SOKK-3", shop=7, wms=0)
    await harness.connect(processes=ON)

    await harness.poll("stock")

    assert (quantity(harness, same), quantity(harness, more), quantity(harness, less)) == (7, 20, 0)
    assert written(harness) == [(more, 20), (less, 0)]
    assert len(batches(harness)) == 1


async def test_a_second_poll_writes_nothing(harness: Harness) -> None:
    in_both(harness, "SOKK-1", shop=7, wms=20)
    await harness.connect(processes=ON)
    await harness.poll("stock")

    await harness.poll("stock")
    await harness.poll("stock", sweep=True)

    assert len(batches(harness)) == 1


async def test_a_change_in_the_warehouse_is_written(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    await harness.connect(processes=ON)
    await harness.poll("stock")

    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)
    await harness.poll("stock")

    assert quantity(harness, product) == 5
    assert written(harness) == [(product, 5)]


async def test_less_than_nothing_is_none_and_part_of_a_piece_is_no_piece(harness: Harness) -> None:
    short = in_both(harness, "SOKK-1", shop=7, wms=2)
    part = in_both(harness, "SOKK-2", shop=7, wms=3.9)
    harness.warehouse.model.lock_stock("SOKK-1", 5)
    await harness.connect(processes=ON)

    await harness.poll("stock")

    assert (quantity(harness, short), quantity(harness, part)) == (0, 3)
    assert all(type(number) is int for _, number in written(harness))


async def test_with_a_floor_the_shop_shows_at_least_that_and_is_not_written_to_again_and_again(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=0)
    await harness.connect(processes=ON, stock={"floor": 2})

    await harness.poll("stock")
    await harness.poll("stock", sweep=True)

    assert written(harness) == [(product, 2)]
    assert (await level(harness, product)).state == "same"


async def test_an_edit_in_the_shop_is_found_by_the_full_sweep(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    harness.tick(60)
    harness.shop.model.change_product(product, {"stock_quantity": 500})

    await harness.poll("stock")
    assert quantity(harness, product) == 500

    await harness.poll("stock", sweep=True)
    assert quantity(harness, product) == 7


async def test_our_own_write_comes_back_as_a_webhook_and_causes_nothing(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    connection = await harness.connect(processes=ON)
    await harness.deliver(harness.shop.shown_product(product), "product.created", connection=connection)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)
    await harness.poll("stock")
    calls, writes = len(harness.warehouse.calls()), len(batches(harness))

    harness.tick()
    await harness.deliver(harness.shop.shown_product(product), "product.updated")

    assert len(harness.warehouse.calls()) == calls
    assert len(batches(harness)) == writes == 1


async def test_an_article_that_the_warehouse_does_not_have_is_left_alone(harness: Harness) -> None:
    product = int(harness.shop.product("SOKK-1", manage_stock=True, stock_quantity=7)["id"])
    await harness.connect(processes=ON)

    await harness.poll("stock")

    assert (quantity(harness, product), written(harness)) == (7, [])


async def test_an_article_that_another_connection_masters_gets_its_stock_by_its_number(harness: Harness) -> None:
    product = int(harness.shop.product(" SOKK_1 ", manage_stock=True, stock_quantity=7)["id"])
    in_warehouse(harness, "SOKK-1", 12)
    await harness.connect(processes={**ON, "articles": False}, article_number_replacements={"_": "-"})

    await harness.poll("stock")

    assert quantity(harness, product) == 12
