"""Never twice: notes and tracking entries are made anew by every call, so what may have been made is looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.dispatch import attempts, lane_worker
from app.sandbox.woocommerce.model.sales import tracking
from tests.house import House, open_house
from tests.wayback.shipments.dispatch import ON, drain_shop, in_warehouse, later, notes, reported, status, status_writes, told

NOTES = "/wp-json/wc/v3/orders/"
TRACKINGS = "/wp-json/wc-shipment-tracking/v3/"


class Ended(BaseException):
    """A worker that ends here, as with kill -9."""


def end_at(monkeypatch: pytest.MonkeyPatch, name: str, times: int = 1) -> None:
    left = [times]

    def failpoint(reached: str) -> None:
        if reached == name and left[0]:
            left[0] -= 1
            if not left[0]:
                raise Ended

    monkeypatch.setattr(attempts, "failpoint", failpoint)
    monkeypatch.setattr(lane_worker, "failpoint", failpoint)


async def shipped(house: House, **shipments: Any) -> dict[str, Any]:
    await house.connect(processes=ON, shipments={"tracking": "numbers", **shipments})
    order = await in_warehouse(house)
    house.warehouse.ship(order["number"], "70300001")
    return order


async def after_the_crash(house: House) -> None:
    house.wake_ups.waiting.clear()
    await house.expire_leases()
    await later(house, 3600)


def entries(house: House, order: dict[str, Any]) -> list[str]:
    """The tracking numbers that a plugin keeps with the order."""
    kept = [item["value"] for item in house.shown(order["id"])["meta_data"] if item["key"] == "_wc_shipment_tracking_items"]
    return [entry["tracking_number"] for value in kept for entry in value]


class TestNotes:
    @pytest.mark.parametrize("where", ["attempt-after-commit", "call-after-answer"])
    @pytest.mark.parametrize("call", [1, 2])
    async def test_a_worker_that_ends_at_a_call(
        self, house: House, monkeypatch: pytest.MonkeyPatch, where: str, call: int
    ) -> None:
        """The first call is the note, the second the status."""
        order = await shipped(house)
        with monkeypatch.context() as patched:
            end_at(patched, where, call)
            with pytest.raises(Ended):
                await house.poll("shipments")

        await after_the_crash(house)

        assert (len(notes(house, order)), status(house, order)) == (1, "completed")
        assert status_writes(house) == ["completed"]
        assert reported(house, order) == 1

    @pytest.mark.parametrize("where", ["claim-after-commit", "finish-before-commit", "finish-after-commit"])
    async def test_a_worker_that_ends_beside_them(self, house: House, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
        order = await shipped(house)
        with monkeypatch.context() as patched:
            end_at(patched, where)
            with pytest.raises(Ended):
                await house.poll("shipments")

        await after_the_crash(house)

        assert (len(notes(house, order)), status(house, order)) == (1, "completed")
        assert reported(house, order) == 1

    async def test_an_answer_that_got_lost_is_looked_up_when_the_call_must_be_over(self, house: House) -> None:
        order = await shipped(house)
        house.fail_shop("hang-up", method="POST", path=NOTES, times=1, after_write=True)
        await house.poll("shipments")
        assert (len(notes(house, order)), status(house, order)) == (1, "processing")
        house.tick(60)
        await house.work(sweep=True)
        assert status(house, order) == "processing"

        await later(house)

        assert (len(notes(house, order)), status(house, order)) == (1, "completed")
        assert await told(house, "tracking") == [("70300001", True)]

    async def test_a_call_that_never_got_there_is_made_again(self, house: House) -> None:
        order = await shipped(house)
        house.fail_shop("status", status=503, method="POST", path=NOTES, times=1)
        await house.poll("shipments")
        assert notes(house, order) == []

        await later(house)

        assert len(notes(house, order)) == 1

    async def test_two_parcels_that_come_while_a_note_is_unknown_are_told_once_each(self, house: House) -> None:
        order = await shipped(house)
        house.fail_shop("hang-up", method="POST", path=NOTES, times=1, after_write=True)
        await house.poll("shipments")
        house.warehouse.track(order["number"], "70300002")
        house.tick(60)
        await house.poll("shipments")

        await later(house)

        assert [text.partition("Sporing: ")[2] for text, _ in notes(house, order)] == ["70300001", "70300002"]

    async def test_two_workers_at_once(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        order = await shipped(house)
        send = attempts.RecordedCalls.write

        async def beside(self: attempts.RecordedCalls, *given: Any) -> Any:
            assert await lane_worker.drain(house.gateway, self.claimed.lease.key) == 0
            return await send(self, *given)

        monkeypatch.setattr(attempts.RecordedCalls, "write", beside)
        await house.poll("shipments")

        assert (len(notes(house, order)), status_writes(house)) == (1, ["completed"])

    async def test_a_shop_that_is_down_costs_the_order_no_try(self, house: House) -> None:
        order = await shipped(house)
        house.fail_shop("status", status=503)
        await house.poll("shipments")
        for _ in range(20):
            await later(house, 1000)
        house.mend()

        await later(house)

        assert (len(notes(house, order)), status(house, order)) == (1, "completed")
        assert "dead-letter" not in await house.alerts()


@pytest.mark.parametrize("plugin", ["advanced-shipment-tracking", "shipment-tracking"])
class TestPlugins:
    @pytest.fixture
    async def house(self, sqlite_database: str, tmp_path: Path, plugin: str) -> AsyncIterator[House]:
        async with open_house(sqlite_database, tmp_path, plugins=(plugin,)) as opened:
            yield opened

    @pytest.fixture
    async def order(self, house: House, plugin: str) -> dict[str, Any]:
        await house.connect(processes=ON, shipments={"tracking_via": plugin})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001", ("PK1",))
        return order

    async def test_numbers_are_entered_once_and_the_order_completed(self, house: House, order: dict[str, Any]) -> None:
        await house.poll("shipments")
        await house.poll("shipments")

        assert entries(house, order) == ["70300001", "PK1"]
        assert (status(house, order), status_writes(house), notes(house, order)) == ("completed", ["completed"], [])

    async def test_an_answer_that_got_lost(self, house: House, order: dict[str, Any]) -> None:
        house.fail_shop("hang-up", method="POST", path=TRACKINGS, times=1, after_write=True)
        await house.poll("shipments")
        assert entries(house, order) == ["70300001"]

        await later(house)

        assert entries(house, order) == ["70300001", "PK1"]
        assert status(house, order) == "completed"

    async def test_a_worker_that_ends_after_the_call(
        self, house: House, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            end_at(patched, "call-after-answer")
            with pytest.raises(Ended):
                await house.poll("shipments")

        await after_the_crash(house)

        assert entries(house, order) == ["70300001", "PK1"]
        assert status(house, order) == "completed"

    async def test_a_number_that_staff_have_entered_by_hand_is_not_entered_again(
        self, house: House, order: dict[str, Any], plugin: str
    ) -> None:
        add = tracking.add_own if plugin == "shipment-tracking" else tracking.add_advanced
        with house.shop.lock:
            add(house.shop.orders, order["id"], {"tracking_number": " 7030 0001", "tracking_provider": "Bring"})

        await house.poll("shipments")

        assert entries(house, order) == [" 7030 0001", "PK1"]

    async def test_a_further_number_later_is_entered_and_the_status_left(self, house: House, order: dict[str, Any]) -> None:
        await house.poll("shipments")
        house.tick(86400)
        house.warehouse.track(order["number"], "70300002")

        await house.poll("shipments")

        assert entries(house, order) == ["70300001", "PK1", "70300002"]
        assert status_writes(house) == ["completed"]


async def test_the_lane_of_one_shop_does_not_wait_for_another(house: House) -> None:
    first = await house.connect("first", processes=ON, order_number_prefix="A-")
    await house.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
    order = house.order("SOKK-1")
    await house.deliver(order, connection=first)
    house.warehouse.ship(f"A-{order['number']}", "70300001")
    await house.poll("shipments", first)
    await drain_shop(house)

    assert status(house, order) == "completed"
