"""Orders that are not sent at once or not in full, in each policy; on one order or with back orders of the warehouse."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.operations import records
from tests.house import WAREHOUSE, House, open_house
from tests.wayback.shipments.dispatch import ON, in_warehouse, notes, reported, row, status, status_writes


@pytest.fixture
async def backing(sqlite_database: str, tmp_path: Path) -> AsyncIterator[House]:
    """A warehouse that makes an order of its own for what was short."""
    async with open_house(sqlite_database, tmp_path, dataclasses.replace(WAREHOUSE, back_orders="new-order")) as opened:
        yield opened


async def sent_short(house: House, policy: str | None = None, **shipments: Any) -> dict[str, Any]:
    """Three of five."""
    chosen = {"partial_deliveries": policy} if policy else {}
    await house.connect(processes=ON, shipments={"tracking": "numbers", **chosen, **shipments})
    order = await in_warehouse(house, ("SOKK-1", 5))
    house.warehouse.pick(order["number"], {row(order): 3})
    house.warehouse.ship(order["number"], "70300001")
    await house.poll("shipments")
    return order


class TestStockBased:
    """The default."""

    async def test_the_first_part_is_told_and_the_order_stays_open(self, house: House) -> None:
        order = await sent_short(house)

        mapping = await house.mapping(order["id"])
        assert (status(house, order), len(notes(house, order))) == ("processing", 1)
        assert (mapping.delivery, mapping.delivery_code) == ("partly", "partly-shipped")
        assert mapping.delivery_reason == f"Not everything was sent: line {row(order)} 3 of 5"
        assert reported(house, order) == 3

    async def test_the_rest_from_the_same_order_closes_it(self, house: House) -> None:
        order = await sent_short(house)
        house.tick(3600)
        house.warehouse.pick(order["number"], {row(order): 5})
        house.warehouse.track(order["number"], "70300002")

        await house.poll("shipments")

        assert (status(house, order), status_writes(house)) == ("completed", ["completed"])
        assert [text.partition("Sporing: ")[2] for text, _ in notes(house, order)] == ["70300001", "70300002"]
        assert reported(house, order) == 5

    async def test_the_rest_in_a_back_order_closes_it_with_its_own_number(self, backing: House) -> None:
        house = backing
        order = await sent_short(house)
        number = _back_order(house, order)
        await house.poll("shipments")
        assert status(house, order) == "processing"
        house.tick(86400)
        house.warehouse.ship(number, "70300002")

        await house.poll("shipments")
        await house.poll("shipments")

        assert (status(house, order), status_writes(house)) == ("completed", ["completed"])
        assert [text.partition("Sporing: ")[2] for text, _ in notes(house, order)] == ["70300001", "70300002"]
        found = house.wms_order(number)
        assert found is not None
        assert [each.reported for each in found.lines] == [2]
        assert reported(house, order) == 3

    async def test_the_rest_of_a_rest_as_well(self, backing: House) -> None:
        house = backing
        order = await sent_short(house)
        second = _back_order(house, order)
        house.warehouse.pick(second, {row(order): 1})
        house.warehouse.ship(second, "70300002")
        await house.poll("shipments")
        assert status(house, order) == "processing"
        house.warehouse.ship(_back_order(house, order, of=second), "70300003")

        await house.poll("shipments")

        assert status(house, order) == "completed"
        assert len(notes(house, order)) == 3


class TestNone:
    async def test_a_short_shipment_is_held_with_a_note_for_the_staff(self, house: House) -> None:
        order = await sent_short(house, "none")

        mapping = await house.mapping(order["id"])
        assert (status(house, order), mapping.delivery, mapping.delivery_code) == ("processing", "held", "short-shipment")
        assert notes(house, order, "Delvis") == [(f"Delvis sendt: line {row(order)} 3 of 5", False)]
        assert "held" in await house.alerts()

    async def test_it_is_told_once_however_often_it_is_looked_at(self, house: House) -> None:
        order = await sent_short(house, "none")
        for _ in range(3):
            house.tick(3600)
            await house.poll("shipments")

        assert len(notes(house, order, "Delvis")) == len(notes(house, order)) == 1

    async def test_an_operator_closes_it_as_it_is(self, house: House) -> None:
        order = await sent_short(house, "none")

        await records.release(house.gateway, (await house.mapping(order["id"])).id)
        await house.work()

        assert status(house, order) == "completed"
        assert (await house.mapping(order["id"])).delivery == "reported"

    async def test_or_the_warehouse_sends_the_rest_after_all(self, house: House) -> None:
        order = await sent_short(house, "none")
        house.tick(3600)
        house.warehouse.pick(order["number"], {row(order): 5})

        await house.poll("shipments")

        assert status(house, order) == "completed"


class TestGoodsOwnerControlled:
    async def test_what_was_sent_is_all_that_comes(self, house: House) -> None:
        order = await sent_short(house, "goods-owner-controlled")

        assert (status(house, order), reported(house, order)) == ("completed", 3)
        assert (await house.mapping(order["id"])).delivery == "reported"


def _back_order(house: House, order: dict[str, Any], of: str | None = None) -> str:
    """The number of the order that the warehouse made for the rest."""
    first = house.wms_order(of or order["number"])
    assert first is not None
    (found,) = [each.number for each in house.warehouse.orders.values() if each.back_order_for == first.id]
    return found
