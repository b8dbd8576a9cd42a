"""Every item of an answer is looked at: a shop says 200 to a batch of which it took nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.storage.tables import alerts
from tests.engine.stock.stock_steps import ON, batches, in_both, in_warehouse, level, quantity, written
from tests.harness import Harness


def variable(harness: Harness, sku: str, **more: Any) -> int:
    return int(harness.shop.product(sku, type="variable", **more)["id"])


def variation(harness: Harness, parent: int, sku: str, *, wms: float, **more: Any) -> int:
    in_warehouse(harness, sku, wms)
    return int(harness.shop.model.add_variation(parent, {"sku": sku, "regular_price": "100.00", **more})["id"])


async def test_variations_go_in_a_call_of_their_product(bare_harness: Harness) -> None:
    simple = in_both(bare_harness, "LUE", shop=1, wms=2)
    first, second = variable(bare_harness, "GENSER"), variable(bare_harness, "BUKSE")
    small = variation(bare_harness, first, "GENSER-S", wms=5, manage_stock=True, stock_quantity=1)
    large = variation(bare_harness, first, "GENSER-L", wms=6, manage_stock=True, stock_quantity=1)
    other = variation(bare_harness, second, "BUKSE-S", wms=7, manage_stock=True, stock_quantity=1)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert [quantity(bare_harness, each) for each in (simple, small, large, other)] == [2, 5, 6, 7]
    paths = sorted((call.path.removeprefix("/wp-json/wc/v3/"), len(call.body["update"])) for call in batches(bare_harness))
    assert paths == sorted(
        [("products/batch", 1), (f"products/{first}/variations/batch", 2), (f"products/{second}/variations/batch", 1)]
    )


async def test_what_the_shop_does_not_count_is_never_written(bare_harness: Harness) -> None:
    unmanaged = int(bare_harness.shop.product("SOKK-1")["id"])
    in_warehouse(bare_harness, "SOKK-1", 12)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert written(bare_harness) == []
    assert (await level(bare_harness, unmanaged)).problem_code == "stock-not-managed"


async def test_one_quantity_for_variations_that_are_articles_is_left_alone(bare_harness: Harness) -> None:
    """The product's own number never lies on a shelf: writing its 0 would sell out all variations."""
    parent = in_both(bare_harness, "GENSER", shop=3, wms=0, type="variable")
    child = variation(bare_harness, parent, "GENSER-S", wms=5)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert written(bare_harness) == []
    assert (await level(bare_harness, child)).problem_code == "stock-kept-by-parent"
    row = await level(bare_harness, parent)
    assert (row.state, row.problem_code) == ("problem", "stock-shared-by-variations")


async def test_one_quantity_for_variations_without_numbers_is_the_articles(bare_harness: Harness) -> None:
    parent = in_both(bare_harness, "GENSER", shop=3, wms=9, type="variable")
    bare_harness.shop.model.add_variation(parent, {"regular_price": "100.00"})
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert written(bare_harness) == [(parent, 9)]


async def test_what_cannot_have_a_quantity_is_no_problem(bare_harness: Harness) -> None:
    parent = variable(bare_harness, "GENSER")
    in_warehouse(bare_harness, "GENSER", 0)
    child = variation(bare_harness, parent, "GENSER-S", wms=5, manage_stock=True, stock_quantity=5)
    card = int(bare_harness.shop.product("GAVEKORT", virtual=True)["id"])
    in_warehouse(bare_harness, "GAVEKORT", 0)
    await bare_harness.connect(processes=ON)

    await bare_harness.poll("stock")

    assert [(await level(bare_harness, each)).state for each in (parent, child, card)] == ["none", "same", "none"]
    assert written(bare_harness) == []


async def test_stock_management_switched_off_since_the_sweep_is_seen_in_the_answer(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    bare_harness.shop.model.change_product(product, {"manage_stock": False})
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 5)

    await bare_harness.poll("stock")
    await bare_harness.poll("stock")

    row = await level(bare_harness, product)
    assert (row.state, row.problem_code, len(batches(bare_harness))) == ("problem", "stock-not-managed", 1)
    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert alert.kind == "stock"
    assert alert.text.startswith("SOKK-1: The shop does not count the pieces of")


