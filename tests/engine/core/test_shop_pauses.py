"""A shop that hiccups is asked again soon: its pauses are short, end with any good answer, and are shown."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.domain import Kind
from app.engine.core import circuit
from app.engine.operations import connection_test, lanes
from app.engine.operations.explaining.record import explain
from app.errors import LoginRefused, RateLimited, Unavailable
from app.records import mappings
from app.records.connection_lanes import shop_lane
from app.settings import Settings
from app.storage.tables import alerts as alert_rows
from tests.engine.polling.shipment_steps import ON, in_warehouse, status
from tests.harness import Harness

ORDERS = "/wp-json/wc/v3/orders"


async def refused_report(harness: Harness) -> dict[str, Any]:
    """An order that was sent, while the shop's firewall answers 403."""
    await harness.change_settings(harness.connection, processes=ON, shipments={"tracking": "none"})
    order = await in_warehouse(harness)
    harness.warehouse.model.ship(order["number"], "70300001")
    harness.shop.fail("status", status=403, path=ORDERS)
    await harness.poll("shipments")
    assert status(harness, order) == "processing"
    return order


async def paused(harness: Harness) -> list[lanes.Blocked]:
    (lane,) = [each for each in await lanes.every(harness.gateway) if each.key == shop_lane(harness.connection.id)]
    return [each for each in lane.blocked if each.until is not None]


@pytest.mark.parametrize(("earlier", "seconds"), [(0, 5), (1, 10), (2, 20), (3, 20), (500, 20)])
def test_pauses_double_from_seconds(earlier: int, seconds: float) -> None:
    error = LoginRefused("403", system="the shop", call="GET /", status=403)
    assert circuit.shop_pause(error, earlier, Settings()).total_seconds() == seconds


@pytest.mark.parametrize(("asked", "seconds"), [(None, 5), (-1, 5), (2, 5), (120, 120), (86_400, 3600)])
def test_a_shop_that_names_a_time_is_left_alone_for_so_long(asked: float | None, seconds: float) -> None:
    error = RateLimited("429", system="the shop", call="GET /", retry_after=asked)
    assert circuit.shop_pause(error, 0, Settings()).total_seconds() == seconds


async def test_a_403_pauses_for_seconds_and_the_report_goes_out(sqlite_harness: Harness) -> None:
    order = await refused_report(sqlite_harness)
    (blocked,) = await paused(sqlite_harness)
    assert blocked.call == "GET shop order"
    assert blocked.until is not None
    assert 0 < (blocked.until - sqlite_harness.clock()).total_seconds() <= 5
    (goods_owner,) = [each for each in await lanes.every(sqlite_harness.gateway) if each.key == sqlite_harness.connection.lane]
    assert goods_owner.blocked == (), "the way into the warehouse is free"
    sqlite_harness.mend()
    sqlite_harness.tick(10)
    await sqlite_harness.work(sweep=True)
    assert status(sqlite_harness, order) == "completed"


async def test_after_a_long_outage_the_report_goes_out_within_half_a_minute(sqlite_harness: Harness) -> None:
    order = await refused_report(sqlite_harness)
    for _ in range(60):
        sqlite_harness.tick(10)
        await sqlite_harness.work(sweep=True)
    job = await sqlite_harness.stored.job(order["id"], process="shipments")
    assert (job.state, job.tries) == ("parked", 0)
    sqlite_harness.mend()
    for _ in range(3):
        sqlite_harness.tick(10)
        await sqlite_harness.work(sweep=True)
    assert status(sqlite_harness, order) == "completed"


