"""Polls of a shop: pages, cursors, what is read beside orders, single records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.domain import Process, SourceRecord
from app.integrations.protocol import StockChange
from tests.integrations.nettbutikk24.calling import Bench, changed, open_bench


def products(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.shop.add_product(f"A-{number}", f"Artikkel {number}")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"list_order": "modified"},
        {"list_order": "key-descending"},
        {"next_page": "full"},
        {"last_page": "object"},
        {"next_query": "token"},
        {"max_limit": 3},
        {"max_limit": 1},
        {"path_order": "offset/limit"},
    ],
)
async def test_every_product_is_given_once_whatever_the_pages_look_like(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    products(bench, 10)
    settings = {"path_order": config["path_order"]} if "path_order" in config else {}
    found, _ = await changed(bench.client(page_size=4, **settings), Process.ARTICLES)
    assert sorted(each.body["article_no"] for each in found) == [f"A-{number}" for number in range(10)]


class Breaking(httpx.AsyncBaseTransport):
    """Breaks down over every list that holds one product, as PHP does over a row that it cannot write out."""

    def __init__(self, inner: httpx.AsyncBaseTransport, article_no: str) -> None:
        self._inner = inner
        self._named = f'"{article_no}"'.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(500) if self._named in await answer.aread() else answer


@pytest.mark.parametrize("broken", range(10))
async def test_a_row_that_the_shop_cannot_give_costs_no_other(broken: int) -> None:
    """The page beside it held one row alone, the one that was known: it was taken for the end of the list."""
    bench = open_bench()
    products(bench, 10)
    bench.transport = Breaking(bench.transport, f"A-{broken}")
    pages = [page async for page in bench.client(page_size=4).changes(Process.ARTICLES, None, None)]
    given = {each.body["article_no"] for page in pages for each in page.records}
    assert given == {f"A-{number}" for number in range(10) if number != broken}
    assert sum(page.left_out for page in pages) >= 1
    assert {odd for page in pages for odd in page.odd} == {f"entry {broken + 1} of the list: the shop answered 500"}


@pytest.mark.parametrize("config", [{}, {"max_limit": 1}])
async def test_every_quantity_is_read_beside_a_row_that_the_shop_cannot_give(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    products(bench, 10)
    bench.transport = Breaking(bench.transport, "A-4")
    levels = [each async for page in bench.client(page_size=4).stock_levels() for each in page.levels]
    assert {each.number for each in levels} == {f"A-{number}" for number in range(10) if number != 4}


async def test_a_second_poll_gives_nothing_and_a_change_is_given_once() -> None:
    bench = open_bench()
    products(bench, 3)
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    bench.clock.now += timedelta(minutes=15)
    found, cursor = await changed(client, Process.ARTICLES, cursor)
    assert found == []
    bench.shop.change_product(502, name="Ny")
    found, cursor = await changed(client, Process.ARTICLES, cursor)
    assert [(each.source_id, each.body["name"]) for each in found] == [("502001", "Ny")]
    found, _ = await changed(client, Process.ARTICLES, cursor)
    assert found == []


async def test_all_products_are_read_again_once_a_day() -> None:
    bench = open_bench()
    products(bench, 3)
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    bench.clock.now += timedelta(hours=23)
    found, cursor = await changed(client, Process.ARTICLES, cursor)
    assert found == []
    bench.clock.now += timedelta(hours=1)
    found, _ = await changed(client, Process.ARTICLES, cursor)
    assert len(found) == 3


async def test_a_poll_that_stops_goes_on_at_its_page() -> None:
    bench = open_bench()
    products(bench, 10)
    client = bench.client(page_size=4)
    async for page in client.changes(Process.ARTICLES, None, None):
        cursor, first = page.cursor, list(page.records)
        break
    found, _ = await changed(client, Process.ARTICLES, cursor)
    assert sorted(each.body["article_no"] for each in (*first, *found)) == [f"A-{number}" for number in range(10)]


async def test_many_products_that_were_changed_together_are_not_listed_for_ever() -> None:
    bench = open_bench()
    products(bench, 1100)
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    for _ in range(4):
        bench.clock.now += timedelta(hours=1)
        _, cursor = await changed(client, Process.ARTICLES, cursor)
    pages = [each.rpartition("/")[0] for each in bench.asked[2:]]
    assert pages == ["GET products/1000/0", "GET products/1000/999", *["GET products/1000/0"] * 3]
    bench.shop.change_product(501, name="Ny")
    found, _ = await changed(client, Process.ARTICLES, cursor)
    assert [each.body["name"] for each in found] == ["Ny"]


@pytest.mark.parametrize("list_order", ["key", "modified"])
async def test_what_changes_while_a_long_poll_rests_is_given(list_order: str) -> None:
    bench = open_bench(list_order=list_order)
    products(bench, 8)
    client = bench.client(page_size=4)
    async for page in client.changes(Process.ARTICLES, None, None):
        cursor = page.cursor
        break
    bench.clock.now += timedelta(minutes=5)
    bench.shop.change_product(501, name="Ny")  # on the page that was read
    bench.clock.now += timedelta(hours=1)
    bench.shop.change_product(508, name="Nyere")
    rest, cursor = await changed(client, Process.ARTICLES, cursor)
    bench.clock.now += timedelta(hours=1)
    again, _ = await changed(client, Process.ARTICLES, cursor)
    assert {"Ny", "Nyere"} <= {each.body["name"] for each in (*rest, *again)}


async def test_rows_that_leave_a_list_hide_no_others() -> None:
    bench = open_bench()
    products(bench, 12)
    client = bench.client(page_size=4)
    found: list[SourceRecord] = []
    async for page in client.changes(Process.ARTICLES, None, None):
        found += page.records
        if len(found) == 4:
            bench.shop.delete_product(501)
            bench.shop.delete_product(502)
    assert {each.body["article_no"] for each in found} >= {f"A-{number}" for number in range(2, 12)}


async def test_head_saves_the_list_where_no_order_has_changed() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    bench.clock.now += timedelta(minutes=15)
    _, cursor = await changed(client, Process.ORDERS)
    bench.requests.clear()
    found, cursor = await changed(client, Process.ORDERS, cursor)
    assert (found, [each.method for each in bench.requests]) == ([], ["HEAD"])
    bench.shop.edit_order(1001, customer_comment="Takk")
    found, _ = await changed(client, Process.ORDERS, cursor)
    assert [each.source_id for each in found] == ["1001"]


@pytest.mark.parametrize("config", [{"last_modified": "none"}, {"head_takes": ()}])
async def test_a_shop_whose_head_says_nothing_is_listed(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    bench.clock.now += timedelta(minutes=15)
    _, cursor = await changed(client, Process.ORDERS)
    bench.shop.edit_order(1001, customer_comment="Takk")
    found, _ = await changed(client, Process.ORDERS, cursor)
    assert [each.source_id for each in found] == ["1001"]


@pytest.mark.parametrize("config", [{"last_modified": "none"}, {"head_takes": ()}])
async def test_a_shop_whose_head_saves_nothing_is_not_asked_for_ever(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    bench.clock.now += timedelta(minutes=15)
    _, cursor = await changed(client, Process.ORDERS)
    for _ in range(5):
        bench.clock.now += timedelta(minutes=15)
        _, cursor = await changed(client, Process.ORDERS, cursor)
    assert [each.split()[0] for each in bench.asked] == ["GET", *["HEAD", "GET"] * 3, "GET", "GET"]


# --- beside orders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", ["Europe/Oslo", "America/New_York", "Asia/Tokyo"])
async def test_a_customer_is_read_once_for_all_orders_and_again_for_one_that_changed_since(timezone: str) -> None:
    bench = open_bench(timezone=timezone)  # whatever the shop's own is: the connection goes by Oslo's
    bench.articles.known = {"501001": "A-1"}
    bench.shop.add_product("A-1", "A")
    kari = bench.shop.add_customer()["id"]
    for _ in range(3):
        bench.shop.place_order([{"article_no": "A-1"}], kari)
    bench.clock.now += timedelta(minutes=1)
    client = bench.client()
    found, cursor = await changed(client, Process.ORDERS)
    for each in found:
        assert (await client.enrich(each)).body["_gateway_customer"]["address_1"] == "Storgata 1"
    assert bench.asked.count(f"GET customers/{kari}") == 1
    bench.shop.change_customer(kari, address_1="Lillegata 2")
    bench.clock.now += timedelta(minutes=1)
    bench.shop.edit_order(1002, customer_comment="Takk")
    bench.clock.now += timedelta(minutes=1)
    (order,), _ = await changed(client, Process.ORDERS, cursor)
    assert (await client.enrich(order)).body["_gateway_customer"]["address_1"] == "Lillegata 2"
    assert bench.asked.count(f"GET customers/{kari}") == 2


async def test_many_new_customers_are_listed() -> None:
    bench = open_bench()
    bench.articles.known = {"501001": "A-1"}
    bench.shop.add_product("A-1", "A")
    for _ in range(60):
        bench.shop.place_order([{"article_no": "A-1"}])
    bench.clock.now += timedelta(minutes=1)
    client = bench.client()
    found, _ = await changed(client, Process.ORDERS)
    for each in found:
        assert (await client.enrich(each)).body["_gateway_articles"] == {"501001": "A-1"}
    assert bench.asked == ["GET orders/1000/0", "GET customers/1000/0"]
    assert bench.articles.asked == [["501001"]]


async def test_a_poll_that_goes_on_lists_customers_from_where_it_stopped() -> None:
    bench = open_bench()
    bench.shop.add_product("SOKK-1")
    for _ in range(200):
        bench.shop.place_order([{"article_no": "SOKK-1"}])
    client = bench.client(page_size=100)
    first = await anext(client.changes(Process.ORDERS, None, None))
    await changed(client, Process.ORDERS, dict(first.cursor))
    listed = [each for each in bench.asked if "customers" in each]
    assert listed == ["GET customers/100/0", "GET customers/100/100"]


async def test_a_product_that_is_not_known_is_read_once() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    for _ in range(2):
        bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    found, _ = await changed(client, Process.ORDERS)
    for each in found:
        assert (await client.enrich(each)).body["_gateway_articles"] == {"501001": "A-1"}
    assert bench.asked.count("GET products/501001") == 1


@pytest.mark.parametrize("config", [{"simple_unique_id": False}, {"flat_ids": "unique"}])
async def test_products_without_an_id_of_their_own_go_by_the_one_that_there_is(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    (order,), _ = await changed(client, Process.ORDERS)
    (article,), _ = await changed(client, Process.ARTICLES)
    assert (await client.enrich(order)).body["_gateway_articles"] == {article.source_id: "A-1"}


async def test_nothing_is_read_beside_an_order_that_is_not_to_be_sent() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}], status="Sendt")
    client = bench.client()
    (order,), _ = await changed(client, Process.ORDERS)
    assert client.lacks(order) is False


# --- one record -----------------------------------------------------------------------------------------------------------


async def test_single_records_are_read_and_what_is_gone_is_none() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "A-1"}])
    client = bench.client()
    order, article = await client.read(Process.ORDERS, "1001"), await client.read(Process.ARTICLES, "501001")
    assert order is not None
    assert article is not None
    assert (order.source_id, article.body["article_no"]) == ("1001", "A-1")
    assert await client.read(Process.ORDERS, "1999") is None
    assert await client.read(Process.ARTICLES, "999001") is None


def ordered(bench: Bench, count: int) -> list[str]:
    bench.shop.add_product("A-1", "A")
    return [bench.shop.place_order([{"article_no": "A-1"}])["order_no"] for _ in range(count)]


async def test_many_orders_are_found_in_lists_and_the_next_ones_behind_them() -> None:
    bench = open_bench()
    numbers = ordered(bench, 40)
    client = bench.client(page_size=20)
    since = 1792627200  # 2026-10-22 00:00 UTC: thirty days before, to the day
    for some in (numbers[:20], numbers[20:]):
        assert set(await client.read_listed(Process.ORDERS, some)) == set(some)
    assert bench.asked == [f"GET orders/20/0/{since}", f"GET orders/20/0/{since}", f"GET orders/20/20/{since}"]
    assert set(await client.read_listed(Process.ORDERS, numbers[:20])) == set(numbers[:20])  # from the start again
    assert bench.asked[3:] == [f"GET orders/20/20/{since}", f"GET orders/20/0/{since}"]


async def test_what_no_list_shows_is_read_by_its_number() -> None:
    bench = open_bench()
    old = ordered(bench, 1)
    bench.clock.now += timedelta(days=32)
    numbers = [*old, *ordered(bench, 12)]
    bench.shop.remove_order(numbers[-1])
    found = await bench.client().read_many(Process.ORDERS, numbers)
    assert {key: record is not None for key, record in found.items()} == {
        **dict.fromkeys(numbers[:-1], True),
        numbers[-1]: False,
    }
    assert bench.asked[1:] == [f"GET orders/{old[0]}", f"GET orders/{numbers[-1]}"]
    few = await bench.client().read_listed(Process.ORDERS, numbers[1:4])
    assert (few, len(bench.asked)) == ({}, 3)


async def test_many_articles_are_found_in_lists_too() -> None:
    bench = open_bench()
    products(bench, 12)
    ids = [f"{501 + number}001" for number in range(12)]
    found = await bench.client().read_many(Process.ARTICLES, ids)
    assert [record and record.source_id for record in found.values()] == ids
    assert bench.asked == ["GET products/1000/0"]


# --- variants that cannot be told apart (A7) --------------------------------------------------------------------------------


def jacket(bench: Bench) -> None:
    sizes = [{"options": {"Størrelse": each}, "article_no": f"UJ-{each}"} for each in ("M", "L")]
    bench.shop.add_product(None, "Ulljakke", variants=sizes)


async def test_variants_that_share_an_id_are_articles_of_their_own() -> None:
    bench = open_bench(flat_ids="product")
    jacket(bench)
    client = bench.client()
    found, cursor = await changed(client, Process.ARTICLES)
    assert {each.source_id: each.body["article_no"] for each in found} == {"501/Størrelse: M": "UJ-M", "501/Størrelse: L": "UJ-L"}
    bench.clock.now += timedelta(minutes=15)
    bench.shop.change_variant(501002, article_no="UJ-XL")
    (alone,), _ = await changed(client, Process.ARTICLES, cursor)
    again = await client.read(Process.ARTICLES, alone.source_id)
    assert again is not None
    assert (alone.source_id, again.body["article_no"]) == ("501/Størrelse: L", "UJ-XL")


async def test_an_order_of_one_of_them_is_told_why_its_article_is_not_known() -> None:
    bench = open_bench(flat_ids="product")
    jacket(bench)
    bench.shop.add_product("A-1", "A")
    bench.shop.place_order([{"article_no": "UJ-L"}, {"article_no": "A-1"}])
    client = bench.client()
    (order,), _ = await changed(client, Process.ORDERS)
    lines = [*order.body["order_lines"], {"quantity": "1", "product_id": "999", "unique_product_id": "999001"}]
    full = await client.enrich(replace(order, body={**order.body, "order_lines": lines}))
    assert full.body["_gateway_articles"] == {"501002": "", "502001": "A-1", "999001": ""}
    assert full.body["_gateway_no_number"] == {"501002": "shared", "999001": "gone"}


async def test_a_shop_with_such_variants_needs_a_check_and_no_stock_is_written_to_them() -> None:
    bench = open_bench(flat_ids="product")
    jacket(bench)
    client = bench.client(status_confirmed=True)
    report = await client.test()
    assert (report.ok, report.facts["needs_check"]) == (True, True)
    (check,) = [each for each in report.checks if each.name == "variants"]
    assert check.message == (
        "the shop needs a check: its variants have no unique product id of their own, like those of product 501"
    )
    levels = [level async for page in client.stock_levels() for level in page.levels]
    assert [(each.source_id, each.not_told_apart) for each in levels] == [
        ("501/Størrelse: M", True),
        ("501/Størrelse: L", True),
    ]
    (answer,) = await bench.client().write_stock([StockChange("501/Størrelse: M", None, 7)])
    assert answer.problem is not None
    assert answer.problem.code == "variants-not-told-apart"
    assert [each for each in bench.asked if each.startswith("PATCH")] == []


@pytest.mark.parametrize("config", [{}, {"simple_unique_id": False}])
async def test_a_shop_that_tells_its_variants_needs_none(config: dict[str, Any]) -> None:
    bench = open_bench(**config)
    jacket(bench)
    products(bench, 3)
    assert (await bench.client().test()).facts["needs_check"] is False
