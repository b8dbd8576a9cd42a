"""Clocks of others: records from the future, a shop whose clock went back, odd dates. Nothing stops, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Process
from app.records import cursors as cursor_rows
from app.storage.tables import alerts
from tests.engine.polling.poll_steps import cursor, last_run, numbers, some_orders
from tests.harness import Harness

HOUR = 3600


def dated(harness: Harness, order: Any, when: str) -> None:
    times = {"date_modified": when, "date_modified_gmt": when}
    harness.shop.model.orders.put({**harness.shop.model.orders[order["id"]], **times})


async def subjects(harness: Harness, kind: str) -> list[str]:
    found = await harness.stored.rows(select(alerts.c.subject).where(alerts.c.kind == kind).order_by(alerts.c.id))
    return [row.subject for row in found]


class TestARecordFromTheFuture:
    async def test_it_hides_no_order_of_today(self, harness: Harness) -> None:
        (odd,) = some_orders(harness, 1)
        dated(harness, odd, "2031-01-01T00:00:00")
        await harness.poll()
        place = (await cursor(harness)).cursor["modified"]
        assert place <= harness.clock().isoformat()
        for hours in range(3):
            harness.tick(HOUR)
            (missed,) = some_orders(harness, 1)
            await harness.poll()
            assert len(numbers(harness)) == hours + 2
            assert str(missed["id"]) in numbers(harness)
        assert await subjects(harness, "future-record") == [f"orders:{odd['id']}"]

    async def test_an_edit_of_it_is_taken_by_poll_and_by_webhook(self, sqlite_harness: Harness) -> None:
        harness = sqlite_harness
        (odd,) = some_orders(harness, 1)
        dated(harness, odd, "2031-01-01T00:00:00")
        await harness.poll()
        await harness.deliver(harness.shop.change(odd["id"], customer_note="by webhook"))
        shown: Any = harness.warehouse.order(odd["id"])
        assert shown.body.order_remark == "by webhook"
        dated(harness, odd, "2031-01-01T00:00:00")
        await harness.poll()
        harness.shop.change(odd["id"], customer_note="by poll")
        await harness.poll()
        shown = harness.warehouse.order(odd["id"])
        assert shown.body.order_remark == "by poll"

    async def test_a_late_webhook_from_the_future_is_not_the_newest(self, sqlite_harness: Harness) -> None:
        harness = sqlite_harness
        (order,) = some_orders(harness, 1)
        await harness.deliver(order)
        late = {**order, "customer_note": "late", "date_modified_gmt": "2031-01-01T00:00:00"}
        await harness.deliver(harness.shop.change(order["id"], customer_note="now"))
        await harness.deliver(late)
        shown: Any = harness.warehouse.order(order["id"])
        assert shown.body.order_remark == "now"

    async def test_many_of_them_are_read_to_their_end(self, sqlite_harness: Harness) -> None:
        harness = sqlite_harness
        await harness.change_settings(harness.connection, page_size=2)
        for number, odd in enumerate(some_orders(harness, 7)):
            dated(harness, odd, f"2031-01-01T00:00:0{number}")
        await harness.poll()
        (today,) = some_orders(harness, 1)
        await harness.poll()
        assert len(numbers(harness)) == 8
        assert str(today["id"]) in numbers(harness)


class TestAShopWhoseClockWentBack:
    async def test_what_changed_since_is_found(self, harness: Harness) -> None:
        real = harness.clock.ahead
        harness.clock.ahead += timedelta(hours=1)  # the shop's own time, which its answers bear
        (first,) = some_orders(harness, 1)
        await harness.poll()
        place = {**(await cursor(harness)).cursor, "ahead": HOUR}
        async with harness.gateway.database.begin() as db:
            await cursor_rows.change(db, harness.connection.id, Process.ORDERS, cursor=place)
        harness.clock.ahead = real + timedelta(minutes=2)
        (missed,) = some_orders(harness, 1)
        await harness.poll()
        assert numbers(harness) == [str(first["id"]), str(missed["id"])]
        assert len(await subjects(harness, "clock-went-back")) == 1
        assert (await cursor(harness)).cursor["modified"] <= harness.clock().isoformat()

    async def test_a_cursor_in_the_time_to_come_follows_back(self, harness: Harness) -> None:
        (order,) = some_orders(harness, 1)
        async with harness.gateway.database.begin() as db:
            place = {"modified": "2031-01-01T00:00:00"}
            await cursor_rows.change(db, harness.connection.id, Process.ORDERS, cursor=place)
        await harness.poll()
        assert numbers(harness) == [str(order["id"])]
        assert (await last_run(harness)).state == "done"
        assert len(await subjects(harness, "clock-went-back")) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 1 00:00:00 GMT",
        "yesterday",
        "",
    ],
)
async def test_a_date_beyond_reckoning_is_no_clock(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    send = sqlite_harness.gateway.http.send

    async def sent(request: Any, **named: Any) -> Any:
        response = await send(request, **named)
        response.headers["Date"] = said
        return response

    monkeypatch.setattr(sqlite_harness.gateway.http, "send", sent)
    (order,) = some_orders(sqlite_harness, 1)
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == [str(order["id"])]
    place = await cursor(sqlite_harness)
    assert (place.failures, place.cursor["modified"]) == (0, order["date_modified_gmt"])
    assert datetime.fromisoformat(place.cursor["modified"]).replace(tzinfo=UTC) <= sqlite_harness.clock()
