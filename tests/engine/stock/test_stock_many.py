"""A large shop: as few calls as can be, flat memory, and reading that goes on where a slice ended."""

from __future__ import annotations

import copy
import gc
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.core.queue import Task
from app.storage.outbound_tables import stock_levels
from app.storage.tables import cursors
from app.worker import work
from tests.engine.stock.stock_steps import ON, batches, in_both, in_warehouse, quantity
from tests.harness import Harness

ONLY_STOCK = {**ON, "articles": False, "orders": False}


def fill(harness: Harness, count: int, *, shop: int, wms: int) -> list[int]:
    """So many products, loaded past the shop's own checks."""
    model = harness.shop.product("A-0", manage_stock=True, stock_quantity=shop)
    in_warehouse(harness, "A-0", wms)
    ids = [int(model["id"])]
    for number in range(1, count):
        ids.append(ids[0] + number)
        more: dict[str, Any] = {"id": ids[-1], "sku": f"A-{number}", "slug": f"a-{number}"}
        harness.shop.model.put_product_raw({**copy.deepcopy(model), **more})
        in_warehouse(harness, f"A-{number}", wms)
    return ids


async def test_a_thousand_changed_articles_are_ten_calls(bare_harness: Harness) -> None:
    ids = fill(bare_harness, 1000, shop=7, wms=5)
    await bare_harness.connect(processes=ONLY_STOCK)

    await bare_harness.poll("stock")

    assert {quantity(bare_harness, each) for each in ids} == {5}
    assert len(batches(bare_harness)) == 10
    assert max(len(call.body["update"]) for call in batches(bare_harness)) == 100


async def test_a_thousand_unchanged_articles_are_no_call_and_a_thousandth_changed_is_one(bare_harness: Harness) -> None:
    ids = fill(bare_harness, 1000, shop=7, wms=7)
    await bare_harness.connect(processes=ONLY_STOCK)
    await bare_harness.poll("stock")
    assert batches(bare_harness) == []
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("A-999", 1)

    await bare_harness.poll("stock")

    assert quantity(bare_harness, ids[-1]) == 1
    assert [len(call.body["update"]) for call in batches(bare_harness)] == [1]


async def test_memory_does_not_grow_with_the_number_of_articles(bare_harness: Harness) -> None:
    """Three times the articles, page by page of a hundred: no three times the memory."""
    await bare_harness.connect(processes=ONLY_STOCK, page_size=100, warehouse={"page_size": 100})
    peaks: list[int] = []
    for count in (400, 1200):
        fill(bare_harness, count, shop=7, wms=7) if not peaks else _more(bare_harness, 400, count)
        bare_harness.shop.model.journal.calls.clear()
        bare_harness.warehouse.app.state.journal.calls.clear()
        bare_harness.shop.model.journal.limit = bare_harness.warehouse.app.state.journal.limit = 0
        await bare_harness.poll("stock", sweep=True)
        gc.collect()
        tracemalloc.start()
        await bare_harness.poll("stock", sweep=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 2


def _more(harness: Harness, have: int, count: int) -> None:
    first = next(iter(harness.shop.model.products.with_sku("A-0")))
    model = harness.shop.shown_product(first)
    for number in range(have, count):
        harness.shop.model.put_product_raw(
            {**copy.deepcopy(model), "id": first + number, "sku": f"A-{number}", "slug": f"a-{number}"}
        )
        in_warehouse(harness, f"A-{number}", 7)


async def test_reading_goes_on_where_the_slice_ended(bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(bare_harness, 50, shop=7, wms=5)
    await bare_harness.connect(processes=ONLY_STOCK, page_size=10, warehouse={"page_size": 10})
    monkeypatch.setattr(bare_harness.gateway.settings, "slice_seconds", 1e-6)
    await bare_harness.wake_ups.send(Task.POLL, f"{bare_harness.connection.id}:stock")
    wake_ups = 0
    while bare_harness.wake_ups.waiting:
        monkeypatch.setattr(
            bare_harness.gateway.settings, "slice_seconds", 1e-6 if bare_harness.wake_ups.waiting[0][0] is Task.POLL else 15.0
        )
        wake_ups += 1
        await work(bare_harness.gateway, *bare_harness.wake_ups.waiting.popleft())

    assert {quantity(bare_harness, each) for each in ids} == {5}
    assert wake_ups > 10
    reads = [call for call in bare_harness.warehouse.calls() if call.path.endswith("/articles")]
    starts = [dict(call.query).get("articleSystemIdFrom", "0") for call in reads]
    assert len(starts) == len(set(starts)) == 6


async def test_what_changed_is_asked_for_and_no_further_back_than_23_hours(bare_harness: Harness) -> None:
    in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    await bare_harness.connect(processes=ON, stock={"full_sweep_hours": 1000})
    await bare_harness.poll("stock")
    began = bare_harness.clock()
    bare_harness.tick(22 * 3600)
    await bare_harness.poll("stock")
    bare_harness.tick(24 * 3600)
    await bare_harness.poll("stock")

    first, in_time, too_late = _changed_from(bare_harness)
    assert (first, too_late) == (None, None)
    assert in_time is not None
    assert timedelta(minutes=4) < began - in_time < timedelta(minutes=6)


async def test_exactly_at_the_limit_all_is_read_instead_of_failing(bare_harness: Harness) -> None:
    in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    connection = await bare_harness.connect(processes=ON, stock={"full_sweep_hours": 1000})
    await bare_harness.poll("stock")
    (row,) = await bare_harness.stored.rows(select(cursors).where(cursors.c.process == "stock"))
    since = datetime.fromisoformat(row.cursor["since"])
    bare_harness.tick((since - bare_harness.clock()).total_seconds() + 23 * 3600 - 300 - 0.5)

    await bare_harness.poll("stock")

    (row,) = await bare_harness.stored.rows(select(cursors).where(cursors.c.process == "stock"))
    assert (row.failures, row.connection_id) == (0, connection.id)


async def test_the_full_sweep_comes_every_twelve_hours(bare_harness: Harness) -> None:
    in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    await bare_harness.connect(processes=ON)
    await bare_harness.poll("stock")
    (row,) = await bare_harness.stored.rows(select(cursors).where(cursors.c.process == "stock"))

    assert (row.next_sweep_at - row.polled_at).total_seconds() == 12 * 3600


async def test_an_article_deleted_in_the_shop_is_forgotten_by_the_sweep(bare_harness: Harness) -> None:
    product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
    in_both(bare_harness, "SOKK-2", shop=7, wms=7)
    await bare_harness.connect(processes=ONLY_STOCK)
    await bare_harness.poll("stock")
    bare_harness.shop.model.products.remove(product)
    bare_harness.tick(60)

    await bare_harness.poll("stock", sweep=True)

    assert [row.number for row in await bare_harness.stored.rows(select(stock_levels.c.number))] == ["SOKK-2"]


def _changed_from(harness: Harness) -> list[datetime | None]:
    """What each read of the WMS's stock asked for."""
    reads = [dict(call.query) for call in harness.warehouse.calls() if call.path.endswith("/articles")]
    asked = [query.get("stockInfoChangedFrom") for query in reads if "articleSystemIdFrom" not in query]
    return [datetime.fromisoformat(one) if one else None for one in asked]
