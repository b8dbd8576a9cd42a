"""What changed in a shop, and what is read beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain import Order, OrderLine, Process, SourceRecord
from app.errors import LoginRefused, Unavailable
from app.integrations.mystore.client import MystoreClient
from app.integrations.mystore.integration import Mystore
from app.integrations.mystore.rest.resources import LINES, OPTIONS, VARIANTS
from app.integrations.mystore.settings import MystoreSettings
from app.sandbox.mystore import PersonalToken
from tests.integrations.mystore.calling import TOKEN, Bench, changed, open_bench

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def ids(records: list[SourceRecord]) -> list[str]:
    return [each.source_id for each in records]


def tick(bench: Bench, **time: float) -> None:
    bench.clock.now += timedelta(**time)


def orders(bench: Bench, count: int) -> None:
    bench.shop.add_product("SOKK", "Sokker", quantity=1000)
    for _ in range(count):
        bench.shop.place_order([{"sku": "SOKK", "quantity": 1}])


# --- polls ------------------------------------------------------------------------------------------------------------


async def test_an_order_is_given_once_and_again_when_it_changes() -> None:
    bench = open_bench()
    orders(bench, 3)
    tick(bench, minutes=1)
    client = bench.client()
    first, cursor = await changed(client, Process.ORDERS, None, LONG_AGO)
    again, cursor = await changed(client, Process.ORDERS, cursor)
    bench.shop.set_status(10002, "Under behandling")
    tick(bench, minutes=1)
    third, _ = await changed(client, Process.ORDERS, cursor)
    assert (ids(first), ids(again), ids(third)) == (["10001", "10002", "10003"], [], ["10002"])


async def test_a_poll_looks_back_ten_minutes() -> None:
    bench = open_bench()
    orders(bench, 1)
    client = bench.client()
    _, cursor = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.requests.clear()
    await changed(client, Process.ORDERS, cursor)
    (asked,) = bench.requests
    assert dict(asked.url.params) == {
        "filter[since][path]": "updated_at",
        "filter[since][operator]": "gte",
        "filter[since][value]": "2026-11-21 09:02:00",
        "page[number]": "1",
        "page[size]": "50",
    }


async def test_a_poll_that_stops_in_the_middle_goes_on_with_the_next_page() -> None:
    bench = open_bench()
    orders(bench, 5)
    tick(bench, minutes=1)
    pages = bench.client(page_size=2).changes(Process.ORDERS, None, LONG_AGO)
    first = await anext(pages)
    tick(bench, minutes=1)
    rest, cursor = await changed(bench.client(page_size=2), Process.ORDERS, first.cursor)
    assert (ids(list(first.records)), ids(rest)) == (["10001", "10002"], ["10003", "10004", "10005"])
    assert cursor["modified"] == "2026-11-21T08:12:00"
    assert "next" not in cursor
    nothing, _ = await changed(bench.client(), Process.ORDERS, cursor)
    assert nothing == []


async def test_what_changes_while_a_long_poll_rests_is_given() -> None:
    bench = open_bench()
    orders(bench, 5)
    tick(bench, minutes=1)
    pages = bench.client(page_size=2).changes(Process.ORDERS, None, LONG_AGO)
    cursor = (await anext(pages)).cursor
    tick(bench, minutes=5)
    bench.shop.set_status(10001, "Under behandling")  # on the page that was read
    tick(bench, hours=1)
    bench.shop.place_order([{"sku": "SOKK", "quantity": 1}])
    rest, cursor = await changed(bench.client(page_size=2), Process.ORDERS, cursor)
    tick(bench, hours=1)
    again, _ = await changed(bench.client(page_size=2), Process.ORDERS, cursor)
    assert {*ids(rest), *ids(again)} >= {"10001", "10003", "10004", "10005", "10006"}


@pytest.mark.parametrize("links", ["encoded", "plain", "none"])
async def test_lists_of_any_form_are_read_to_their_end(links: str) -> None:
    bench = open_bench(page_links=links)
    orders(bench, 5)
    found, _ = await changed(bench.client(page_size=2), Process.ORDERS, None, LONG_AGO)
    assert sorted(ids(found)) == ["10001", "10002", "10003", "10004", "10005"]


async def test_a_record_that_was_read_within_its_own_second_is_read_again() -> None:
    """It may have changed within that second: its time would not tell."""
    bench = open_bench()
    orders(bench, 1)
    client = bench.client()
    first, cursor = await changed(client, Process.ORDERS, None, LONG_AGO)
    tick(bench, minutes=1)
    second, cursor = await changed(client, Process.ORDERS, cursor)
    third, _ = await changed(client, Process.ORDERS, cursor)
    assert [each.body["settled"] for each in (*first, *second)] == [False, True]
    assert third == []


async def test_the_next_spelling_of_the_operator_is_taken_when_one_is_refused() -> None:
    bench = open_bench(operators={">": ">="}, unknown_operator="refused")
    orders(bench, 2)
    found, cursor = await changed(bench.client(), Process.ORDERS, None, LONG_AGO)
    assert ids(found) == ["10001", "10002"]
    assert [each.url.params.get("filter[since][operator]") for each in bench.requests] == ["gte", ">"]
    assert "next" not in cursor


async def test_a_shop_that_understands_no_operator_is_listed_and_compared_here() -> None:
    bench = open_bench(operators={"eq": "="}, unknown_operator="refused")
    orders(bench, 2)
    tick(bench, days=1)
    client = bench.client()
    _, cursor = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.shop.set_status(10002, "Under behandling")
    tick(bench, minutes=1)
    found, _ = await changed(client, Process.ORDERS, cursor)
    assert ids(found) == ["10002"]


async def test_a_misread_operator_is_found_out_by_a_poll_of_a_shop_that_was_empty_when_it_was_tested() -> None:
    """A spelling that is taken for "equals" gives an empty list, which looks as if nothing had changed."""
    bench = open_bench(operators={">": ">="}, unknown_operator="equals")
    client = bench.client()
    none, cursor = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.clock.now += timedelta(hours=1)
    bench.shop.add_product("SOKK", "Sokker", quantity=10)
    bench.shop.place_order([{"sku": "SOKK", "quantity": 2}])
    bench.clock.now += timedelta(hours=1)
    found, _ = await changed(client, Process.ORDERS, cursor)
    assert ([each.source_id for each in none], [each.source_id for each in found]) == ([], ["10001"])


async def test_the_connection_test_finds_the_operator_that_is_misread() -> None:
    """A spelling that is read as "equals" gives an empty list, and no error."""
    bench = open_bench(operators={">": ">="}, unknown_operator="equals")
    orders(bench, 1)
    report = await bench.client().test()
    assert (report.ok, report.facts["filter_op"]) == (True, ">")
    bench.facts.update(report.facts)
    found, _ = await changed(bench.client(), Process.ORDERS, None, LONG_AGO)
    assert ids(found) == ["10001"]


async def test_a_shop_without_any_operator_passes_the_test_and_is_said_so() -> None:
    bench = open_bench(operators={"eq": "="}, unknown_operator="equals")
    orders(bench, 1)
    report = await bench.client().test()
    assert (report.ok, report.facts["filter_op"]) == (True, None)
    assert [check.name for check in report.checks if "lists everything" in check.message] == ["filter"]


# --- products and variants ----------------------------------------------------------------------------------------------


def jacket(bench: Bench, sizes: str = "SML") -> dict[str, Any]:
    variants = [{"sku": f"UJ-{size}", "quantity": 1, "options": {"Farge": "Rød", "Størrelse": size}} for size in sizes]
    return bench.shop.add_product("UJ", "Ulljakke", variants=variants)


async def test_a_product_comes_with_its_variants() -> None:
    bench = open_bench()
    jacket(bench)
    bench.shop.add_product("KOPP", "Kopp")
    found, _ = await changed(bench.client(), Process.ARTICLES)
    assert sorted(ids(found)) == ["1", "2", "v1", "v2", "v3"]
    assert {each.source_id: each.body.get(VARIANTS) for each in found if not each.source_id.startswith("v")} == {"1": 3, "2": 0}
    assert [each.body[OPTIONS] for each in found if each.source_id == "v2"] == [
        [{"option": "1", "value": "1", "name": "Rød"}, {"option": "2", "value": "3", "name": "M"}]
    ]
    assert bench.asked[:2] == ["GET product-variants", "GET products"]


@pytest.mark.parametrize("meta", ["all", "top", "none"])
async def test_options_are_found_wherever_the_shop_tells_them(meta: str) -> None:
    bench = open_bench(variant_meta=meta)
    jacket(bench)
    client = bench.client()
    found, cursor = await changed(client, Process.ARTICLES)
    articles = [mapped(client, record) for record in found]
    assert {each.number: each.name for each in articles if each.number != "UJ"} == {
        "UJ-S": "Ulljakke Rød S",
        "UJ-M": "Ulljakke Rød M",
        "UJ-L": "Ulljakke Rød L",
    }
    bench.shop.change_product(1, price=500)
    tick(bench, minutes=20)
    again, _ = await changed(client, Process.ARTICLES, cursor)
    codes = {each.product_code for each in [mapped(client, record) for record in again] if each.number != "UJ"}
    assert codes == {"1-1.1-2.2", "1-1.1-2.3", "1-1.1-2.4"}


def mapped(client: MystoreClient, record: SourceRecord) -> Any:
    return Mystore().map(record, MystoreSettings())


async def test_the_variants_of_a_changed_product_are_read_again_and_no_others() -> None:
    bench = open_bench()
    jacket(bench)
    bench.shop.add_product("KOPP", "Kopp")
    tick(bench, minutes=1)
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    tick(bench, hours=1)
    bench.requests.clear()
    bench.shop.change_variant(2, ean="7090000000099")
    tick(bench, minutes=1)
    found, cursor = await changed(client, Process.ARTICLES, cursor)
    assert sorted(ids(found)) == ["1", "v1", "v2", "v3"]
    assert bench.asked == ["GET products", "GET products/1/product-variants"]
    nothing, _ = await changed(client, Process.ARTICLES, cursor)
    assert nothing == []


async def test_all_variants_are_read_once_a_day() -> None:
    """A variant's own change may not show on its product."""
    bench = open_bench(variant_touches_product=False)
    jacket(bench)
    tick(bench, minutes=1)
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    bench.shop.change_variant(2, ean="7090000000099")
    tick(bench, hours=23)
    unseen, cursor = await changed(client, Process.ARTICLES, cursor)
    tick(bench, hours=1, minutes=1)
    bench.requests.clear()
    found, cursor = await changed(client, Process.ARTICLES, cursor)
    assert unseen == []
    assert [each.body["attributes"]["ean"] for each in found if each.source_id == "v2"] == ["7090000000099"]
    assert bench.asked[:2] == ["GET product-variants", "GET products"]
    tick(bench, hours=1)
    nothing, _ = await changed(client, Process.ARTICLES, cursor)
    assert nothing == []


