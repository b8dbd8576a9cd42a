"""Which orders a poll of shipments reads in the warehouse."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.storage.tables import mappings
from tests.engine.polling.shipment_steps import (
    ON,
    in_warehouse,
    notes,
    status,
    status_writes,
)
from tests.harness import Harness


class TestWhatIsRead:
    async def test_a_connection_without_orders_in_the_warehouse_reads_nothing(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)

        await bare_harness.poll("shipments")

        assert bare_harness.warehouse.calls() == []

    async def test_older_orders_of_the_goods_owner_are_not_read_again_and_again(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        for sku in ("A", "B", "C"):
            old = await in_warehouse(bare_harness, (sku, 1))
            bare_harness.warehouse.model.ship(old["number"])
        async with bare_harness.gateway.database.begin() as db:
            await db.execute(update(mappings).values(wms_id=None))  # as if another system had sent them, long ago
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")

        listed = [
            call for call in bare_harness.warehouse.calls() if dict(call.query).get("onlyOrdersWithOrderLinesToReport") == "true"
        ]
        assert max(len(call.answer) for call in listed) == 1
        assert status(bare_harness, order) == "completed"

    async def test_two_shops_of_one_goods_owner_each_hear_of_their_own(self, bare_harness: Harness) -> None:
        first = await bare_harness.connect("first", processes=ON, order_number_prefix="A-")
        second = await bare_harness.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
        mine, other = bare_harness.shop.order("SOKK-1"), bare_harness.shop.order("SOKK-1")
        await bare_harness.deliver(mine, connection=first)
        await bare_harness.deliver(other, connection=second)
        bare_harness.warehouse.model.ship(f"A-{mine['number']}", "70300001")
        bare_harness.warehouse.model.ship(f"B-{other['number']}", "70300002")

        await bare_harness.poll("shipments", first)
        assert (status(bare_harness, mine), status(bare_harness, other)) == ("completed", "processing")

        await bare_harness.poll("shipments", second)
        assert status(bare_harness, other) == "completed"
        assert [len(notes(bare_harness, each)) for each in (mine, other)] == [1, 1]

    async def test_reading_goes_on_where_the_slice_ended(self, bare_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        await bare_harness.connect(processes=ON, warehouse={"page_size": 1})
        orders = [await in_warehouse(bare_harness, (f"SOKK-{number}", 1)) for number in range(4)]
        for number, order in enumerate(orders):
            bare_harness.warehouse.model.ship(order["number"], f"7030000{number}")
        monkeypatch.setattr(bare_harness.gateway.settings, "slice_seconds", 1e-4)
        await bare_harness.poll("shipments")
        for _ in range(20):
            bare_harness.tick(10)
            await bare_harness.work(sweep=True)
        monkeypatch.undo()
        await bare_harness.work(sweep=True)

        assert {status(bare_harness, order) for order in orders} == {"completed"}

    async def test_two_polls_that_see_the_same_report_once(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")
        await bare_harness.poll("shipments")
        await bare_harness.poll("shipments", sweep=True)

        assert (status_writes(bare_harness), len(notes(bare_harness, order))) == (["completed"], 1)

    async def test_our_own_writes_come_back_and_change_nothing(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        puts = len(bare_harness.warehouse.writes())

        bare_harness.tick()
        await bare_harness.deliver(bare_harness.shop.shown(order["id"]))
        await bare_harness.poll("shipments")

        assert len(bare_harness.warehouse.writes()) == puts
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"
        assert await bare_harness.stored.alerts() == []
