"""Every item of an answer is looked at: a shop says 200 to a batch of which it took nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.storage.tables import alerts
from tests.harness import Harness
from tests.wayback.stock.stock_steps import ON, batches, in_both, in_warehouse, level, quantity, written


def variable(harness: Harness, sku: str, **more: Any) -> int:
    return int(harness.shop.product(sku, type="variable", **more)["id"])


def variation(harness: Harness, parent: int, sku: str, *, wms: float, **more: Any) -> int:
    in_warehouse(harness, sku, wms)
    return int(harness.shop.model.add_variation(parent, {"sku": sku, "regular_price": "100.00", **more})["id"])


async def test_variations_go_in_a_call_of_their_product(harness: Harness) -> None:
    simple = in_both(harness, "LUE", shop=1, wms=2)
    first, second = variable(harness, "GENSER"), variable(harness, "BUKSE")
    small = variation(harness, first, "GENSER-S", wms=5, manage_stock=True, stock_quantity=1)
    large = variation(harness, first, "GENSER-L", wms=6, manage_stock=True, stock_quantity=1)
    other = variation(harness, second, "BUKSE-S", wms=7, manage_stock=True, stock_quantity=1)
    await harness.connect(processes=ON)

    await harness.poll("stock")

    assert [quantity(harness, each) for each in (simple, small, large, other)] == [2, 5, 6, 7]
    paths = sorted((call.path.removeprefix("/wp-json/wc/v3/"), len(call.body["update"])) for call in batches(harness))
    assert paths == sorted(
        [("products/batch", 1), (f"products/{first}/variations/batch", 2), (f"products/{second}/variations/batch", 1)]
    )


async def test_what_the_shop_does_not_count_is_never_written(harness: Harness) -> None:
    unmanaged = int(harness.shop.product("SOKK-1")["id"])
    in_warehouse(harness, "SOKK-1", 12)
    parent = in_both(harness, "GENSER", shop=3, wms=9, type="variable")
    child = variation(harness, parent, "GENSER-S", wms=5)
    await harness.connect(processes=ON)

    await harness.poll("stock")

    assert written(harness) == [(parent, 9)]
    assert (await level(harness, unmanaged)).problem_code == "stock-not-managed"
    assert (await level(harness, child)).problem_code == "stock-kept-by-parent"


async def test_stock_management_switched_off_since_the_sweep_is_seen_in_the_answer(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    harness.shop.model.change_product(product, {"manage_stock": False})
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)

    await harness.poll("stock")
    await harness.poll("stock")

    row = await level(harness, product)
    assert (row.state, row.problem_code, len(batches(harness))) == ("problem", "stock-not-managed", 1)
    (alert,) = await harness.stored.rows(select(alerts))
    assert alert.kind == "stock"
    assert alert.text.startswith("SOKK-1: The shop does not count the pieces of")


async def test_a_product_that_is_gone_costs_one_call_and_the_others_nothing(harness: Harness) -> None:
    gone = in_both(harness, "SOKK-1", shop=7, wms=7)
    there = in_both(harness, "SOKK-2", shop=7, wms=7)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    with harness.shop.model.lock:
        harness.shop.model.products.delete(gone)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)
    harness.warehouse.model.put_in_stock("SOKK-2", 5)

    await harness.poll("stock")

    assert quantity(harness, there) == 5
    assert (await level(harness, gone)).problem_code == "product-gone"
    assert len(batches(harness)) == 1

    await harness.poll("stock", sweep=True)
    assert len(batches(harness)) == 1


async def test_a_variation_that_moved_to_another_product_is_written_there_after_a_sweep(harness: Harness) -> None:
    first, second = variable(harness, "GENSER"), variable(harness, "BUKSE")
    child = variation(harness, first, "DELT-S", wms=5, manage_stock=True, stock_quantity=5)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    moved = dict(harness.shop.model.products[child])
    harness.shop.model.products.put({**moved, "parent_id": second})
    harness.tick(60)
    harness.warehouse.model.put_in_stock("DELT-S", 8)

    await harness.poll("stock")
    assert (await level(harness, child)).problem_code == "wrong-parent"

    await harness.poll("stock", sweep=True)
    assert quantity(harness, child) == 8


async def test_a_whole_product_deleted_with_its_variations_ends_their_writing(harness: Harness) -> None:
    parent = variable(harness, "GENSER")
    child = variation(harness, parent, "GENSER-S", wms=5, manage_stock=True, stock_quantity=5)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    with harness.shop.model.lock:
        harness.shop.model.products.delete(child)
        harness.shop.model.products.delete(parent)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("GENSER-S", 8)

    await harness.poll("stock")
    await harness.work(sweep=True)

    row = await level(harness, child)
    assert row.state == "problem"
    assert row.problem_code in ("product-gone", "wrong-parent")
    assert len(batches(harness)) == 1


async def test_a_write_that_changed_nothing_is_not_taken_for_done(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=20)
    await harness.connect(processes=ON)
    _answer_with(harness, monkeypatch, {"stock_quantity": 7})

    await harness.poll("stock")

    row = await level(harness, product)
    assert (row.problem_code, row.shop_quantity) == ("stock-not-taken", 7)


async def test_a_variation_under_its_products_number_is_not_given_the_products_stock_too(harness: Harness) -> None:
    parent = in_both(harness, "GENSER", shop=9, wms=9, type="variable")
    child = int(harness.shop.model.add_variation(parent, {"manage_stock": True, "stock_quantity": 0, "regular_price": "1"})["id"])
    harness.shop.model.products[child]["sku"] = "GENSER"
    await harness.connect(processes={**ON, "articles": False})

    await harness.poll("stock")
    await harness.poll("stock", sweep=True)

    assert (quantity(harness, child), written(harness)) == (0, [])
    assert (await level(harness, child)).problem_code == "stock-number-of-parent"


async def test_a_product_in_the_trash_is_no_longer_written_to(harness: Harness) -> None:
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    connection = await harness.connect(processes=ON)
    await harness.deliver(harness.shop.shown_product(product), "product.created", connection=connection)
    await harness.poll("stock")
    harness.tick(60)
    with harness.shop.model.lock:
        harness.shop.model.products.trash(product)
    await harness.deliver({"id": product}, "product.deleted")
    await harness.poll("stock", sweep=True)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)

    await harness.poll("stock")

    assert written(harness) == []


def _answer_with(harness: Harness, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]) -> None:
    """The shop's batches answer other quantities than were written, as with a plugin that keeps its own."""
    send = harness.gateway.http.send

    async def answered(request: httpx.Request, **named: Any) -> httpx.Response:
        response = await send(request, **named)
        if not request.url.path.endswith("/batch"):
            return response
        body = json.loads(await response.aread())
        body["update"] = [{**item, **changed} for item in body["update"]]
        return httpx.Response(response.status_code, json=body, request=request)

    monkeypatch.setattr(harness.gateway.http, "send", answered)