async def test_a_product_that_is_gone_costs_one_call_and_the_others_nothing(bare_harness: Harness) -> None:
    gone = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    there = in_both(bare_harness, "SOKK-2", shop=7, wms=7)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    with bare_harness.shop.model.lock:
        bare_harness.shop.model.products.delete(gone)
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 5)
    bare_harness.warehouse.model.put_in_stock("SOKK-2", 5)

    await bare_harness.poll("stock")

    assert quantity(bare_harness, there) == 5
    assert (await level(bare_harness, gone)).problem_code == "product-gone"
    assert len(batches(bare_harness)) == 1

    await bare_harness.poll("stock", sweep=True)
    assert len(batches(bare_harness)) == 1


async def test_a_variation_that_moved_to_another_product_is_written_there_after_a_sweep(bare_harness: Harness) -> None:
    first, second = variable(bare_harness, "GENSER"), variable(bare_harness, "BUKSE")
    child = variation(bare_harness, first, "DELT-S", wms=5, manage_stock=True, stock_quantity=5)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    moved = dict(bare_harness.shop.model.products[child])
    bare_harness.shop.model.products.put({**moved, "parent_id": second})
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("DELT-S", 8)

    await bare_harness.poll("stock")
    assert (await level(bare_harness, child)).problem_code == "wrong-parent"

    await bare_harness.poll("stock", sweep=True)
    assert quantity(bare_harness, child) == 8


async def test_a_whole_product_deleted_with_its_variations_ends_their_writing(bare_harness: Harness) -> None:
    parent = variable(bare_harness, "GENSER")
    child = variation(bare_harness, parent, "GENSER-S", wms=5, manage_stock=True, stock_quantity=5)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    with bare_harness.shop.model.lock:
        bare_harness.shop.model.products.delete(child)
        bare_harness.shop.model.products.delete(parent)
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("GENSER-S", 8)

    await bare_harness.poll("stock")
    await bare_harness.work(sweep=True)

    row = await level(bare_harness, child)
    assert row.state == "problem"
    assert row.problem_code in ("product-gone", "wrong-parent")
    assert len(batches(bare_harness)) == 1


async def test_a_write_that_changed_nothing_is_not_taken_for_done(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    _answer_with(bare_harness, monkeypatch, {"stock_quantity": 7})

    await bare_harness.poll("stock")

    row = await level(bare_harness, product)
    assert (row.problem_code, row.shop_quantity) == ("stock-not-taken", 7)


async def test_a_variation_under_its_products_number_is_not_given_the_products_stock_too(bare_harness: Harness) -> None:
    parent = in_both(bare_harness, "GENSER", shop=9, wms=9, type="variable")
    child = int(
        bare_harness.shop.model.add_variation(parent, {"manage_stock": True, "stock_quantity": 0, "regular_price": "1"})["id"]
    )
    bare_harness.shop.model.products[child]["sku"] = "GENSER"
    await bare_harness.connect(processes={**ON, "articles": False})

    await bare_harness.poll("stock")
    await bare_harness.poll("stock", sweep=True)

    assert (quantity(bare_harness, child), written(bare_harness)) == (0, [])
    assert (await level(bare_harness, child)).problem_code == "stock-number-of-parent"


async def test_a_product_in_the_trash_is_no_longer_written_to(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    connection = await bare_harness.connect(processes=ON)
    await bare_harness.deliver(bare_harness.shop.shown_product(product), "product.created", connection=connection)
    await bare_harness.poll("stock")
    bare_harness.tick(60)
    with bare_harness.shop.model.lock:
        bare_harness.shop.model.products.trash(product)
    await bare_harness.deliver({"id": product}, "product.deleted")
    await bare_harness.poll("stock", sweep=True)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 5)

    await bare_harness.poll("stock")

    assert written(bare_harness) == []


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
