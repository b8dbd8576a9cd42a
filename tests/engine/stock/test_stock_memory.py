"""The same quantity is not written twice in a row without something new to say, whatever the shop shows after a write."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.engine.operations import records
from app.storage.tables import mappings
from tests.engine.stock.stock_steps import ON, in_both, level, written
from tests.harness import Harness

Changed = Callable[[dict[str, Any]], dict[str, Any]]


def answers(harness: Harness, monkeypatch: pytest.MonkeyPatch, path: str, change: Changed) -> None:
    """The products in answers to `path` are shown changed."""
    send = harness.gateway.http.send

    async def answered(request: httpx.Request, **named: Any) -> httpx.Response:
        response = await send(request, **named)
        if not request.url.path.endswith(path):
            return response
        body = json.loads(await response.aread())
        shown = {"update": [change(item) for item in body["update"]]} if "update" in body else [change(item) for item in body]
        return httpx.Response(response.status_code, json=shown, request=request)

    monkeypatch.setattr(harness.gateway.http, "send", answered)


def keeps_its_own(harness: Harness, monkeypatch: pytest.MonkeyPatch, quantity: float, shown: dict[str, Any]) -> None:
    """Whatever is written, the shop's products have this quantity afterwards; `shown` of it in the answer."""

    def put_back(item: dict[str, Any]) -> dict[str, Any]:
        put(harness, item["id"], quantity)
        return {**item, **shown}

    answers(harness, monkeypatch, "/batch", put_back)


def put(harness: Harness, product_id: int, quantity: float) -> None:
    product = dict(harness.shop.model.products[product_id])
    harness.shop.model.products.put({**product, "stock_quantity": quantity})


async def sweep(harness: Harness) -> None:
    harness.tick(60)
    await harness.poll("stock", sweep=True)


async def test_a_quantity_that_the_shop_does_not_take_is_written_once(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {"stock_quantity": 7})

    await bare_harness.poll("stock")
    await bare_harness.poll("stock")
    await sweep(bare_harness)
    await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20)]
    row = await level(bare_harness, product)
    assert (row.state, row.problem_code, row.shop_quantity) == ("problem", "stock-not-taken", 7)
    assert "7" in row.problem


async def test_another_quantity_of_the_warehouses_is_written(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {"stock_quantity": 7})
    await bare_harness.poll("stock")
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 21)

    await bare_harness.poll("stock")
    await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20), (product, 21)]


async def test_after_an_edit_in_the_shop_it_is_written_again(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {"stock_quantity": 7})
    await bare_harness.poll("stock")
    put(bare_harness, product, 3)

    await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20), (product, 20)]


async def test_when_the_shop_has_it_after_all_the_problem_is_over(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {"stock_quantity": 7})
    await bare_harness.poll("stock")
    put(bare_harness, product, 20)

    await sweep(bare_harness)

    row = await level(bare_harness, product)
    assert (row.state, row.problem_code, row.problem) == ("same", None, None)
    assert written(bare_harness) == [(product, 20)]


async def test_a_person_who_resyncs_the_article_has_it_written_again(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("articles")
    with monkeypatch.context() as patch:
        keeps_its_own(bare_harness, patch, 7, {"stock_quantity": 7})
        await bare_harness.poll("stock")
    (mapping,) = await bare_harness.stored.rows(select(mappings.c.id))

    await records.resync(bare_harness.gateway, mapping.id)
    await bare_harness.work()

    assert written(bare_harness) == [(product, 20), (product, 20)]
    assert (await level(bare_harness, product)).state == "same"


async def test_a_refused_quantity_is_written_once(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    error = {"code": "rest_invalid_param", "message": "Invalid parameter(s): stock_quantity", "data": {"status": 400}}
    keeps_its_own(bare_harness, monkeypatch, 7, {"error": error})

    await bare_harness.poll("stock")
    await sweep(bare_harness)
    await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20)]
    assert (await level(bare_harness, product)).problem_code == "stock-refused"


async def test_what_the_shop_puts_back_later_is_written_once_more_and_then_shown(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer says that it was taken."""
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {})

    for _ in range(4):
        await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20), (product, 20)]
    row = await level(bare_harness, product)
    assert (row.state, row.problem_code) == ("problem", "stock-not-taken")
    assert row.problem.startswith("The shop shows 7 again after 20 was written twice")


async def test_edits_that_a_look_at_the_shop_lies_between_are_each_put_right(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=20, wms=20)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    for _ in range(3):
        put(bare_harness, product, 500)
        await sweep(bare_harness)
        await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20)] * 3


async def test_what_is_listed_as_counted_and_answered_as_not_is_not_written_for_ever(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=20)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 7, {"manage_stock": False, "stock_quantity": None})

    for _ in range(4):
        await sweep(bare_harness)

    assert written(bare_harness) == [(product, 20), (product, 20)]
    assert (await level(bare_harness, product)).problem_code == "stock-not-managed"


@pytest.mark.parametrize("answered", [9, 8.5, "8.5"])
async def test_a_part_of_a_piece_is_no_piece_and_is_put_right_without_end(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch, answered: Any
) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=9)
    put(bare_harness, product, 8.5)
    await bare_harness.connect(processes=ON)
    keeps_its_own(bare_harness, monkeypatch, 8.5, {"stock_quantity": answered})

    for _ in range(4):
        await sweep(bare_harness)

    assert written(bare_harness) == [(product, 9)] * (2 if answered == 9 else 1)
    row = await level(bare_harness, product)
    assert (row.state, row.problem_code, row.shop_quantity) == ("problem", "stock-not-taken", 8.5)


@pytest.mark.parametrize("shown", ["9", 9.0, "9.00"])
async def test_nine_in_another_spelling_is_nine(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch, shown: Any) -> None:
    in_both(bare_harness, "SOKK-1", shop=9, wms=9)
    await bare_harness.connect(processes=ON)
    answers(bare_harness, monkeypatch, "/products", lambda item: {**item, "stock_quantity": shown})

    await sweep(bare_harness)

    assert written(bare_harness) == []