async def failing_writes(harness: Harness, seconds: int) -> dict[str, Any]:
    """An order that was sent, while the shop answers its reads well and fails over every change of an order."""
    await harness.change_settings(harness.connection, processes=ON, shipments={"tracking": "none"})
    order = await in_warehouse(harness)
    harness.warehouse.model.ship(order["number"], "70300001")
    harness.shop.fail("status", status=500, method="PUT", path=ORDERS)
    await harness.poll("shipments")
    for _ in range(seconds // 10):
        harness.tick(10)
        await harness.work(sweep=True)
    assert status(harness, order) == "processing"
    return order


async def test_a_shop_whose_writes_fail_while_its_reads_work_gets_its_reports_soon_after(sqlite_harness: Harness) -> None:
    order = await failing_writes(sqlite_harness, 1200)
    job = await sqlite_harness.stored.job(order["id"], process="shipments")
    assert (job.state, job.tries) == ("parked", 2)  # those before the method rested
    sqlite_harness.mend()
    for _ in range(3):
        sqlite_harness.tick(10)
        await sqlite_harness.work(sweep=True)
    assert status(sqlite_harness, order) == "completed"


async def test_a_write_that_fails_for_hours_is_given_up_and_told_of(sqlite_harness: Harness) -> None:
    order = await failing_writes(sqlite_harness, 60)
    for _ in range(30):
        sqlite_harness.tick(1000)
        await sqlite_harness.work(sweep=True)
    job = await sqlite_harness.stored.job(order["id"], process="shipments")
    assert (job.state, job.reason_code) == ("dead", "given-up")
    assert "dead-letter" in await sqlite_harness.stored.alerts()


async def test_a_good_test_of_the_connection_ends_the_pause(sqlite_harness: Harness) -> None:
    order = await refused_report(sqlite_harness)
    sqlite_harness.shop.mend()
    sqlite_harness.shop.fail("status", status=429, retry_after="600", path=ORDERS, times=1)
    sqlite_harness.tick(10)
    await sqlite_harness.work(sweep=True)
    assert await paused(sqlite_harness)
    await connection_test.test(sqlite_harness.gateway, sqlite_harness.connection)
    assert not await paused(sqlite_harness)
    assert status(sqlite_harness, order) == "processing"  # its own Retry-After is not over


async def test_a_good_poll_ends_the_pause_and_wakes_the_reports(sqlite_harness: Harness) -> None:
    order = await refused_report(sqlite_harness)
    sqlite_harness.mend()
    sqlite_harness.gateway.circuits.forget(circuit.of_source(sqlite_harness.connection))
    await sqlite_harness.poll("orders")
    assert not await paused(sqlite_harness)
    sqlite_harness.tick(5)
    await sqlite_harness.work(sweep=True)
    assert status(sqlite_harness, order) == "completed"


async def test_the_mapping_says_what_is_paused_by_what_and_until_when(sqlite_harness: Harness) -> None:
    order = await refused_report(sqlite_harness)
    async with sqlite_harness.gateway.database.read() as db:
        mapping = await mappings.by_source(db, sqlite_harness.connection.id, Kind.ORDER, str(order["id"]))
    assert mapping is not None
    found = (await explain(sqlite_harness.gateway, mapping)).next
    (blocked,) = await paused(sqlite_harness)
    assert (found.code, found.at) == ("method-paused", blocked.until)
    assert f"GET shop order is paused until {blocked.until:%H:%M:%S} UTC after a failed call: " in found.text
    assert "403" in found.text
    assert found.text.endswith("It goes on at once when the shop answers any call well")


async def test_the_connection_and_the_alert_say_it_too(sqlite_harness: Harness) -> None:
    await refused_report(sqlite_harness)
    async with sqlite_harness.gateway.database.read() as db:
        (found,) = await lanes.paused_calls(db, sqlite_harness.connection, sqlite_harness.clock())
    until = f"{found.until:%H:%M:%S} UTC"
    assert found.words.startswith(f"GET shop order is paused until {until} after a failed call: ")
    assert found.fix == "any good answer of the shop ends it, also to a connection test"
    (alert,) = await sqlite_harness.stored.rows(select(alert_rows))
    assert alert.kind == "login-refused"
    assert f". GET shop order is paused until {until}" in str(alert._mapping)


async def test_the_warehouse_keeps_its_long_pauses(sqlite_harness: Harness) -> None:
    error = Unavailable("500", system="Ongoing WMS", call="PUT /orders", status=500)
    settings, now = sqlite_harness.gateway.settings, sqlite_harness.clock()
    async with sqlite_harness.gateway.database.begin() as db:
        untils = [await circuit.count_failure(db, "wms|user|PUT", "lane", error, now, settings) for _ in range(3)]
    assert [until and (until - now).total_seconds() for until in untils] == [None, None, 300]