async def test_a_sweep_in_slices_reads_the_variants_once() -> None:
    bench = open_bench()
    for number in range(4):
        bench.shop.add_product(f"P{number}", f"P{number}", variants=[{"sku": f"P{number}-A", "options": {"A": "1"}}])
    client = bench.client(page_size=2)
    cursor: dict[str, Any] | None = None
    found: list[SourceRecord] = []
    for _ in range(20):
        async for page in client.changes(Process.ARTICLES, cursor, None):
            found, cursor = [*found, *page.records], page.cursor
            break  # the slice ends after each page
        if cursor and "sweeping" not in cursor:
            break
    assert sorted(ids(found)) == ["1", "2", "3", "4", "v1", "v2", "v3", "v4"]
    assert bench.asked.count("GET product-variants") == 2


async def test_a_list_of_variants_that_breaks_off_goes_on_at_its_place() -> None:
    bench = open_bench()
    for number in range(6):
        bench.shop.add_product(f"P{number}", f"P{number}", variants=[{"sku": f"P{number}-A", "options": {"A": "1"}}])
    client = bench.client(page_size=2)
    bench.breaks_at = 2
    with pytest.raises(Unavailable):
        await changed(client, Process.ARTICLES)
    found, _ = await changed(client, Process.ARTICLES)
    assert sorted(ids(found)) == [*"123456", "v1", "v2", "v3", "v4", "v5", "v6"]
    asked = [str(each.url.params["page[number]"]) for each in bench.requests if each.url.path.endswith("/product-variants")]
    assert asked == ["1", "2", "2", "3"]


