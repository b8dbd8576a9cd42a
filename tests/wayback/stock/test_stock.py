"""Stock to the shop: what differs and nothing else, whatever happens in between."""

from __future__ import annotations

from tests.house import House
from tests.wayback.stock.stock_room import ON, batches, in_both, in_warehouse, level, quantity, written


async def test_only_what_differs_is_written_in_one_call(house: House) -> None:
    same = in_both(house, "SOKK-1", shop=7, wms=7)
    more = in_both(house, "SOKK-2", shop=7, wms=20)
    less = in_both(house, "SOKK-3", shop=7, wms=0)
    await house.connect(processes=ON)

    await house.poll("stock")

    assert (quantity(house, same), quantity(house, more), quantity(house, less)) == (7, 20, 0)
    assert written(house) == [(more, 20), (less, 0)]
    assert len(batches(house)) == 1


async def test_a_second_poll_writes_nothing(house: House) -> None:
    in_both(house, "SOKK-1", shop=7, wms=20)
    await house.connect(processes=ON)
    await house.poll("stock")

    await house.poll("stock")
    await house.poll("stock", sweep=True)

    assert len(batches(house)) == 1


async def test_a_change_in_the_warehouse_is_written(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    await house.connect(processes=ON)
    await house.poll("stock")

    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 5)
    await house.poll("stock")

    assert quantity(house, product) == 5
    assert written(house) == [(product, 5)]


async def test_less_than_nothing_is_none_and_part_of_a_piece_is_no_piece(house: House) -> None:
    short = in_both(house, "SOKK-1", shop=7, wms=2)
    part = in_both(house, "SOKK-2", shop=7, wms=3.9)
    house.warehouse.lock_stock("SOKK-1", 5)
    await house.connect(processes=ON)

    await house.poll("stock")

    assert (quantity(house, short), quantity(house, part)) == (0, 3)
    assert all(type(number) is int for _, number in written(house))


async def test_with_a_floor_the_shop_shows_at_least_that_and_is_not_written_to_again_and_again(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=0)
    await house.connect(processes=ON, stock={"floor": 2})

    await house.poll("stock")
    await house.poll("stock", sweep=True)

    assert written(house) == [(product, 2)]
    assert (await level(house, product)).state == "same"


async def test_an_edit_in_the_shop_is_found_by_the_full_sweep(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    await house.connect(processes=ON)
    await house.poll("stock")
    house.tick(60)
    house.shop.change_product(product, {"stock_quantity": 500})

    await house.poll("stock")
    assert quantity(house, product) == 500

    await house.poll("stock", sweep=True)
    assert quantity(house, product) == 7


async def test_our_own_write_comes_back_as_a_webhook_and_causes_nothing(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    connection = await house.connect(processes=ON)
    await house.deliver(house.shown_product(product), "product.created", connection=connection)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 5)
    await house.poll("stock")
    calls, writes = len(house.warehouse_calls()), len(batches(house))

    house.tick()
    await house.deliver(house.shown_product(product), "product.updated")

    assert len(house.warehouse_calls()) == calls
    assert len(batches(house)) == writes == 1


async def test_an_article_that_the_warehouse_does_not_have_is_left_alone(house: House) -> None:
    product = int(house.product("SOKK-1", manage_stock=True, stock_quantity=7)["id"])
    await house.connect(processes=ON)

    await house.poll("stock")

    assert (quantity(house, product), written(house)) == (7, [])


async def test_an_article_that_another_connection_masters_gets_its_stock_by_its_number(house: House) -> None:
    product = int(house.product(" SOKK_1 ", manage_stock=True, stock_quantity=7)["id"])
    in_warehouse(house, "SOKK-1", 12)
    await house.connect(processes={**ON, "articles": False}, article_number_replacements={"_": "-"})

    await house.poll("stock")

    assert quantity(house, product) == 12
