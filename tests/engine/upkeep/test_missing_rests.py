"""A partly sent order whose rest does not come is told of once, by the clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.engine.operations import records
from app.engine.upkeep import missing_rests
from app.records import alerts
from app.storage.tables import alerts as alert_rows
from tests.engine.polling.shipment_steps import ON, in_warehouse, row
from tests.harness import Harness

DAY = 24 * 3600


async def sent_short(harness: Harness, **shipments: Any) -> dict[str, Any]:
    """Three of five socks, and the coffee."""
    await harness.connect(processes=ON, shipments={"tracking": "numbers", **shipments})
    order = await in_warehouse(harness, ("SOKK-1", 5), ("KAFFE-1", 1))
    harness.warehouse.model.pick(order["number"], {row(order): 3, row(order, 1): 1})
    harness.warehouse.model.ship(order["number"], "70300001")
    await harness.poll("shipments")
    return order


async def look(harness: Harness, after: int = 0) -> int:
    return await missing_rests.look(
        harness.gateway.database, {each.id: each for each in [harness.connection]}, after, harness.clock()
    )


async def told(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(alert_rows).where(alert_rows.c.kind == "rest-missing"))


async def open_ones(harness: Harness) -> list[bool]:
    async with harness.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=None, kind="rest-missing")
        return [about.is_partly_sent for about in (await alerts.records_of(db, found)).values()]


async def test_it_names_the_order_what_was_sent_and_what_is_missing(bare_harness: Harness) -> None:
    order = await sent_short(bare_harness)
    sent_on = bare_harness.clock()
    bare_harness.tick(14 * DAY)
    await look(bare_harness)

    (alert,) = await told(bare_harness)
    number = order["number"]
    assert alert.subject == f"shipments:{order['id']}"
    assert alert.text == (
        f"Order {number} was sent in part, and its rest has not come since {sent_on:%Y-%m-%d}. "
        "Sent: 3 of 5 SOKK-1, 1 of 1 KAFFE-1. Missing: 2 SOKK-1. "
        "Ask the warehouse. If the rest will not come, close the order with what was sent: "
        f"gateway close-short {number}"
    )


async def test_not_before_its_days_are_over(bare_harness: Harness) -> None:
    await sent_short(bare_harness)
    bare_harness.tick(14 * DAY - 3600)
    await look(bare_harness)
    assert await told(bare_harness) == []


async def test_once_for_each_order(bare_harness: Harness) -> None:
    await sent_short(bare_harness)
    for _ in range(3):
        bare_harness.tick(14 * DAY)
        await look(bare_harness)
    assert [alert.count for alert in await told(bare_harness)] == [1]


async def test_it_is_solved_when_the_order_is_closed(bare_harness: Harness) -> None:
    order = await sent_short(bare_harness)
    bare_harness.tick(14 * DAY)
    await look(bare_harness)
    assert await open_ones(bare_harness) == [True]
    await records.close_short(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id)
    await bare_harness.work()
    assert await open_ones(bare_harness) == [False]


async def test_the_days_are_a_setting_that_counts_at_once(bare_harness: Harness) -> None:
    await sent_short(bare_harness, rest_days=None)
    bare_harness.tick(30 * DAY)
    await look(bare_harness)
    assert await told(bare_harness) == []
    await bare_harness.change_settings(bare_harness.connection, shipments={"rest_days": 20})
    await look(bare_harness)
    assert len(await told(bare_harness)) == 1


async def test_the_sweeper_looks_every_minute(bare_harness: Harness) -> None:
    await sent_short(bare_harness)
    bare_harness.tick(15 * DAY)
    for _ in range(3):  # each sweep does one of its further tasks
        await bare_harness.work(sweep=True)
    assert len(await told(bare_harness)) == 1


async def test_many_are_walked_through_a_lot_at_a_time(bare_harness: Harness, monkeypatch: Any) -> None:
    monkeypatch.setattr(missing_rests, "AT_A_TIME", 1)
    await sent_short(bare_harness)
    bare_harness.tick(15 * DAY)
    after = await look(bare_harness)
    assert after > 0
    assert await look(bare_harness, after) == 0
    assert len(await told(bare_harness)) == 1