async def test_a_poll_of_products_goes_on_behind_the_product_it_stopped_at() -> None:
    bench = open_bench()
    for number in range(3):
        bench.shop.add_product(f"P{number}", f"P{number}", variants=[{"sku": f"P{number}-A", "options": {"A": "1"}}])
    client = bench.client()
    _, cursor = await changed(client, Process.ARTICLES)
    tick(bench, hours=1)
    for number in (1, 2, 3):
        bench.shop.change_product(number, price=5)
    pages = client.changes(Process.ARTICLES, cursor, None)
    first = await anext(pages)
    rest, _ = await changed(bench.client(), Process.ARTICLES, first.cursor)
    assert (ids(list(first.records)), sorted(ids(rest))) == (["v1", "1"], ["2", "3", "v2", "v3"])


async def test_many_option_values_are_listed_and_not_read_one_by_one() -> None:
    bench = open_bench()
    jacket(bench, "ABCDEFGHIJKLMNOPQRST")
    await changed(bench.client(page_size=10), Process.ARTICLES)
    assert [each for each in bench.asked if each.startswith("GET product-option-values/")] == []
    assert bench.asked.count("GET product-option-values") == 3


async def test_option_values_are_remembered() -> None:
    bench = open_bench()
    jacket(bench, "SM")
    client = bench.client()
    await changed(client, Process.ARTICLES)
    bench.requests.clear()
    await changed(client, Process.ARTICLES)
    assert bench.asked == ["GET product-variants", "GET products"]


