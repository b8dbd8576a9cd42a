"""Shipments to the shop: completed at the right moment, each tracking number once, and the warehouse told what the shop knows."""

from __future__ import annotations

from typing import Any

import pytest

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
from tests.harness import Harness


class TestWhen:
    async def test_by_default_an_order_is_completed_when_its_tracking_number_is_there(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness, ("SOKK-1", 2))
        bare_harness.warehouse.model.ship(order["number"])
        await bare_harness.poll("shipments")
        assert status(bare_harness, order) == "processing"
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "waiting"

        bare_harness.warehouse.model.track(order["number"], "70300001")
        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"
        assert notes(bare_harness, order) == [
            (f"Ordre {order['number']} er sendt. Sporing: 70300001 (https://carrier.example/70300001)", True)
        ]
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    @pytest.mark.parametrize(("when", "moment"), [("booked", 450), ("sent", 450), ("collected", 500)])
    async def test_or_at_another_moment_of_the_warehouse(self, bare_harness: Harness, when: str, moment: int) -> None:
        await bare_harness.connect(processes=ON, shipments={"complete_when": when})
        order = await in_warehouse(bare_harness)
        for earlier in [each for each in (320, 400, 450) if each < moment]:
            bare_harness.warehouse.model.set_order_status(order["number"], earlier)
            await bare_harness.poll("shipments")
            assert status(bare_harness, order) == "processing"

        bare_harness.warehouse.model.set_order_status(order["number"], moment)
        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"

    async def test_a_label_that_is_printed_before_the_order_is_sent_completes_nothing(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.pick(order["number"])
        bare_harness.warehouse.model.track(order["number"], "70300001")

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), notes(bare_harness, order)) == ("processing", [])

    async def test_the_shops_own_word_for_shipped_is_a_setting(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"completed_status": "on-hold"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")

        assert status_writes(bare_harness) == ["on-hold"]

    async def test_switched_off_nothing_is_read_or_told(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes={**ON, "shipments": False})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        calls = len(bare_harness.warehouse.calls())

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "processing"
        assert len(bare_harness.warehouse.calls()) == calls

    async def test_switched_on_later_what_was_shipped_before_is_told_too(self, bare_harness: Harness) -> None:
        connection = await bare_harness.connect(processes={**ON, "shipments": False})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.change_settings(connection, processes=ON)

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"

    async def test_an_order_that_needs_no_picking_is_found_by_its_status(self, bare_harness: Harness) -> None:
        """It never is on the work list, which has what was picked."""
        await bare_harness.connect(
            processes=ON, shipments={"complete_when": "sent", "partial_deliveries": "goods-owner-controlled"}
        )
        order = await in_warehouse(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        found.lines[0].body = found.lines[0].body.model_copy(update={"should_be_picked": False})
        bare_harness.tick()
        bare_harness.warehouse.model.set_order_status(order["number"], 450)

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"


class TestTracking:
    @pytest.mark.parametrize(
        ("shown", "text"),
        [
            ("numbers", "Sporing: 70300001"),
            ("links", "Sporing: https://carrier.example/70300001"),
            ("both", "Sporing: 70300001 (https://carrier.example/70300001)"),
        ],
    )
    async def test_numbers_links_or_both(self, bare_harness: Harness, shown: str, text: str) -> None:
        await bare_harness.connect(processes=ON, shipments={"tracking": shown, "note_to_customer": False})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")

        assert notes(bare_harness, order) == [(f"Ordre {order['number']} er sendt. {text}", False)]

    async def test_or_none_and_completed_all_the_same(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"tracking": "none"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), notes(bare_harness, order)) == ("completed", [])

    async def test_several_parcels_are_one_note(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"tracking": "numbers"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], None, ("PK1", "PK2"))

        await bare_harness.poll("shipments")

        assert notes(bare_harness, order) == [(f"Ordre {order['number']} er sendt. Sporing: PK1, PK2", True)]
        assert await told(bare_harness, "tracking") == [("PK1", True), ("PK2", True)]

    async def test_a_number_that_comes_days_later_is_told_and_those_before_are_not_told_again(
        self, bare_harness: Harness
    ) -> None:
        await bare_harness.connect(processes=ON, shipments={"tracking": "numbers"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        bare_harness.tick(2 * 86400)
        bare_harness.warehouse.model.track(order["number"], "70300002")

        await bare_harness.poll("shipments")
        await bare_harness.poll("shipments")

        texts = [text for text, _ in notes(bare_harness, order)]
        assert [text.partition("Sporing: ")[2] for text in texts] == ["70300001", "70300002"]
        assert status_writes(bare_harness) == ["completed"]

    async def test_a_sent_order_is_read_the_less_often_the_longer_nothing_changes(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        reads = 0
        for _ in range(4 * 24):
            bare_harness.tick(900)
            before = len(_watched(bare_harness))
            await bare_harness.poll("shipments")
            reads += len(_watched(bare_harness)) - before

        assert 24 < reads < 60  # of 96 polls: every one in the first hours, then every hour

    async def test_after_its_time_it_is_read_no_more(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"watch_days": 1})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        bare_harness.tick(2 * 86400)
        before = len(_watched(bare_harness))

        await bare_harness.poll("shipments")

        assert len(_watched(bare_harness)) == before

    async def test_a_return_label_is_no_tracking_number(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"])
        bare_harness.warehouse.model.label_return(order["number"], "R-999")

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), notes(bare_harness, order)) == ("processing", [])


class TestAcknowledgement:
    async def test_the_quantity_that_was_read_is_confirmed_line_by_line_once_the_shop_knows(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness, ("SOKK-1", 2), ("SOKK-2", 3))
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")

        calls = [call for call in bare_harness.warehouse.calls() if call.method == "PATCH"]
        assert sorted(call.body["reportedNumberOfItems"] for call in calls) == [2, 3]
        assert not any("setReported" in call.path for call in calls)
        assert (reported(bare_harness, order), reported(bare_harness, order, 1)) == (2, 3)

    async def test_while_the_shop_does_not_know_the_warehouse_hears_nothing(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.fail("status", status=503)

        await bare_harness.poll("shipments")

        assert reported(bare_harness, order) is None

    async def test_a_pick_made_in_between_is_told_later(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"complete_when": "sent"})
        order = await in_warehouse(bare_harness, ("SOKK-1", 5))
        bare_harness.warehouse.model.pick(order["number"], {row(order): 3})
        bare_harness.warehouse.model.ship(order["number"])
        bare_harness.shop.fail("status", status=503, times=1)
        await bare_harness.poll("shipments")
        bare_harness.warehouse.model.pick(order["number"], {row(order): 5})
        await later(bare_harness, 130)
        await drain_shop(bare_harness)
        assert reported(bare_harness, order) == 3
        assert status(bare_harness, order) == "processing"

        bare_harness.tick(60)
        await bare_harness.poll("shipments")

        assert (reported(bare_harness, order), status(bare_harness, order)) == (5, "completed")

    async def test_the_warehouse_refusing_it_is_shown_and_costs_the_shop_nothing(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.warehouse.fail("status", status=400, method="PATCH")

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"
        assert (await bare_harness.stored.job(order["id"], "acknowledgements")).state == "dead"
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_one_write_at_a_time_goes_to_the_warehouse(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        for number in range(5):
            order = await in_warehouse(bare_harness, (f"SOKK-{number}", 2))
            bare_harness.warehouse.model.ship(order["number"], f"7030000{number}")

        await bare_harness.poll("shipments")

        assert bare_harness.warehouse.model.concurrency == {77: 1}
        assert status_writes(bare_harness) == ["completed"] * 5


class TestTheShopDecidedOtherwise:
    async def test_an_order_completed_by_hand_is_not_completed_again(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.model.change_order(order["id"], {"status": "completed"})

        await bare_harness.poll("shipments")

        assert status_writes(bare_harness) == []
        assert len(notes(bare_harness, order)) == 1
        assert reported(bare_harness, order) == 1

    async def test_a_cancelled_order_is_held_and_left_as_it_is(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.model.change_order(order["id"], {"status": "cancelled"})

        await bare_harness.poll("shipments")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (status(bare_harness, order), status_writes(bare_harness), notes(bare_harness, order)) == ("cancelled", [], [])
        assert (mapping.delivery, mapping.delivery_code) == ("held", "not-open-in-shop")
        assert reported(bare_harness, order) is None
        assert "held" in await bare_harness.stored.alerts()

    async def test_the_reason_of_a_late_cancellation_follows_the_warehouse(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await _cancelled_too_late(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await bare_harness.poll("shipments")
        await bare_harness.work(sweep=True)

        mapping, job = await bare_harness.stored.mapping(order["id"]), await bare_harness.stored.job(order["id"])
        words = (
            "The shop has cancelled the order, but the warehouse has sent it (status 450 Sent). Take the goods back as a return"
        )
        assert mapping.reason.startswith(words)
        assert (job.state, job.reason) == ("held", mapping.reason)
        assert (mapping.wanted, mapping.transfer, mapping.reason_code) == ("absent", "held", "too-late-to-cancel")

    async def test_one_that_the_warehouse_stops_after_all_is_settled_by_itself(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await _cancelled_too_late(bare_harness)
        bare_harness.warehouse.model.set_order_status(order["number"], 1000)

        await bare_harness.poll("shipments")
        await bare_harness.work(sweep=True)

        mapping, job = await bare_harness.stored.mapping(order["id"]), await bare_harness.stored.job(order["id"])
        assert (mapping.transfer, mapping.reason_code, job.state) == ("sent", "cancelled", "done")
        assert await bare_harness.stored.all_ended()

    async def test_a_cancelled_status_of_the_shops_own_closes_the_order_too(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, cancelled_statuses=["cancelled", "angret"])
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.model.change_order(order["id"], {"status": "angret"})

        await bare_harness.poll("shipments")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (status(bare_harness, order), status_writes(bare_harness), notes(bare_harness, order)) == ("angret", [], [])
        assert (mapping.delivery, mapping.delivery_code) == ("held", "not-open-in-shop")
        assert reported(bare_harness, order) is None

    async def test_one_that_is_cancelled_while_it_is_being_completed_is_not_taken_for_completed(
        self, bare_harness: Harness
    ) -> None:
        """Looked at as processing; when its status is written it is in the trash."""
        await bare_harness.connect(processes=ON, shipments={"tracking": "none"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        source = bare_harness.gateway.source(bare_harness.connection)
        complete = source.complete  # type: ignore[attr-defined]

        async def trashed_first(source_id: str) -> object:
            bare_harness.shop.model.trash_order(order["id"])
            return await complete(source_id)

        source.complete = trashed_first  # type: ignore[attr-defined]
        await bare_harness.poll("shipments")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (mapping.delivery, mapping.completed_at, status_writes(bare_harness)) == ("held", None, [])

    async def test_an_order_deleted_for_good_is_acknowledged_and_done(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        bare_harness.shop.model.delete_order(order["id"])

        await bare_harness.poll("shipments")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (mapping.delivery, mapping.delivery_code) == ("reported", "gone")
        assert reported(bare_harness, order) == 1

    async def test_refunded_after_it_was_completed_a_further_number_troubles_nobody(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        bare_harness.shop.model.change_order(order["id"], {"status": "refunded"})
        bare_harness.tick(86400)
        bare_harness.warehouse.model.track(order["number"], "70300002")

        await bare_harness.poll("shipments")

        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"
        assert len(notes(bare_harness, order)) == 1

    async def test_an_order_that_the_warehouse_cancelled_is_not_reported(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=ON, shipments={"complete_when": "sent"})
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.set_order_status(order["number"], 1000)

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "processing"
        assert (await bare_harness.stored.mapping(order["id"])).warehouse_status == 1000


def _watched(harness: Harness) -> list[object]:
    """Reads of orders by their numbers."""
    return [call for call in harness.warehouse.calls() if any(key == "orderNumbers" for key, _ in call.query)]


async def _cancelled_too_late(harness: Harness) -> dict[str, Any]:
    """Held, with the status at which the warehouse had it then."""
    order = await in_warehouse(harness)
    harness.warehouse.model.set_order_status(order["number"], 320)
    await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
    mapping = await harness.stored.mapping(order["id"])
    assert mapping.reason_code == "too-late-to-cancel"
    assert "status 320 Allocated" in mapping.reason
    return order
