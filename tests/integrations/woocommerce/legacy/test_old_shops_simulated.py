"""A day at shops of every age, against the simulator: the test finds out what they speak, and the same work gets done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Process, SourceRecord
from app.errors import Refused
from app.integrations.protocol import Mend, RefundLine, RefundRequest, StockAnswer, StockChange, find_note, find_refund
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping.fields import map_article, map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import rest
from tests.integrations.woocommerce.test_against_the_simulator import PERSON
from tests.integrations.woocommerce.writes.test_writing_to_the_simulator import GATEWAY, Open

AGES = {
    "2.2.11": "wc-api/v2",
    "2.3.13": "wc-api/v2",
    "2.4.13": "wc-api/v3",
    "2.5.5": "wc-api/v3",
    "2.6.14": "wc/v1",
    "3.0.9": "wc/v2",
    "3.4.8": "wc/v2",
    "4.9.2": "wc/v3",
    "5.6.0": "wc/v3",
    "5.8.0": "wc/v3",
    "11.0.1": "wc/v3",
}
JACKET, SOCKS, GREY, BLUE, UNCOUNTED = "14", "23", "24", "25", "17"


@dataclass
class Aged:
    """A shop of one release with recorded products, and the client after a connection test."""

    release: tuple[int, ...]
    opened: Open
    client: WooCommerceClient
    facts: Mapping[str, Any]

    def place(self, quantity: int = 3) -> str:
        line = {"product_id": int(JACKET), "quantity": quantity}
        placed = self.opened.inside.add_order({"status": "processing", "billing": PERSON, "line_items": [line]})
        return str(placed["id"])

    async def polled(self, process: Process, cursor: dict[str, Any] | None) -> tuple[list[SourceRecord], dict[str, Any]]:
        found: list[SourceRecord] = []
        kept = dict(cursor or {})
        async for page in self.client.changes(process, cursor, None):
            found += page.records
            kept = page.cursor
        return found, kept


@pytest.fixture(params=AGES)
async def aged(request: pytest.FixtureRequest) -> AsyncIterator[Aged]:
    opened = Open(version=request.param)
    opened.clock.now += timedelta(hours=2)
    for number in ("127", "131", "129"):
        opened.inside.put_product_raw(rest(number)["body"])
    for variation in rest("138")["body"]:
        opened.inside.put_product_raw(variation)
    report = await opened.client().test()
    assert [check for check in report.checks if not check.ok] == []
    assert report.facts["rest"] == AGES[request.param]
    release = tuple(int(part) for part in request.param.split("."))
    yield Aged(release, opened, opened.client(facts=report.facts), report.facts)
    await opened.http.aclose()


@pytest.mark.parametrize("release", AGES)
async def test_signed_calls_over_http_are_taken_too(release: str) -> None:
    """Filters in brackets among them, which the legacy API signs in its own way."""
    opened = Open("http://shop.example", version=release)
    report = await opened.client().test()
    assert [check for check in report.checks if not check.ok] == []
    client = opened.client(facts=report.facts)
    for process in (Process.ORDERS, Process.ARTICLES):
        assert [page.records async for page in client.changes(process, {"modified": "2026-11-21T10:00:00"}, None)][-1] == ()
    assert report.facts["rest"] == AGES[release]
    await opened.http.aclose()


async def test_articles_are_polled_read_and_mapped(aged: Aged) -> None:
    records, cursor = await aged.polled(Process.ARTICLES, None)
    articles = {each.product_code: each for each in (map_article(record, WooCommerceSettings()) for record in records)}
    assert {JACKET, SOCKS, GREY, BLUE, UNCOUNTED} <= articles.keys()
    assert articles[GREY].number == "FB-SOK-36-GR"
    assert articles[GREY].name == "Ullsokker Røros - 36-39, Grå"
    assert all(article.wanted for article in articles.values())
    aged.opened.clock.now += timedelta(hours=1)
    again = {record.source_id for record in (await aged.polled(Process.ARTICLES, cursor))[0]}
    assert not again & {JACKET, UNCOUNTED}
    one = await aged.client.read(Process.ARTICLES, GREY)
    assert one is not None
    assert map_article(await aged.client.enrich(one), WooCommerceSettings()).name == articles[GREY].name
    assert await aged.client.read(Process.ARTICLES, "99999") is None


async def test_orders_are_polled_as_they_come_and_as_they_change(aged: Aged) -> None:
    first = aged.place()
    records, cursor = await aged.polled(Process.ORDERS, None)
    (order,) = [map_order(await aged.client.enrich(record), WooCommerceSettings()) for record in records]
    assert (order.source_id, order.problems) == (first, ())
    assert [(line.article_number, line.quantity) for line in order.lines] == [("FB-JKT-001", Decimal(3))]
    assert order.created_at == aged.opened.clock()
    aged.opened.clock.now += timedelta(minutes=20)
    second = aged.place()
    await aged.client.set_status(first, "cancelled")
    records, cursor = await aged.polled(Process.ORDERS, cursor)
    assert {record.source_id for record in records} == {first, second}
    aged.opened.clock.now += timedelta(minutes=20)
    assert (await aged.polled(Process.ORDERS, cursor))[0] == []
    found = await aged.client.read_many(Process.ORDERS, [first, second, "99999"])
    statuses = {source_id: record and record.body["status"] for source_id, record in found.items()}
    assert statuses == {first: "cancelled", second: "processing", "99999": None}


async def test_quantities_are_written_and_each_answer_is_judged(aged: Aged) -> None:
    changes = [
        StockChange(JACKET, None, 17), StockChange(UNCOUNTED, None, 4), StockChange("99999", None, 1),
        StockChange(GREY, SOCKS, 0), StockChange(BLUE, SOCKS, 9),
    ]  # fmt: skip
    answers: dict[str, StockAnswer] = {}
    for batch in aged.client.stock_batches(changes):
        answers |= {answer.source_id: answer for answer in await aged.client.write_stock(batch)}
    told = {source_id: answer.problem.code if answer.problem else answer.quantity for source_id, answer in answers.items()}
    written = {GREY: 0, BLUE: 9} if aged.facts["rest"] != "wc/v1" else {GREY: "stock-refused", BLUE: "stock-refused"}
    assert told == {JACKET: 17, UNCOUNTED: "stock-not-managed", "99999": "product-gone", **written}
    levels = {level.source_id: level async for page in aged.client.stock_levels() for level in page.levels}
    assert (levels[JACKET].quantity, levels[UNCOUNTED].managed, levels[BLUE].parent_id) == (17, False, SOCKS)
    read = await aged.client.read_stock([(JACKET, None), (BLUE, SOCKS)])
    assert {source_id: level and level.quantity for source_id, level in read.items()} == {
        JACKET: 17, BLUE: levels[BLUE].quantity,
    }  # fmt: skip


async def test_a_shipment_is_told_once(aged: Aged) -> None:
    order = aged.place()
    text = "Ordre 1 er sendt. Sporing: 3700001"
    made = await aged.client.add_note(order, text, to_customer=True)
    found = find_note(await aged.client.notes(order), text)
    assert found is not None
    assert (found.id, found.to_customer) == (made, True)
    first, again = await aged.client.complete(order), await aged.client.complete(order)
    assert (first.status, first.written, again.written) == ("completed", True, False)
    state = await aged.client.order_state(order)
    assert state is not None
    assert (state.status, state.lines[0].quantity, state.total > 0) == ("completed", 3, True)


async def test_returns_are_refunded_or_said_to_be_beyond_it(aged: Aged) -> None:
    order = aged.place()
    state = await aged.client.order_state(order)
    assert state is not None
    if aged.release < (3, 0):
        line = RefundLine(state.lines[0].line_id, 1, state.lines[0].total)
        with pytest.raises(Refused, match="cannot refund single lines"):
            await aged.client.refund(order, RefundRequest("gateway R-1", "Retur", (line,)))
        return
    plan = aged.client.plan_refund(state, {state.lines[0].line_id: 1}, await aged.client.refunds(order))
    request = RefundRequest("gateway R-1", "Retur", plan.lines)
    made = await aged.client.refund(order, request)
    found = find_refund(await aged.client.refunds(order), "gateway R-1")
    assert found is not None
    assert (found.id, found.amount) == (made, request.amount)
    assert found.lines == plan.lines


async def test_webhooks_are_made_and_put_right(aged: Aged) -> None:
    client = aged.client
    for topic in client.webhook_topics():
        await client.register(topic, GATEWAY, "s3cret")
    seen = await client.webhooks()
    assert {each.topic for each in seen} == set(client.webhook_topics())
    assert ("order.restored" in client.webhook_topics()) is (aged.release >= (3, 2))
    assert client.webhook_plan(seen, GATEWAY) == ()
    await client.delete_webhook(seen[0].id)
    (step,) = client.webhook_plan(await client.webhooks(), GATEWAY)
    assert (step.mend, step.topic) == (Mend.REGISTER, seen[0].topic)
    repaired = await client.repair(seen[1].id, f"{GATEWAY}", "n3w")
    assert repaired.status == "active"