async def test_a_variant_read_by_itself_is_completed() -> None:
    bench = open_bench()
    jacket(bench)
    client = bench.client()
    record = await client.read(Process.ARTICLES, "v2")
    assert record is not None
    assert client.lacks(record)
    whole = await client.enrich(record)
    article = mapped(client, whole)
    assert (article.number, article.name, article.product_code) == ("UJ-M", "Ulljakke Rød M", "1-1.1-2.3")
    assert not client.lacks(whole)
    assert await client.read(Process.ARTICLES, "v99") is None
    assert await client.read(Process.ARTICLES, "99") is None


async def test_options_that_may_not_be_read_are_named() -> None:
    rights = ("read:products", "read:product-variants", "read:settings")
    bench = open_bench(variant_meta="none", personal_tokens=(PersonalToken(TOKEN, rights),))
    jacket(bench, "M")
    client = bench.client()
    found, _ = await changed(client, Process.ARTICLES)
    (article,) = [mapped(client, each) for each in found if each.source_id == "v1"]
    assert [problem.code for problem in article.problems] == ["options-unreadable"]
    assert "product-attributes" in article.problems[0].message


async def test_what_the_token_hides_is_not_sent() -> None:
    bench = open_bench(personal_tokens=(PersonalToken(TOKEN, hidden=("cost", "quantity")),))
    bench.shop.add_product("KOPP", "Kopp", cost=22)
    client = bench.client()
    (found,), _ = await changed(client, Process.ARTICLES)
    assert mapped(client, found).extra == {}


# --- orders -----------------------------------------------------------------------------------------------------------


async def test_an_order_costs_its_lines_and_its_total() -> None:
    bench = open_bench()
    orders(bench, 1)
    bench.facts["statuses"] = [{"id": "1", "name": "Ikke behandlet"}]
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.requests.clear()
    whole = await client.enrich(record)
    assert bench.asked == ["GET orders/10001/order-products", "GET orders/10001/order-totals"]
    order = Mystore().map(whole, MystoreSettings())
    assert isinstance(order, Order)
    assert (order.lines[0].article_number, order.extra["customerPrice"], order.status) == ("SOKK", "125", "Ikke behandlet")
    assert not client.lacks(whole)


