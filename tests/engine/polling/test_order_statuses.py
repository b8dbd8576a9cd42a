"""What each set of the warehouse's status numbers does: sent, sent in part, ready for pick-up, returned, cancelled."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.api.mappings.labels import label
from app.sandbox.ongoing.config import NORWEGIAN_STATUSES
from tests.engine.polling.shipment_steps import BOTH, ON, in_warehouse, notes, reported, row, status, status_writes
from tests.harness import WAREHOUSE, Harness, open_harness

NUMBERS = (*NORWEGIAN_STATUSES, (600, "Kontroll"))


@pytest.fixture
async def norwegian(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """A warehouse with a Norwegian tenant's numbers, and one of its own."""
    async with open_harness(sqlite_database, tmp_path, dataclasses.replace(WAREHOUSE, statuses=NUMBERS)) as opened:
        yield opened


async def ordered(harness: Harness, processes: dict[str, bool] = ON, **shipments: Any) -> dict[str, Any]:
    await harness.connect(processes=processes, shipments={"tracking": "numbers", "complete_when": "sent"} | shipments)
    return await in_warehouse(harness, ("SOKK-1", 5))


async def at(harness: Harness, order: dict[str, Any], number: int, picked: int | None = None, waybill: str = "") -> None:
    """The warehouse has the order at this status now, and the gateway looks."""
    harness.tick(600)
    if picked is not None:
        harness.warehouse.model.pick(order["number"], {row(order): picked})
    harness.warehouse.model.set_order_status(order["number"], number)
    if waybill:
        harness.warehouse.model.track(order["number"], waybill)
    await harness.poll("shipments")


async def delivery(harness: Harness, order: dict[str, Any]) -> tuple[str | None, str | None]:
    mapping = await harness.stored.mapping(order["id"])
    return mapping.delivery, mapping.delivery_code


class TestSentInPart:
    async def test_it_is_told_as_a_part_and_closed_when_all_is_sent(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 425, picked=3, waybill="70300001")

        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", ("partly", "partly-shipped"))
        assert notes(norwegian, order) == [(f"Del av ordre {order['number']} er sendt. Sporing: 70300001", True)]
        assert reported(norwegian, order) == 3

        await at(norwegian, order, 450, picked=5, waybill="70300002")
        assert (status(norwegian, order), status_writes(norwegian)) == ("completed", ["completed"])
        assert reported(norwegian, order) == 5

    async def test_it_is_not_closed_because_all_of_it_is_picked(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 425, picked=5)

        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", ("partly", "partly-shipped"))
        reason = (await norwegian.stored.mapping(order["id"])).delivery_reason or ""
        assert reason.startswith("Not everything was sent: the warehouse has it as sent in part")
        await at(norwegian, order, 500)
        assert (status(norwegian, order), status_writes(norwegian)) == ("completed", ["completed"])

    async def test_without_a_policy_for_parts_a_person_decides(self, norwegian: Harness) -> None:
        order = await ordered(norwegian, partial_deliveries="none")
        await at(norwegian, order, 425, picked=3)
        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", ("held", "short-shipment"))

    async def test_where_the_shop_makes_the_back_order_it_is_closed(self, norwegian: Harness) -> None:
        order = await ordered(norwegian, partial_deliveries="goods-owner-controlled")
        await at(norwegian, order, 425, picked=3)
        assert (status(norwegian, order), await delivery(norwegian, order)) == ("completed", ("reported", None))


class TestReadyForPickUp:
    async def test_nothing_is_told_before_the_customer_has_it(self, norwegian: Harness) -> None:
        order = await ordered(norwegian, complete_when="tracking")
        await at(norwegian, order, 451, waybill="70300001")

        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", ("waiting", "awaiting-pickup"))
        assert (notes(norwegian, order), status_writes(norwegian)) == ([], [])
        said = label(await norwegian.stored.mapping(order["id"]), "shop")
        assert said == "ready for pick-up: the shop is told when the customer has it"

        await at(norwegian, order, 500)
        assert (status(norwegian, order), await delivery(norwegian, order)) == ("completed", ("reported", None))

    async def test_what_was_told_before_stands(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 425, picked=3, waybill="70300001")
        await at(norwegian, order, 451)
        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", ("partly", "partly-shipped"))
        assert len(notes(norwegian, order)) == 1


class TestReturned:
    async def test_an_order_first_met_there_is_told_as_sent_and_then_as_returned(self, norwegian: Harness) -> None:
        order = await ordered(norwegian, BOTH)
        norwegian.warehouse.model.ship(order["number"], "70300001")
        norwegian.warehouse.model.return_goods(order["number"], {row(order): 2})
        norwegian.warehouse.model.set_order_status(order["number"], 475)
        await norwegian.poll("shipments")
        await norwegian.poll("returns")

        assert (status(norwegian, order), status_writes(norwegian)) == ("completed", ["completed"])
        assert [text for text, _ in notes(norwegian, order)] == [f"Ordre {order['number']} er sendt. Sporing: 70300001"]
        paths = [
            f"{call.method} {call.path.rsplit('/', 1)[-1]}"
            for call in norwegian.shop.calls("/wp-json/wc/v3/orders/")
            if call.method != "GET"
        ]
        assert paths == ["POST notes", f"PUT {order['id']}", "POST refunds"]

    async def test_goods_that_were_put_back_were_never_sent(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        norwegian.warehouse.model.pick(order["number"])
        await at(norwegian, order, 800)
        assert (status(norwegian, order), await delivery(norwegian, order)) == ("processing", (None, None))


class TestOthers:
    async def test_a_number_of_no_set_is_no_shipment(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 600)
        assert (status(norwegian, order), status_writes(norwegian)) == ("processing", [])

    async def test_a_warehouse_with_other_numbers_says_so_in_the_settings(self, norwegian: Harness) -> None:
        await norwegian.connect(
            processes=ON, shipments={"complete_when": "sent"}, warehouse={"shipped_statuses": [600], "pickup_statuses": [450]}
        )
        order = await in_warehouse(norwegian)
        await at(norwegian, order, 450)
        assert status(norwegian, order) == "processing"
        await at(norwegian, order, 600)
        assert status(norwegian, order) == "completed"

    async def test_a_set_that_is_corrected_finds_what_was_left_out(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 600)
        warehouse = norwegian.connection.settings.warehouse.model_dump() | {"shipped_statuses": [450, 500, 600]}
        await norwegian.change_settings(norwegian.connection, warehouse=warehouse)
        norwegian.tick(90_000)
        await norwegian.poll("shipments")
        assert status(norwegian, order) == "completed"

    async def test_one_that_the_warehouse_has_cancelled_is_read_like_any_other(self, norwegian: Harness) -> None:
        order = await ordered(norwegian)
        await at(norwegian, order, 1000)
        mapping = await norwegian.stored.mapping(order["id"])
        assert (mapping.warehouse_status, mapping.warehouse_status_text) == (1000, "Annullert")
        assert (status(norwegian, order), status_writes(norwegian)) == ("processing", [])
