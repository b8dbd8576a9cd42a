"""Orders of the WMS: one that cannot be stored stops no other, and an older read does not undo what a newer one showed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.polling import shipments
from app.records import mappings
from app.records.mappings import SeenStatus
from app.storage.tables import alerts
from tests.engine.polling.poll_steps import last_run, some_orders
from tests.harness import Harness


async def test_an_order_that_cannot_be_stored_is_left_out_and_named(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    await harness.change_settings(harness.connection, processes={"shipments": True})
    orders = some_orders(harness, 3)
    for order in orders:
        await harness.deliver(order)
        harness.warehouse.model.ship(str(order["id"]), f"WB-{order['id']}")
    real = shipments.store_delivery

    async def odd(db: Any, connection: Any, mapping: Any, order: Any, *more: Any) -> Any:
        if order.number == str(orders[1]["id"]):
            raise ArithmeticError("odd")
        return await real(db, connection, mapping, order, *more)

    monkeypatch.setattr(shipments, "store_delivery", odd)
    await harness.poll("shipments")
    shown = [harness.shop.shown(order["id"])["status"] for order in orders]
    assert shown == ["completed", "processing", "completed"]
    assert (await last_run(harness)).state == "done"
    found = await harness.stored.rows(select(alerts.c.kind, alerts.c.text).where(alerts.c.kind == "not-stored"))
    assert [row.text for row in found] == [
        f"The gateway could not keep order {orders[1]['id']} of the warehouse; its log has the details"
    ]


async def test_an_older_read_does_not_take_the_place_of_a_newer_status(harness: Harness) -> None:
    (order,) = some_orders(harness, 1)
    await harness.deliver(order)
    mapping, now = await harness.stored.mapping(order["id"]), harness.clock()
    shown = []
    for status, read_at in ((450, now), (300, now - timedelta(seconds=1)), (500, now + timedelta(seconds=1))):
        async with harness.gateway.database.begin() as db:
            await mappings.store_status(db, mapping.id, now, SeenStatus(status, None, read_at))
        shown.append((await harness.stored.mapping(order["id"])).warehouse_status)
    assert shown == [450, 450, 500]
