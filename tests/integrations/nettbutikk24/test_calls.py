"""Single calls to a shop: the token, charsets, refusals."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.domain import Process, SourceRecord
from app.errors import LoginRefused, Malformed, RateLimited, RemoteError, Unavailable
from app.sandbox.kit.faults import Fault
from tests.integrations.nettbutikk24.calling import TOKEN, changed, open_bench, saying


async def test_the_token_is_sent_as_user_name_and_in_no_address() -> None:
    bench = open_bench()
    await changed(bench.client(), Process.ORDERS)
    (request,) = bench.requests
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()
    assert str(request.url) == "http://nettbutikk.test/api/v1/orders/1000/0"


async def test_the_other_form_is_found_by_the_test_and_used_from_then_on() -> None:
    bench = open_bench(auth_forms=("query",))
    client = bench.client(status_confirmed=True)
    report = await client.test()
    assert report.ok, report
    assert report.facts["auth_mode"] == "query"
    bench.facts, bench.requests[:] = dict(report.facts), []
    await changed(bench.client(), Process.ORDERS)
    (request,) = bench.requests
    assert "Authorization" not in request.headers
    assert request.url.params["access_token"] == TOKEN


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("facts", [{"auth_mode": "basic"}, {"auth_mode": "query"}])
async def test_a_token_that_was_replaced_is_told_without_the_token(status: Any, facts: dict[str, Any]) -> None:
    bench = open_bench(wrong_token_status=status)
    bench.facts = facts
    bench.shop.replace_token()
    client = bench.client()
    for _ in range(2):
        with pytest.raises(LoginRefused) as caught:
            await changed(client, Process.ORDERS)
    assert caught.value.message == "the token was replaced in the shop: paste the new one as api_key"
    assert TOKEN not in f"{caught.value} {caught.value.call} {caught.value.answer}"
    assert len(bench.requests) == 1


async def test_a_wrong_token_fails_the_test_after_both_forms() -> None:
    bench = open_bench()
    report = await bench.client("wrong").test()
    assert [(check.name, check.ok, check.message) for check in report.checks] == [
        ("access", False, "the shop does not accept the token (401)")
    ]
    assert len(bench.requests) == 2


@pytest.mark.parametrize(
    ("charset", "named"),
    [("utf-8", True), ("utf-8", False), ("iso-8859-1", True), ("iso-8859-1", False), ("windows-1252", True)],
)
async def test_norwegian_letters_survive_every_charset(charset: str, named: bool) -> None:
    bench = open_bench(charset=charset, charset_named=named)
    bench.shop.add_product("BL-1", "Blåbærsyltetøy – ærlig")
    (record,), _ = await changed(bench.client(), Process.ARTICLES)
    assert record.body["name"] == "Blåbærsyltetøy – ærlig"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=429), RateLimited),
        (Fault("status", status=503), Unavailable),
        (Fault("status", status=200, text="<html>Vedlikehold</html>"), Malformed),
        (Fault("status", status=302), Malformed),
    ],
)
async def test_failures_are_sorted(fault: Fault, error: type[RemoteError]) -> None:
    bench = open_bench()
    bench.shop.faults.active.append(fault)
    with pytest.raises(error):
        await changed(bench.client(), Process.ORDERS)


async def test_a_shop_that_refuses_large_pages_is_asked_for_a_hundred() -> None:
    bench = open_bench(max_limit=100, over_limit="refused")
    bench.shop.add_product("A-1", "A")
    await changed(bench.client(), Process.ARTICLES)
    await changed(bench.client(page_size=100), Process.ARTICLES)
    assert bench.asked == ["GET products/1000/0", "GET products/100/0", "GET products/100/0"]


async def test_an_empty_answer_is_no_page_whatever_it_is_called() -> None:
    bench = open_bench()
    saying(bench, "orders/1", 404)
    assert await bench.client().read(Process.ORDERS, "1") is None


async def test_an_empty_400_that_is_called_html_is_a_refusal_too() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    saying(bench, "products/1000/0", 400)
    await changed(bench.client(), Process.ARTICLES)
    assert bench.asked == ["GET products/1000/0", "GET products/100/0"]


async def test_json_that_is_called_html_is_read() -> None:
    bench = open_bench()
    saying(bench, "products/1000/0", 200, '{"data": [{"id": "7", "name": "Blåbær"}], "paging": []}'.encode("iso-8859-1"))
    (record,), _ = await changed(bench.client(), Process.ARTICLES)
    assert record.body["name"] == "Blåbær"


@pytest.mark.parametrize(("status", "content"), [(404, b"<html>Siden finnes ikke</html>"), (404, b""), (400, b"")])
@pytest.mark.parametrize("beside", ["products/999", "customers/77"])
async def test_an_order_goes_on_without_what_the_shop_does_not_have(beside: str, status: int, content: bytes) -> None:
    """Found with an order of a product that was deleted: the poll failed with every try, and the order was seen nowhere."""
    bench = open_bench()
    saying(bench, beside, status, content)
    lines = [{"id": "1", "unique_product_id": "999", "quantity": "1"}]
    order = SourceRecord(
        Process.ORDERS, "1042", None, {"order_no": "1042", "status": "Mottatt", "customer_id": "77", "order_lines": lines}
    )
    found = (await bench.client().enrich(order)).body
    assert (found["_gateway_customer"], found["_gateway_articles"]) == ({}, {"999": ""})


async def test_an_order_waits_while_the_shop_answers_with_a_page_for_everything() -> None:
    bench = open_bench()
    saying(bench, "customers/77", 200, b"<html>Vedlikehold</html>")
    order = SourceRecord(Process.ORDERS, "1042", None, {"order_no": "1042", "status": "Mottatt", "customer_id": "77"})
    with pytest.raises(Malformed):
        await bench.client().enrich(order)


async def test_another_page_may_be_named_in_a_list() -> None:
    bench = open_bench()
    first = b'{"data": [{"order_no": "1"}], "paging": [{"next": "https://shop.example.no/api/v1/orders/1000/1"}]}'
    saying(bench, "orders/1000/0", 200, first)
    saying(bench, "orders/1000/1", 200, b'{"data": [{"order_no": "2"}], "paging": []}')
    found, _ = await changed(bench.client(), Process.ORDERS)
    assert [each.source_id for each in found] == ["1", "2"]


@pytest.mark.parametrize("zero_limit", ["refused", "empty", "all"])
async def test_a_shop_that_reads_the_offset_first_is_found_out(zero_limit: Any) -> None:
    """Asked for one from the start, it is asked for none from the first on: it seemed to have no orders at all."""
    bench = open_bench(path_order="offset/limit", zero_limit=zero_limit)
    bench.shop.add_product("A-1", "A")
    for _ in range(3):
        bench.shop.place_order([{"article_no": "A-1"}])
    report = await bench.client(status_confirmed=True).test()
    fixes = [check.fix for check in report.checks if check.name == "paging"]
    assert fixes == ["set path_order to offset/limit"]
    assert not report.ok


async def test_a_shop_without_orders_is_read_as_it_is() -> None:
    report = await open_bench(zero_limit="refused").client(status_confirmed=True).test()
    assert report.ok, report
