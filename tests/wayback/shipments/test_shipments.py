"""Shipments to the shop: completed at the right moment, each tracking number once, and the warehouse told what the shop knows."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.storage.tables import mappings
from tests.house import House
from tests.wayback.shipments.dispatch import (
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


class TestWhen:
    async def test_by_default_an_order_is_completed_when_its_tracking_number_is_there(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house, ("SOKK-1", 2))
        house.warehouse.ship(order["number"])
        await house.poll("shipments")
        assert status(house, order) == "processing"
        assert (await house.mapping(order["id"])).delivery == "waiting"

        house.warehouse.track(order["number"], "70300001")
        await house.poll("shipments")

        assert status(house, order) == "completed"
        assert notes(house, order) == [
            (f"Ordre {order['number']} er sendt. Sporing: 70300001 (https://carrier.example/70300001)", True)
        ]
        assert (await house.mapping(order["id"])).delivery == "reported"

    @pytest.mark.parametrize(("when", "moment"), [("booked", 450), ("sent", 450), ("collected", 500)])
    async def test_or_at_another_moment_of_the_warehouse(self, house: House, when: str, moment: int) -> None:
        await house.connect(processes=ON, shipments={"complete_when": when})
        order = await in_warehouse(house)
        for earlier in [each for each in (320, 400, 450) if each < moment]:
            house.warehouse.set_order_status(order["number"], earlier)
            await house.poll("shipments")
            assert status(house, order) == "processing"

        house.warehouse.set_order_status(order["number"], moment)
        await house.poll("shipments")

        assert status(house, order) == "completed"

    async def test_a_label_that_is_printed_before_the_order_is_sent_completes_nothing(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.pick(order["number"])
        house.warehouse.track(order["number"], "70300001")

        await house.poll("shipments")

        assert (status(house, order), notes(house, order)) == ("processing", [])

    async def test_the_shops_own_word_for_shipped_is_a_setting(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"completed_status": "on-hold"})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")

        assert status_writes(house) == ["on-hold"]

    async def test_switched_off_nothing_is_read_or_told(self, house: House) -> None:
        await house.connect(processes={**ON, "shipments": False})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        calls = len(house.warehouse_calls())

        await house.poll("shipments")

        assert status(house, order) == "processing"
        assert len(house.warehouse_calls()) == calls

    async def test_switched_on_later_what_was_shipped_before_is_told_too(self, house: House) -> None:
        connection = await house.connect(processes={**ON, "shipments": False})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.change_settings(connection, processes=ON)

        await house.poll("shipments")

        assert status(house, order) == "completed"

    async def test_an_order_that_needs_no_picking_is_found_by_its_status(self, house: House) -> None:
        """It never is on the work list, which has what was picked."""
        await house.connect(processes=ON, shipments={"complete_when": "sent", "partial_deliveries": "goods-owner-controlled"})
        order = await in_warehouse(house)
        found = house.wms_order(order["number"])
        assert found is not None
        found.lines[0].body = found.lines[0].body.model_copy(update={"should_be_picked": False})
        house.tick()
        house.warehouse.set_order_status(order["number"], 450)

        await house.poll("shipments")

        assert status(house, order) == "completed"


class TestTracking:
    @pytest.mark.parametrize(
        ("shown", "text"),
        [
            ("numbers", "Sporing: 70300001"),
            ("links", "Sporing: https://carrier.example/70300001"),
            ("both", "Sporing: 70300001 (https://carrier.example/70300001)"),
        ],
    )
    async def test_numbers_links_or_both(self, house: House, shown: str, text: str) -> None:
        await house.connect(processes=ON, shipments={"tracking": shown, "note_to_customer": False})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")

        assert notes(house, order) == [(f"Ordre {order['number']} er sendt. {text}", False)]

    async def test_or_none_and_completed_all_the_same(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"tracking": "none"})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")

        assert (status(house, order), notes(house, order)) == ("completed", [])

    async def test_several_parcels_are_one_note(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"tracking": "numbers"})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], None, ("PK1", "PK2"))

        await house.poll("shipments")

        assert notes(house, order) == [(f"Ordre {order['number']} er sendt. Sporing: PK1, PK2", True)]
        assert await told(house, "tracking") == [("PK1", True), ("PK2", True)]

    async def test_a_number_that_comes_days_later_is_told_and_those_before_are_not_told_again(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"tracking": "numbers"})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.poll("shipments")
        house.tick(2 * 86400)
        house.warehouse.track(order["number"], "70300002")

        await house.poll("shipments")
        await house.poll("shipments")

        texts = [text for text, _ in notes(house, order)]
        assert [text.partition("Sporing: ")[2] for text in texts] == ["70300001", "70300002"]
        assert status_writes(house) == ["completed"]

    async def test_a_sent_order_is_read_the_less_often_the_longer_nothing_changes(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.poll("shipments")
        reads = 0
        for _ in range(4 * 24):
            house.tick(900)
            before = len(_watched(house))
            await house.poll("shipments")
            reads += len(_watched(house)) - before

        assert 24 < reads < 60  # of 96 polls: every one in the first hours, then every hour

    async def test_after_its_time_it_is_read_no_more(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"watch_days": 1})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.poll("shipments")
        house.tick(2 * 86400)
        before = len(_watched(house))

        await house.poll("shipments")

        assert len(_watched(house)) == before

    async def test_a_return_label_is_no_tracking_number(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"])
        house.warehouse.label_return(order["number"], "R-999")

        await house.poll("shipments")

        assert (status(house, order), notes(house, order)) == ("processing", [])


class TestAcknowledgement:
    async def test_the_quantity_that_was_read_is_confirmed_line_by_line_once_the_shop_knows(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house, ("SOKK-1", 2), ("SOKK-2", 3))
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")

        calls = [call for call in house.warehouse_calls() if call.method == "PATCH"]
        assert sorted(call.body["reportedNumberOfItems"] for call in calls) == [2, 3]
        assert not any("setReported" in call.path for call in calls)
        assert (reported(house, order), reported(house, order, 1)) == (2, 3)

    async def test_while_the_shop_does_not_know_the_warehouse_hears_nothing(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        house.fail_shop("status", status=503)

        await house.poll("shipments")

        assert reported(house, order) is None

    async def test_a_pick_made_in_between_is_told_later(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"complete_when": "sent"})
        order = await in_warehouse(house, ("SOKK-1", 5))
        house.warehouse.pick(order["number"], {row(order): 3})
        house.warehouse.ship(order["number"])
        house.fail_shop("status", status=503, times=1)
        await house.poll("shipments")
        house.warehouse.pick(order["number"], {row(order): 5})
        await later(house, 130)
        await drain_shop(house)
        assert reported(house, order) == 3
        assert status(house, order) == "processing"

        house.tick(60)
        await house.poll("shipments")

        assert (reported(house, order), status(house, order)) == (5, "completed")

    async def test_the_warehouse_refusing_it_is_shown_and_costs_the_shop_nothing(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        house.fail_warehouse("status", status=400, method="PATCH")

        await house.poll("shipments")

        assert status(house, order) == "completed"
        assert (await house.job(order["id"], "acknowledgements")).state == "dead"
        assert (await house.mapping(order["id"])).delivery == "reported"

    async def test_one_write_at_a_time_goes_to_the_warehouse(self, house: House) -> None:
        await house.connect(processes=ON)
        for number in range(5):
            order = await in_warehouse(house, (f"SOKK-{number}", 2))
            house.warehouse.ship(order["number"], f"7030000{number}")

        await house.poll("shipments")

        assert house.warehouse.concurrency == {77: 1}
        assert status_writes(house) == ["completed"] * 5


class TestTheShopDecidedOtherwise:
    async def test_an_order_completed_by_hand_is_not_completed_again(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        house.shop.change_order(order["id"], {"status": "completed"})

        await house.poll("shipments")

        assert status_writes(house) == []
        assert len(notes(house, order)) == 1
        assert reported(house, order) == 1

    async def test_a_cancelled_order_is_held_and_left_as_it_is(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        house.shop.change_order(order["id"], {"status": "cancelled"})

        await house.poll("shipments")

        mapping = await house.mapping(order["id"])
        assert (status(house, order), status_writes(house), notes(house, order)) == ("cancelled", [], [])
        assert (mapping.delivery, mapping.delivery_code) == ("held", "not-open-in-shop")
        assert reported(house, order) is None
        assert "held" in await house.alerts()

    async def test_one_that_is_cancelled_while_it_is_being_completed_is_not_taken_for_completed(self, house: House) -> None:
        """Looked at as processing; when its status is written it is in the trash."""
        await house.connect(processes=ON, shipments={"tracking": "none"})
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        source = house.gateway.source(house.connection)
        complete = source.complete  # type: ignore[attr-defined]

        async def trashed_first(source_id: str) -> object:
            house.shop.trash_order(order["id"])
            return await complete(source_id)

        source.complete = trashed_first  # type: ignore[attr-defined]
        await house.poll("shipments")

        mapping = await house.mapping(order["id"])
        assert (mapping.delivery, mapping.completed_at, status_writes(house)) == ("held", None, [])

    async def test_an_order_deleted_for_good_is_acknowledged_and_done(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        house.shop.delete_order(order["id"])

        await house.poll("shipments")

        mapping = await house.mapping(order["id"])
        assert (mapping.delivery, mapping.delivery_code) == ("reported", "gone")
        assert reported(house, order) == 1

    async def test_refunded_after_it_was_completed_a_further_number_troubles_nobody(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.poll("shipments")
        house.shop.change_order(order["id"], {"status": "refunded"})
        house.tick(86400)
        house.warehouse.track(order["number"], "70300002")

        await house.poll("shipments")

        assert (await house.mapping(order["id"])).delivery == "reported"
        assert len(notes(house, order)) == 1

    async def test_an_order_that_the_warehouse_cancelled_is_not_reported(self, house: House) -> None:
        await house.connect(processes=ON, shipments={"complete_when": "sent"})
        order = await in_warehouse(house)
        house.warehouse.set_order_status(order["number"], 1000)

        await house.poll("shipments")

        assert status(house, order) == "processing"
        assert (await house.mapping(order["id"])).warehouse_status == 1000


class TestWhatIsRead:
    async def test_a_connection_without_orders_in_the_warehouse_reads_nothing(self, house: House) -> None:
        await house.connect(processes=ON)

        await house.poll("shipments")

        assert house.warehouse_calls() == []

    async def test_older_orders_of_the_goods_owner_are_not_read_again_and_again(self, house: House) -> None:
        await house.connect(processes=ON)
        for sku in ("A", "B", "C"):
            old = await in_warehouse(house, (sku, 1))
            house.warehouse.ship(old["number"])
        async with house.gateway.database.begin() as db:
            await db.execute(update(mappings).values(wms_id=None))  # as if another system had sent them, long ago
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")

        listed = [call for call in house.warehouse_calls() if dict(call.query).get("onlyOrdersWithOrderLinesToReport") == "true"]
        assert max(len(call.answer) for call in listed) == 1
        assert status(house, order) == "completed"

    async def test_two_shops_of_one_goods_owner_each_hear_of_their_own(self, house: House) -> None:
        first = await house.connect("first", processes=ON, order_number_prefix="A-")
        second = await house.connect("second", processes={**ON, "articles": False}, order_number_prefix="B-")
        mine, other = house.order("SOKK-1"), house.order("SOKK-1")
        await house.deliver(mine, connection=first)
        await house.deliver(other, connection=second)
        house.warehouse.ship(f"A-{mine['number']}", "70300001")
        house.warehouse.ship(f"B-{other['number']}", "70300002")

        await house.poll("shipments", first)
        assert (status(house, mine), status(house, other)) == ("completed", "processing")

        await house.poll("shipments", second)
        assert status(house, other) == "completed"
        assert [len(notes(house, each)) for each in (mine, other)] == [1, 1]

    async def test_reading_goes_on_where_the_slice_ended(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        await house.connect(processes=ON, warehouse={"page_size": 1})
        orders = [await in_warehouse(house, (f"SOKK-{number}", 1)) for number in range(4)]
        for number, order in enumerate(orders):
            house.warehouse.ship(order["number"], f"7030000{number}")
        monkeypatch.setattr(house.gateway.settings, "slice_seconds", 1e-6)
        await house.poll("shipments")
        for _ in range(20):
            house.tick(10)
            await house.work(sweep=True)
        monkeypatch.undo()
        await house.work(sweep=True)

        assert {status(house, order) for order in orders} == {"completed"}

    async def test_two_polls_that_see_the_same_report_once(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")

        await house.poll("shipments")
        await house.poll("shipments")
        await house.poll("shipments", sweep=True)

        assert (status_writes(house), len(notes(house, order))) == (["completed"], 1)

    async def test_our_own_writes_come_back_and_change_nothing(self, house: House) -> None:
        await house.connect(processes=ON)
        order = await in_warehouse(house)
        house.warehouse.ship(order["number"], "70300001")
        await house.poll("shipments")
        puts = len(house.writes())

        house.tick()
        await house.deliver(house.shown(order["id"]))
        await house.poll("shipments")

        assert len(house.writes()) == puts
        assert (await house.mapping(order["id"])).delivery == "reported"
        assert await house.alerts() == []


def _watched(house: House) -> list[object]:
    """Reads of orders by their numbers."""
    return [call for call in house.warehouse_calls() if any(key == "orderNumbers" for key, _ in call.query)]
