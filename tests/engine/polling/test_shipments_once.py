"""Never twice: notes and tracking entries are made anew by every call, so what may have been made is looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.dispatch import lane_worker
from app.engine.operations import records
from app.records.connection_lanes import shop_lane
from app.sandbox.woocommerce.model.sales import tracking
from tests.engine.polling.shipment_steps import (
    ON,
    drain_shop,
    in_warehouse,
    later,
    notes,
    reported,
    row,
    status,
    status_writes,
    told,
)
from tests.harness import Harness, open_harness
from tests.steering import Ended, beside_call, ended_at

NOTES = "/wp-json/wc/v3/orders/"
TRACKINGS = "/wp-json/wc-shipment-tracking/v3/"


async def shipped(harness: Harness, **shipments: Any) -> dict[str, Any]:
    await harness.connect(processes=ON, shipments={"tracking": "numbers", **shipments})
    order = await in_warehouse(harness)
    harness.warehouse.model.ship(order["number"], "70300001")
    return order


async def after_the_crash(harness: Harness) -> None:
    harness.wake_ups.waiting.clear()
    await harness.stored.expire_leases()
    await later(harness, 3600)


def entries(harness: Harness, order: dict[str, Any]) -> list[str]:
    """The tracking numbers that a plugin keeps with the order."""
    kept = [
        item["value"] for item in harness.shop.shown(order["id"])["meta_data"] if item["key"] == "_wc_shipment_tracking_items"
    ]
    return [entry["tracking_number"] for value in kept for entry in value]


class TestNotes:
    @pytest.mark.parametrize("where", ["attempt-after-commit", "call-after-answer"])
    @pytest.mark.parametrize("call", [1, 2])
    async def test_a_worker_that_ends_at_a_call(
        self, bare_harness: Harness, monkeypatch: pytest.MonkeyPatch, where: str, call: int
    ) -> None:
        """The first call is the note, the second the status."""
        order = await shipped(bare_harness)
        with ended_at(where, call), pytest.raises(Ended):
            await bare_harness.poll("shipments")

        await after_the_crash(bare_harness)

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")
        assert status_writes(bare_harness) == ["completed"]
        assert reported(bare_harness, order) == 1

    @pytest.mark.parametrize("where", ["claim-after-commit", "finish-before-commit", "finish-after-commit"])
    async def test_a_worker_that_ends_beside_them(
        self, bare_harness: Harness, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        order = await shipped(bare_harness)
        with ended_at(where), pytest.raises(Ended):
            await bare_harness.poll("shipments")

        await after_the_crash(bare_harness)

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")
        assert reported(bare_harness, order) == 1

    @pytest.mark.parametrize("fault", [{"kind": "hang-up"}, {"kind": "status", "status": 504}, {"kind": "status", "status": 524}])
    async def test_an_answer_that_got_lost_is_looked_up_when_the_call_must_be_over(
        self, bare_harness: Harness, fault: dict[str, Any]
    ) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail(method="POST", path=NOTES, times=1, after_write=True, **fault)
        await bare_harness.poll("shipments")
        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "processing")
        bare_harness.tick(60)
        await bare_harness.work(sweep=True)
        assert status(bare_harness, order) == "processing"

        await later(bare_harness)

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")
        assert await told(bare_harness, "tracking") == [("70300001", True)]

    async def test_a_write_whose_answer_has_messages_around_it_is_done(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        for method in ("POST", "PUT"):
            bare_harness.shop.fail(
                "messages", method=method, path=NOTES, text="\nNotice: Undefined offset: [0] in a.php on line 3\n"
            )

        await bare_harness.poll("shipments")

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")
        assert status_writes(bare_harness) == ["completed"]
        assert await told(bare_harness, "tracking") == [("70300001", True)]
        await bare_harness.gateway.daily.settle()
        assert await bare_harness.stored.alerts() == ["odd-answers"]

    async def test_a_call_that_never_got_there_is_made_again(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail("status", status=503, method="POST", path=NOTES, times=1)
        await bare_harness.poll("shipments")
        assert notes(bare_harness, order) == []

        await later(bare_harness)

        assert len(notes(bare_harness, order)) == 1

    async def test_two_parcels_that_come_while_a_note_is_unknown_are_told_once_each(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail("hang-up", method="POST", path=NOTES, times=1, after_write=True)
        await bare_harness.poll("shipments")
        bare_harness.warehouse.model.track(order["number"], "70300002")
        bare_harness.tick(60)
        await bare_harness.poll("shipments")

        await later(bare_harness)

        assert [text.partition("Sporing: ")[2] for text, _ in notes(bare_harness, order)] == ["70300001", "70300002"]

    async def test_an_operator_asks_again_while_a_call_may_be_under_way(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail("hang-up", method="POST", path=NOTES, times=1)
        await bare_harness.poll("shipments")
        calls = len(bare_harness.shop.calls("/wp-json/wc/v3/orders/"))
        mapping = await bare_harness.stored.mapping(order["id"])

        await records.resync(bare_harness.gateway, mapping.id)
        await bare_harness.work()

        made = bare_harness.shop.calls("/wp-json/wc/v3/orders/")[calls:]
        assert [call.method for call in made if call.path.endswith("/notes")] == []
        await later(bare_harness)
        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")

    @pytest.mark.parametrize(
        "change", [{"note_text": "Sendt. Sporing: {tracking}"}, {"tracking": "both"}, {"note_to_customer": False}], ids=str
    )
    async def test_settings_change_while_a_note_is_unknown(self, bare_harness: Harness, change: dict[str, Any]) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail("hang-up", method="POST", path=NOTES, times=1, after_write=True)
        await bare_harness.poll("shipments")
        await bare_harness.change_settings(bare_harness.connection, shipments={"tracking": "numbers", **change})

        await later(bare_harness)

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")

    async def test_the_text_for_a_short_shipment_changes_while_its_note_is_unknown(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"tracking": "none", "partial_deliveries": "none"})
        order = await in_warehouse(bare_harness, ("SOKK-1", 3))
        bare_harness.warehouse.model.pick(order["number"], {row(order): 1})
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.fail("hang-up", method="POST", path=NOTES, times=1, after_write=True)
        await bare_harness.poll("shipments")
        assert len(notes(bare_harness, order, "Delvis sendt")) == 1
        changed = {"tracking": "none", "partial_deliveries": "none", "short_note_text": "Mangler: {lines}"}
        await bare_harness.change_settings(bare_harness.connection, shipments=changed)

        await later(bare_harness)

        told_of = [text for text, _ in notes(bare_harness, order, "") if text.startswith(("Delvis", "Mangler"))]
        assert len(told_of) == 1

    async def test_two_workers_at_once(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        turns: list[int] = []

        async def another() -> None:
            turns.append(await lane_worker.drain(bare_harness.gateway, shop_lane(bare_harness.connection.id)))

        with beside_call(bare_harness, "POST", "/notes", before=another):
            await bare_harness.poll("shipments")

        assert turns == [0]
        assert (len(notes(bare_harness, order)), status_writes(bare_harness)) == (1, ["completed"])

    async def test_a_shop_that_is_down_costs_the_order_no_try(self, bare_harness: Harness) -> None:
        order = await shipped(bare_harness)
        bare_harness.shop.fail("status", status=503)
        await bare_harness.poll("shipments")
        for _ in range(20):
            await later(bare_harness, 1000)
        bare_harness.mend()

        await later(bare_harness)

        assert (len(notes(bare_harness, order)), status(bare_harness, order)) == (1, "completed")
        assert "dead-letter" not in await bare_harness.stored.alerts()


class TestTheWayOfTellingChanges:
    """Between a call whose answer was lost and the next try, the shop gets a tracking plugin, or loses it."""

    PLUGIN = "shipment-tracking"

    @pytest.mark.parametrize("after_write", [True, False])
    async def test_from_notes_to_entries(self, sqlite_database: str, tmp_path: Path, after_write: bool) -> None:
        async with open_harness(sqlite_database, tmp_path, plugins=(self.PLUGIN,)) as harness:
            order = await shipped(harness, tracking_via="note")
            harness.shop.fail("hang-up", method="POST", path=NOTES, times=1, after_write=after_write)
            await harness.poll("shipments")
            await harness.change_settings(harness.connection, shipments={"tracking_via": self.PLUGIN})

            await later(harness)

            told_by = (len(notes(harness, order)), entries(harness, order), status(harness, order))
            assert told_by == ((1, [], "completed") if after_write else (0, ["70300001"], "completed"))

    @pytest.mark.parametrize("after_write", [True, False])
    async def test_from_entries_to_notes(self, sqlite_database: str, tmp_path: Path, after_write: bool) -> None:
        async with open_harness(sqlite_database, tmp_path, plugins=(self.PLUGIN,)) as harness:
            order = await shipped(harness, tracking_via=self.PLUGIN)
            harness.shop.fail("hang-up", method="POST", path=TRACKINGS, times=1, after_write=after_write)
            await harness.poll("shipments")
            await harness.change_settings(harness.connection, shipments={"tracking": "numbers", "tracking_via": "note"})

            await later(harness)

            told_by = (len(notes(harness, order)), entries(harness, order), status(harness, order))
            assert told_by == ((0, ["70300001"], "completed") if after_write else (1, [], "completed"))


@pytest.mark.parametrize("plugin", ["advanced-shipment-tracking", "shipment-tracking"])
class TestPlugins:
    @pytest.fixture
    async def harness(self, sqlite_database: str, tmp_path: Path, plugin: str) -> AsyncIterator[Harness]:
        async with open_harness(sqlite_database, tmp_path, plugins=(plugin,)) as opened:
            yield opened

    @pytest.fixture
    async def order(self, harness: Harness, plugin: str) -> dict[str, Any]:
        await harness.connect(processes=ON, shipments={"tracking_via": plugin})
        order = await in_warehouse(harness)
        harness.warehouse.model.ship(order["number"], "70300001", ("PK1",))
        return order

    async def test_numbers_are_entered_once_and_the_order_completed(self, harness: Harness, order: dict[str, Any]) -> None:
        await harness.poll("shipments")
        await harness.poll("shipments")

        assert entries(harness, order) == ["70300001", "PK1"]
        assert (status(harness, order), status_writes(harness), notes(harness, order)) == (
            "completed",
            ["completed"],
            [],
        )

    async def test_an_answer_that_got_lost(self, harness: Harness, order: dict[str, Any]) -> None:
        harness.shop.fail("hang-up", method="POST", path=TRACKINGS, times=1, after_write=True)
        await harness.poll("shipments")
        assert entries(harness, order) == ["70300001"]

        await later(harness)

        assert entries(harness, order) == ["70300001", "PK1"]
        assert status(harness, order) == "completed"

    async def test_a_worker_that_ends_after_the_call(
        self, harness: Harness, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ended_at("call-after-answer"), pytest.raises(Ended):
            await harness.poll("shipments")

        await after_the_crash(harness)

        assert entries(harness, order) == ["70300001", "PK1"]
        assert status(harness, order) == "completed"

    async def test_a_number_that_staff_have_entered_by_hand_is_not_entered_again(
        self, harness: Harness, order: dict[str, Any], plugin: str
    ) -> None:
        add = tracking.add_own if plugin == "shipment-tracking" else tracking.add_advanced
        with harness.shop.model.lock:
            add(harness.shop.model.orders, order["id"], {"tracking_number": " 7030 0001", "tracking_provider": "Bring"})

        await harness.poll("shipments")

        assert entries(harness, order) == [" 7030 0001", "PK1"]

    async def test_a_further_number_later_is_entered_and_the_status_left(self, harness: Harness, order: dict[str, Any]) -> None:
        await harness.poll("shipments")
        harness.tick(86400)
        harness.warehouse.model.track(order["number"], "70300002")

        await harness.poll("shipments")

        assert entries(harness, order) == ["70300001", "PK1", "70300002"]
        assert status_writes(harness) == ["completed"]


async def test_the_lane_of_one_shop_does_not_wait_for_another(bare_harness: Harness) -> None:
    first = await bare_harness.connect("first", processes=ON, order_number_prefix="A-")
    await bare_harness.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
    order = bare_harness.shop.order("SOKK-1")
    await bare_harness.deliver(order, connection=first)
    bare_harness.warehouse.model.ship(f"A-{order['number']}", "70300001")
    await bare_harness.poll("shipments", first)
    await drain_shop(bare_harness)

    assert status(bare_harness, order) == "completed"
