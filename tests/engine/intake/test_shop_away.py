"""A shop that is away costs its events no try, however long it is away; what is one record's own fault does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process, SourceRecord
from app.integrations.woocommerce.client import WooCommerceClient
from app.storage.tables import inbox
from tests.harness import Harness, Resource


async def events(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(inbox).order_by(inbox.c.id))


async def sent(harness: Harness, count: int) -> list[Resource]:
    """So many orders, in the warehouse."""
    orders = [harness.shop.order() for _ in range(count)]
    for order in orders:
        await harness.announce(order, "order.created")
    await harness.work()
    return orders


async def trash(harness: Harness, orders: list[Resource]) -> None:
    """All moved to the trash, and announced by their ids alone: each must be read."""
    harness.tick()
    for order in orders:
        harness.shop.model.trash_order(order["id"])
        await harness.announce({"id": order["id"]}, "order.deleted")


def cancelled(harness: Harness) -> int:
    return sum(1 for order in harness.warehouse.model.orders.values() if order.status == 1000)


AWAY = {
    "429": {"kind": "status", "status": 429},
    "408": {"kind": "status", "status": 408},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "refused login": {"kind": "status", "status": 401},
    "web page": {"kind": "html"},
    "hang-up": {"kind": "hang-up"},
}


@pytest.mark.parametrize("fault", AWAY.values(), ids=AWAY.keys())
async def test_an_event_waits_for_a_shop_that_is_away_and_loses_no_try(sqlite_harness: Harness, fault: dict[str, Any]) -> None:
    orders = await sent(sqlite_harness, 1)
    sqlite_harness.shop.fail(**fault)
    await trash(sqlite_harness, orders)
    for _ in range(sqlite_harness.gateway.settings.max_tries + 3):
        await sqlite_harness.work(sweep=True)
        sqlite_harness.tick(3600)

    assert [(row.state, row.tries) for row in await events(sqlite_harness)] == [("done", 0), ("parked", 0)]

    sqlite_harness.mend()
    await sqlite_harness.work(sweep=True)
    assert [row.state for row in await events(sqlite_harness)] == ["done", "done"]
    assert cancelled(sqlite_harness) == 1


@pytest.mark.parametrize("fault", AWAY.values(), ids=AWAY.keys())
async def test_the_others_are_not_each_tried_against_a_shop_that_is_away(sqlite_harness: Harness, fault: dict[str, Any]) -> None:
    orders = await sent(sqlite_harness, 20)
    before = len(sqlite_harness.shop.calls())
    sqlite_harness.shop.fail(**fault)
    await trash(sqlite_harness, orders)
    await sqlite_harness.work()

    assert [row.state for row in await events(sqlite_harness)][20:] == ["parked"] * 20
    tried = len(sqlite_harness.shop.calls()) - before
    assert tried <= 7  # four at once, and at most three more if it takes three to tell

    sqlite_harness.tick(3600)
    await sqlite_harness.work(sweep=True)
    assert len(sqlite_harness.shop.calls()) - before - tried <= (1 if fault.get("status") != 500 else 3)

    sqlite_harness.mend()
    sqlite_harness.tick(3600)
    await sqlite_harness.work(sweep=True)
    assert cancelled(sqlite_harness) == 20
    assert {row.tries for row in await events(sqlite_harness)} == {0}


async def test_new_orders_of_a_shop_that_is_away_go_to_the_warehouse(harness: Harness) -> None:
    orders = await sent(harness, 3)
    harness.shop.fail("status", status=503)
    await trash(harness, orders)
    new = harness.shop.order()
    await harness.deliver(new, "order.created")

    assert harness.warehouse.order(new["id"]) is not None
    assert [row.state for row in await events(harness)] == ["done"] * 3 + ["parked"] * 3 + ["done"]


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("7", 7, 8), ("1800", 1800, 1801), ("86400", 3600, 3601), ("9" * 400, 3600, 3601), ("-5", 5, 6), ("soon", 5, 6)],
)
async def test_a_pause_that_the_shop_asks_for_is_kept_but_none_is_absurd(
    sqlite_harness: Harness, asked: str, least: int, most: int
) -> None:
    orders = await sent(sqlite_harness, 1)
    sqlite_harness.shop.fail("status", status=429, retry_after=asked)
    await trash(sqlite_harness, orders)
    before = sqlite_harness.clock()
    await sqlite_harness.work()
    after: datetime = sqlite_harness.clock()

    due = (await events(sqlite_harness))[-1].due_at
    assert before + timedelta(seconds=least) <= due <= after + timedelta(seconds=most)


async def test_one_record_that_the_shop_cannot_show_holds_up_no_other(sqlite_harness: Harness) -> None:
    orders = await sent(sqlite_harness, 12)
    sqlite_harness.shop.fail("status", status=500, path=f"/wp-json/wc/v3/orders/{orders[0]['id']}")
    await trash(sqlite_harness, orders)
    await sqlite_harness.work()

    found = await events(sqlite_harness)
    assert [(row.state, row.tries) for row in found[12:]] == [("parked", 0), *[("done", 0)] * 11]
    assert cancelled(sqlite_harness) == 11


async def test_a_records_own_fault_costs_a_try_and_ends_as_a_dead_letter(sqlite_harness: Harness) -> None:
    orders = await sent(sqlite_harness, 3)
    sqlite_harness.shop.fail("status", status=410, path=f"/wp-json/wc/v3/orders/{orders[0]['id']}")
    await trash(sqlite_harness, orders)
    await sqlite_harness.work()
    assert [(row.state, row.tries) for row in (await events(sqlite_harness))[3:]] == [("parked", 1), ("done", 0), ("done", 0)]

    for _ in range(sqlite_harness.gateway.settings.max_tries):
        sqlite_harness.tick(3600)
        await sqlite_harness.work(sweep=True)
    (row, *_) = (await events(sqlite_harness))[3:]
    assert (row.state, row.reason_code) == ("dead", "shop-refused")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ZeroDivisionError("odd"), "dead"),
        (RecursionError("deep"), "dead"),
        (AssertionError(), "dead"),
        (OSError("odd"), "parked"),
    ],
)
async def test_what_nobody_thought_of_costs_one_event_only(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    orders = await sent(sqlite_harness, 6)
    real = WooCommerceClient.read

    async def read(self: WooCommerceClient, process: Process, source_id: str) -> SourceRecord | None:
        if source_id == str(orders[0]["id"]):
            raise error
        return await real(self, process, source_id)

    monkeypatch.setattr(WooCommerceClient, "read", read)
    await trash(sqlite_harness, orders)
    await sqlite_harness.work()
    if state == "parked":
        monkeypatch.undo()
        sqlite_harness.tick(3600)
        await sqlite_harness.work(sweep=True)
        assert cancelled(sqlite_harness) == 6
        return
    assert [row.state for row in (await events(sqlite_harness))[6:]] == ["dead", *["done"] * 5]
    assert await sqlite_harness.stored.alerts() == ["dead-letter"]
