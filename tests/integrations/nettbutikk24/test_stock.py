"""Quantities: one PATCH for each, read back, only so many a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.integrations.protocol import StockChange, StockLevel
from tests.integrations.nettbutikk24.calling import Bench, open_bench


def changes(*quantities: int) -> list[StockChange]:
    """Of the products 501, 502 …"""
    return [StockChange(f"{501 + place}001", None, quantity) for place, quantity in enumerate(quantities)]


def stocked(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.shop.add_product(f"A-{number}", f"Artikkel {number}", stock=1)
    bench.clock.now += timedelta(minutes=1)


def patches(bench: Bench) -> list[tuple[str, Any]]:
    found: Sequence[Any] = [each for each in bench.requests if each.method == "PATCH"]
    return [(each.url.path.removeprefix("/api/v1/"), orjson.loads(each.content)) for each in found]


async def test_each_is_written_and_all_are_read_back_together() -> None:
    bench = open_bench()
    stocked(bench, 3)
    answers = await bench.client().write_stock(changes(7, 0))
    assert patches(bench) == [("products/501001", {"stock": 7}), ("products/502001", {"stock": 0})]
    assert [(each.source_id, each.quantity, each.problem) for each in answers] == [("501001", 7, None), ("502001", 0, None)]
    assert len(bench.requests) == 3
    assert [bench.shop.stock(f"A-{number}") for number in range(3)] == [7, 0, 1]


async def test_a_shop_whose_writes_change_no_time_is_read_one_by_one() -> None:
    bench = open_bench(stock_touches_product=False)
    stocked(bench, 2)
    answers = await bench.client().write_stock(changes(7, 8))
    assert [each.quantity for each in answers] == [7, 8]


async def test_what_is_gone_costs_only_itself() -> None:
    bench = open_bench()
    stocked(bench, 2)
    bench.shop.delete_product(502)
    answers = await bench.client().write_stock(changes(7, 8))
    assert [each.problem.code if each.problem else each.quantity for each in answers] == [7, "product-gone"]


async def test_what_is_refused_is_told() -> None:
    bench = open_bench(stock_taken="text")
    stocked(bench, 1)
    (answer,) = await bench.client().write_stock(changes(7))
    assert answer.problem is not None
    assert (answer.problem.code, answer.problem.message) == (
        "stock-refused",
        "the shop refused 7: the shop refused it (400), and says no more",
    )


async def test_nothing_is_written_where_variants_cannot_be_told_apart() -> None:
    bench = open_bench()
    stocked(bench, 1)
    bench.facts = {"auth_mode": "basic", "needs_check": True}
    (answer,) = await bench.client().write_stock(changes(7))
    assert answer.problem is not None
    assert (answer.problem.code, bench.requests) == ("variants-not-told-apart", [])


@pytest.mark.parametrize(
    ("settings", "size"),
    [({}, 20), ({"requests_per_second": 0.1}, 3), ({"requests_per_second": 0.01}, 1), ({"requests_per_second": 100}, 20)],
)
async def test_as_many_together_as_a_calls_time_allows(settings: dict[str, Any], size: int) -> None:
    client = open_bench().client(**settings)
    assert client.stock_page == size
    assert [len(each) for each in client.stock_batches(changes(*range(2 * size + 1)))] == [size, size, 1]


async def test_a_sweep_gives_every_row_once() -> None:
    bench = open_bench()
    stocked(bench, 10)
    found: list[StockLevel] = []
    async for page in bench.client(page_size=4).stock_levels():
        found += page.levels
    assert [(each.source_id, each.number, each.quantity) for each in found] == [
        (f"{501 + number}001", f"A-{number}", 1) for number in range(10)
    ]


async def test_single_quantities_are_read() -> None:
    bench = open_bench()
    stocked(bench, 1)
    found = await bench.client().read_stock([("501001", None), ("999001", None)])
    assert found["999001"] is None
    level = found["501001"]
    assert level is not None
    assert (level.number, level.quantity, level.managed) == ("A-0", 1, True)