async def test_an_order_that_names_its_total_costs_a_call_less() -> None:
    bench = open_bench(extra_attributes=("orders.total_price", "orders.reference"))
    orders(bench, 1)
    bench.facts["statuses"] = [{"id": "1", "name": "Ikke behandlet"}]
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.requests.clear()
    whole = await client.enrich(record)
    assert bench.asked == ["GET orders/10001/order-products"]
    order = Mystore().map(whole, MystoreSettings())
    assert isinstance(order, Order)
    assert order.extra["customerPrice"] == "125"


async def test_of_a_cancelled_order_nothing_is_read() -> None:
    bench = open_bench()
    orders(bench, 1)
    bench.shop.set_status(10001, "Kansellert")
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    bench.requests.clear()
    whole = await client.enrich(record)
    assert bench.asked == ["GET order-status"]
    assert LINES not in whole.body
    assert not client.lacks(whole)


async def test_a_missing_right_to_lines_names_the_call() -> None:
    rights = ("read:orders", "read:order-status")
    bench = open_bench(personal_tokens=(PersonalToken(TOKEN, rights),))
    orders(bench, 1)
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    with pytest.raises(LoginRefused, match="no right to GET orders/10001/order-products"):
        await client.enrich(record)


async def test_a_line_without_a_sku_gets_that_of_its_variant() -> None:
    bench = open_bench()
    jacket(bench, "M")
    bench.shop.place_order([{"sku": "UJ-M", "quantity": 1}])
    (line,) = bench.shop.lines_of(10001)
    bench.shop.tables["order-products"].find(int(line["id"])).attributes["sku"] = ""
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    order = Mystore().map(await client.enrich(record), MystoreSettings())
    assert isinstance(order, Order)
    assert order.lines[0].article_number == "UJ-M"


async def test_an_article_made_from_a_line_reads_the_line_s_options() -> None:
    bench = open_bench()
    jacket(bench, "M")
    bench.shop.place_order([{"sku": "UJ-M", "quantity": 1}])
    client = bench.client()
    (record,), _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    whole = await client.enrich(record)
    order = Mystore().map(whole, MystoreSettings())
    assert isinstance(order, Order)
    bench.requests.clear()
    described: OrderLine = await client.line_article(whole.body, order.lines[0])
    assert (described.article_name, described.product_code) == ("Ulljakke Rød M", "1-1.1-2.2")
    assert described.article_number == "UJ-M"
    assert bench.asked[0] == "GET order-products/1/order-product-attributes"


async def test_a_status_that_the_test_did_not_know_is_listed_once() -> None:
    bench = open_bench()
    orders(bench, 2)
    bench.facts["statuses"] = [{"id": "1", "name": "Ikke behandlet"}]
    for number in (10001, 10002):
        bench.shop.set_status(number, "Under behandling")
    client = bench.client()
    found, _ = await changed(client, Process.ORDERS, None, LONG_AGO)
    for record in found:
        whole = await client.enrich(record)
        assert whole.body["_gateway_status"]["name"] == "Under behandling"
    assert bench.asked.count("GET order-status") == 1


async def test_a_person_chooses_statuses_by_name() -> None:
    choices = {each.setting: each for each in await open_bench().client().choices()}
    assert list(choices) == ["status_ids.delivered", "status_ids.cancelled", "status_ids.returned", "status_ids.import"]
    assert choices["status_ids.delivered"].options[2] == ("3", "Sendt")
    assert [each.many for each in choices.values()] == [False, True, True, True]


async def test_the_connection_test_says_how_long_a_sync_of_everything_takes() -> None:
    bench = open_bench()
    orders(bench, 90)
    report = await bench.client().test()
    (said,) = [check.message for check in report.checks if check.name == "pace"]
    assert said == (
        "the shop has 90 orders, and 1 products and variants: reading all of them takes about 2 min at 120 calls a minute, of "
        "which a quarter is left to webhooks"
    )


async def test_a_list_that_is_being_read_says_how_much_is_left() -> None:
    bench = open_bench()
    orders(bench, 5)
    pages = [page async for page in bench.client(page_size=2).changes(Process.ORDERS, None, LONG_AGO)]
    assert [(page.cursor.get("left") or {}).get("records") for page in pages] == [4, 2, None]
    assert pages[0].cursor["left"]["at"] == "2026-11-21T08:12:00+00:00"
