"""Every item of an answer is looked at: a shop says 200 to a batch of which it took nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.storage.tables import alerts
from tests.house import House
from tests.wayback.stock.stock_room import ON, batches, in_both, in_warehouse, level, quantity, written


def variable(house: House, sku: str, **more: Any) -> int:
    return int(house.product(sku, type="variable", **more)["id"])


def variation(house: House, parent: int, sku: str, *, wms: float, **more: Any) -> int:
    in_warehouse(house, sku, wms)
    return int(house.shop.add_variation(parent, {"sku": sku, "regular_price": "100.00", **more})["id"])


async def test_variations_go_in_a_call_of_their_product(house: House) -> None:
    simple = in_both(house, "LUE", shop=1, wms=2)
    first, second = variable(house, "GENSER"), variable(house, "BUKSE")
    small = variation(house, first, "GENSER-S", wms=5, manage_stock=True, stock_quantity=1)
    large = variation(house, first, "GENSER-L", wms=6, manage_stock=True, stock_quantity=1)
    other = variation(house, second, "BUKSE-S", wms=7, manage_stock=True, stock_quantity=1)
    await house.connect(processes=ON)

    await house.poll("stock")

    assert [quantity(house, each) for each in (simple, small, large, other)] == [2, 5, 6, 7]
    paths = sorted((call.path.removeprefix("/wp-json/wc/v3/"), len(call.body["update"])) for call in batches(house))
    assert paths == sorted(
        [("products/batch", 1), (f"products/{first}/variations/batch", 2), (f"products/{second}/variations/batch", 1)]
    )


async def test_what_the_shop_does_not_count_is_never_written(house: House) -> None:
    unmanaged = int(house.product("SOKK-1")["id"])
    in_warehouse(house, "SOKK-1", 12)
    parent = in_both(house, "GENSER", shop=3, wms=9, type="variable")
    child = variation(house, parent, "GENSER-S", wms=5)
    await house.connect(processes=ON)

    await house.poll("stock")

    assert written(house) == [(parent, 9)]
    assert (await level(house, unmanaged)).problem_code == "stock-not-managed"
    assert (await level(house, child)).problem_code == "stock-kept-by-parent"


async def test_stock_management_switched_off_since_the_sweep_is_seen_in_the_answer(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    await house.connect(processes=ON)
    await house.poll("stock")
    house.shop.change_product(product, {"manage_stock": False})
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 5)

    await house.poll("stock")
    await house.poll("stock")

    row = await level(house, product)
    assert (row.state, row.problem_code, len(batches(house))) == ("problem", "stock-not-managed", 1)
    (alert,) = await house.rows(select(alerts))
    assert alert.kind == "stock"
    assert alert.text.startswith("SOKK-1: The shop does not count the pieces of")


async def test_a_product_that_is_gone_costs_one_call_and_the_others_nothing(house: House) -> None:
    gone = in_both(house, "SOKK-1", shop=7, wms=7)
    there = in_both(house, "SOKK-2", shop=7, wms=7)
    await house.connect(processes=ON)
    await house.poll("stock")
    with house.shop.lock:
        house.shop.products.delete(gone)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 5)
    house.warehouse.put_in_stock("SOKK-2", 5)

    await house.poll("stock")

    assert quantity(house, there) == 5
    assert (await level(house, gone)).problem_code == "product-gone"
    assert len(batches(house)) == 1

    await house.poll("stock", sweep=True)
    assert len(batches(house)) == 1


async def test_a_variation_that_moved_to_another_product_is_written_there_after_a_sweep(house: House) -> None:
    first, second = variable(house, "GENSER"), variable(house, "BUKSE")
    child = variation(house, first, "DELT-S", wms=5, manage_stock=True, stock_quantity=5)
    await house.connect(processes=ON)
    await house.poll("stock")
    moved = dict(house.shop.products[child])
    house.shop.products.put({**moved, "parent_id": second})
    house.tick(60)
    house.warehouse.put_in_stock("DELT-S", 8)

    await house.poll("stock")
    assert (await level(house, child)).problem_code == "wrong-parent"

    await house.poll("stock", sweep=True)
    assert quantity(house, child) == 8


async def test_a_whole_product_deleted_with_its_variations_ends_their_writing(house: House) -> None:
    parent = variable(house, "GENSER")
    child = variation(house, parent, "GENSER-S", wms=5, manage_stock=True, stock_quantity=5)
    await house.connect(processes=ON)
    await house.poll("stock")
    with house.shop.lock:
        house.shop.products.delete(child)
        house.shop.products.delete(parent)
    house.tick(60)
    house.warehouse.put_in_stock("GENSER-S", 8)

    await house.poll("stock")
    await house.work(sweep=True)

    row = await level(house, child)
    assert row.state == "problem"
    assert row.problem_code in ("product-gone", "wrong-parent")
    assert len(batches(house)) == 1


async def test_a_write_that_changed_nothing_is_not_taken_for_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=20)
    await house.connect(processes=ON)
    _answer_with(house, monkeypatch, {"stock_quantity": 7})

    await house.poll("stock")

    row = await level(house, product)
    assert (row.problem_code, row.shop_quantity) == ("stock-not-taken", 7)


async def test_a_variation_under_its_products_number_is_not_given_the_products_stock_too(house: House) -> None:
    parent = in_both(house, "GENSER", shop=9, wms=9, type="variable")
    child = int(house.shop.add_variation(parent, {"manage_stock": True, "stock_quantity": 0, "regular_price": "1"})["id"])
    house.shop.products[child]["sku"] = "GENSER"
    await house.connect(processes={**ON, "articles": False})

    await house.poll("stock")
    await house.poll("stock", sweep=True)

    assert (quantity(house, child), written(house)) == (0, [])
    assert (await level(house, child)).problem_code == "stock-number-of-parent"


async def test_a_product_in_the_trash_is_no_longer_written_to(house: House) -> None:
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    connection = await house.connect(processes=ON)
    await house.deliver(house.shown_product(product), "product.created", connection=connection)
    await house.poll("stock")
    house.tick(60)
    with house.shop.lock:
        house.shop.products.trash(product)
    await house.deliver({"id": product}, "product.deleted")
    await house.poll("stock", sweep=True)
    house.warehouse.put_in_stock("SOKK-1", 5)

    await house.poll("stock")

    assert written(house) == []


def _answer_with(house: House, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]) -> None:
    """The shop's batches answer other quantities than were written, as with a plugin that keeps its own."""
    send = house.gateway.http.send

    async def answered(request: httpx.Request, **named: Any) -> httpx.Response:
        response = await send(request, **named)
        if not request.url.path.endswith("/batch"):
            return response
        body = json.loads(await response.aread())
        body["update"] = [{**item, **changed} for item in body["update"]]
        return httpx.Response(response.status_code, json=body, request=request)

    monkeypatch.setattr(house.gateway.http, "send", answered)
