"""Orders that are not sent at once or not in full, in each policy; on one order or with back orders of the warehouse."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.operations import records
from tests.engine.polling.shipment_steps import ON, in_warehouse, notes, reported, row, status, status_writes
from tests.harness import WAREHOUSE, Harness, open_harness


@pytest.fixture
async def backing(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """A warehouse that makes an order of its own for what was short."""
    async with open_harness(sqlite_database, tmp_path, dataclasses.replace(WAREHOUSE, back_orders="new-order")) as opened:
        yield opened


async def sent_short(harness: Harness, policy: str | None = None, **shipments: Any) -> dict[str, Any]:
    """Three of five."""
    chosen = {"partial_deliveries": policy} if policy else {}
    await harness.connect(processes=ON, shipments={"tracking": "numbers", **chosen, **shipments})
    order = await in_warehouse(harness, ("SOKK-1", 5))
    harness.warehouse.model.pick(order["number"], {row(order): 3})
    harness.warehouse.model.ship(order["number"], "70300001")
    await harness.poll("shipments")
    return order


class TestStockBased:
    """The default."""

    async def test_the_first_part_is_told_and_the_order_stays_open(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (status(bare_harness, order), len(notes(bare_harness, order))) == ("processing", 1)
        assert (mapping.delivery, mapping.delivery_code) == ("partly", "partly-shipped")
        assert mapping.delivery_reason == f"Not everything was sent: line {row(order)} 3 of 5"
        assert reported(bare_harness, order) == 3

    async def test_the_rest_from_the_same_order_closes_it(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)
        bare_harness.tick(3600)
        bare_harness.warehouse.model.pick(order["number"], {row(order): 5})
        bare_harness.warehouse.model.track(order["number"], "70300002")

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), status_writes(bare_harness)) == ("completed", ["completed"])
        assert [text.partition("Sporing: ")[2] for text, _ in notes(bare_harness, order)] == ["70300001", "70300002"]
        assert reported(bare_harness, order) == 5

    async def test_the_rest_in_a_back_order_closes_it_with_its_own_number(self, backing: Harness) -> None:
        harness = backing
        order = await sent_short(harness)
        number = _back_order(harness, order)
        await harness.poll("shipments")
        assert status(harness, order) == "processing"
        harness.tick(86400)
        harness.warehouse.model.ship(number, "70300002")

        await harness.poll("shipments")
        await harness.poll("shipments")

        assert (status(harness, order), status_writes(harness)) == ("completed", ["completed"])
        assert [text.partition("Sporing: ")[2] for text, _ in notes(harness, order)] == ["70300001", "70300002"]
        found = harness.warehouse.order(number)
        assert found is not None
        assert [each.reported for each in found.lines] == [2]
        assert reported(harness, order) == 3

    async def test_the_rest_of_a_rest_as_well(self, backing: Harness) -> None:
        harness = backing
        order = await sent_short(harness)
        second = _back_order(harness, order)
        harness.warehouse.model.pick(second, {row(order): 1})
        harness.warehouse.model.ship(second, "70300002")
        await harness.poll("shipments")
        assert status(harness, order) == "processing"
        harness.warehouse.model.ship(_back_order(harness, order, of=second), "70300003")

        await harness.poll("shipments")

        assert status(harness, order) == "completed"
        assert len(notes(harness, order)) == 3


class TestNone:
    async def test_a_short_shipment_is_held_with_a_note_for_the_staff(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "none")

        mapping = await bare_harness.stored.mapping(order["id"])
        assert (status(bare_harness, order), mapping.delivery, mapping.delivery_code) == ("processing", "held", "short-shipment")
        assert notes(bare_harness, order, "Delvis") == [(f"Delvis sendt: line {row(order)} 3 of 5", False)]
        assert "held" in await bare_harness.stored.alerts()

    async def test_it_is_told_once_however_often_it_is_looked_at(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "none")
        for _ in range(3):
            bare_harness.tick(3600)
            await bare_harness.poll("shipments")

        assert len(notes(bare_harness, order, "Delvis")) == len(notes(bare_harness, order)) == 1

    async def test_an_operator_closes_it_as_it_is(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "none")

        await records.release(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id)
        await bare_harness.work()

        assert status(bare_harness, order) == "completed"
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_or_the_warehouse_sends_the_rest_after_all(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "none")
        bare_harness.tick(3600)
        bare_harness.warehouse.model.pick(order["number"], {row(order): 5})

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"


class TestGoodsOwnerControlled:
    async def test_what_was_sent_is_all_that_comes(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "goods-owner-controlled")

        assert (status(bare_harness, order), reported(bare_harness, order)) == ("completed", 3)
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"


def _back_order(harness: Harness, order: dict[str, Any], of: str | None = None) -> str:
    """The number of the order that the warehouse made for the rest."""
    first = harness.warehouse.order(of or order["number"])
    assert first is not None
    (found,) = [each.number for each in harness.warehouse.model.orders.values() if each.back_order_for == first.id]
    return found
