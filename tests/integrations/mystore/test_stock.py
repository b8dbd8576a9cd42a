"""Quantities: written in batches, answered each by itself, read back, and read in a sweep."""

from __future__ import annotations

from typing import Any

import pytest

from app.integrations.protocol import StockChange, StockLevel, WritesStock
from app.sandbox.mystore import PersonalToken
from tests.integrations.mystore.calling import TOKEN, Bench, open_bench


def goods(**config: Any) -> Bench:
    """Product 1 with variants 1 and 2, and product 2."""
    bench = open_bench(**config)
    sizes = [{"sku": f"UJ-{size}", "quantity": 3, "options": {"Størrelse": size}} for size in "ML"]
    bench.shop.add_product("UJ", "Ulljakke", variants=sizes)
    bench.shop.add_product("KOPP", "Kopp", quantity=5)
    return bench


CHANGES = (StockChange("v1", "1", 10), StockChange("v2", "1", 0), StockChange("2", None, 7))


def quantities(bench: Bench) -> list[int]:
    places = (("product-variants", 1), ("product-variants", 2), ("products", 2))
    return [bench.shop.find(kind, own)["attributes"]["quantity"] for kind, own in places]


def writes(bench: Bench) -> list[str]:
    return [each for each in bench.asked if not each.startswith("GET")]


async def test_a_batch_is_one_call_that_counts_as_many() -> None:
    bench = goods()
    client = bench.client()
    assert isinstance(client, WritesStock)
    answers = await client.write_stock(CHANGES)
    assert [(each.source_id, each.quantity, each.problem) for each in answers] == [
        ("v1", 10, None),
        ("v2", 0, None),
        ("2", 7, None),
    ]
    assert quantities(bench) == [10, 0, 7]
    assert writes(bench) == ["POST non-atomic-batch"]
    (sent,) = [each for each in bench.requests if each.method == "POST"]
    assert sent.extensions["calls"] == 3
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.content.startswith(
        b'[{"method":"PATCH","path":"/shops/demo/product-variants/1","body":{"data":{"type":"product-variants","id":"1",'
        b'"attributes":{"quantity":10}}}}'
    )


@pytest.mark.parametrize("form", ["results", "documents"])
async def test_each_operation_s_own_answer_counts(form: str) -> None:
    bench = goods(batch_answer=form)
    answers = await bench.client().write_stock((CHANGES[0], StockChange("v99", "1", 4), CHANGES[2]))
    assert [each.problem.code if each.problem else None for each in answers] == [
        None,
        "product-gone",
        None,
    ] or form == "documents"
    assert quantities(bench) == [10, 3, 7]
    assert answers[1].problem is not None


@pytest.mark.parametrize("form", ["wrapped", "nothing"])
async def test_an_answer_that_does_not_tell_has_them_written_one_by_one(form: str) -> None:
    bench = goods(batch_answer=form)
    client = bench.client()
    answers = await client.write_stock(CHANGES)
    assert [each.quantity for each in answers] == [10, 0, 7]
    assert writes(bench) == [
        "POST non-atomic-batch",
        "PATCH product-variants/1",
        "PATCH product-variants/2",
        "PATCH products/2",
    ]
    await client.write_stock(CHANGES[:2])
    assert writes(bench)[4:] == ["PATCH product-variants/1", "PATCH product-variants/2"]


async def test_a_batch_that_is_refused_is_written_one_by_one() -> None:
    bench = goods(batch_limit=2)
    answers = await bench.client().write_stock(CHANGES)
    assert [each.problem for each in answers] == [None, None, None]
    assert quantities(bench) == [10, 0, 7]


async def test_batches_can_be_left_out() -> None:
    bench = goods()
    await bench.client(stock_batch="single").write_stock(CHANGES)
    assert writes(bench) == ["PATCH product-variants/1", "PATCH product-variants/2", "PATCH products/2"]


def test_batches_are_as_large_as_the_connection_says() -> None:
    many = [StockChange(str(number), None, 1) for number in range(60)]
    assert [len(each) for each in goods().client().stock_batches(many)] == [25, 25, 10]
    assert [len(each) for each in goods().client(calls_per_minute=20).stock_batches(many)] == [10] * 6


async def test_the_first_quantities_are_read_back_and_later_ones_are_not() -> None:
    bench = goods()
    client = bench.client()
    await client.write_stock(CHANGES[:2])
    assert [each for each in bench.asked if each.startswith("GET")] == ["GET product-variants/1", "GET product-variants/2"]
    bench.requests.clear()
    await client.write_stock((StockChange("2", None, 8),))
    assert bench.asked == ["PATCH products/2"]


@pytest.mark.parametrize("app", ["ignores", "reserves"])
async def test_the_shop_s_stock_app_stops_the_writing(app: str) -> None:
    bench = goods(stock_app=app)
    bench.shop.place_order([{"sku": "KOPP", "quantity": 2}])
    (answer,) = await bench.client().write_stock((StockChange("2", None, 9),))
    assert answer.problem is not None
    assert (answer.problem.code, answer.stops) == ("stock-app-active", True)
    assert "stock app" in answer.problem.message
    (accepted,) = await bench.client(accept_stock_app=True).write_stock((StockChange("2", None, 9),))
    assert (accepted.problem, accepted.stops) == (None, False)


async def test_a_quantity_that_the_token_may_not_see_is_taken_as_written() -> None:
    bench = goods(personal_tokens=(PersonalToken(TOKEN, hidden=("quantity",)),))
    answers = await bench.client().write_stock(CHANGES)
    assert [(each.quantity, each.problem) for each in answers] == [(10, None), (0, None), (7, None)]


async def swept(bench: Bench, cursor: Any = None, **settings: Any) -> list[StockLevel]:
    return [level async for page in bench.client(**settings).stock_levels(cursor) for level in page.levels]


async def test_a_sweep_shows_variants_and_products() -> None:
    bench = goods()
    assert [(each.source_id, each.parent_id, each.number, each.quantity, each.without_stock) for each in await swept(bench)] == [
        ("v1", "1", "UJ-M", 3, False),
        ("v2", "1", "UJ-L", 3, False),
        ("1", None, "UJ", 0, True),
        ("2", None, "KOPP", 5, False),
    ]
    assert bench.asked == ["GET product-variants", "GET products"]


async def test_a_sweep_that_stops_goes_on_where_it_was() -> None:
    bench = goods()
    pages = [page async for page in bench.client(page_size=1).stock_levels()]
    whole = [level.source_id for page in pages for level in page.levels]
    assert whole == ["v1", "v2", "1", "2"]
    for stopped in range(1, 4):
        rest = await swept(bench, pages[stopped - 1].cursor, page_size=1)
        assert [level.source_id for level in rest] == whole[stopped:]
        assert [level.without_stock for level in rest if level.source_id in ("1", "2")] == [True, False][-len(rest) :]


async def test_a_hidden_quantity_is_not_0() -> None:
    bench = goods(personal_tokens=(PersonalToken(TOKEN, hidden=("quantity",)),))
    assert {(each.quantity, each.managed) for each in await swept(bench)} == {(None, False)}


async def test_single_quantities_are_read() -> None:
    found = await goods().client().read_stock([("v1", "1"), ("2", None), ("v99", "1")])
    assert {key: level.quantity if level else None for key, level in found.items()} == {"v1": 3, "2": 5, "v99": None}
