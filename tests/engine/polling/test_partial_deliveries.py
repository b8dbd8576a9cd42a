"""Orders that are not sent at once or not in full, in each policy; on one order or with back orders of the warehouse."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.engine.operations import records
from app.errors import Conflict
from app.flows.rest import RestOrder
from tests.engine.polling.shipment_steps import ON, in_warehouse, later, notes, reported, row, status, status_writes
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
        rest = "It goes on when the warehouse has sent the rest, or when the order is closed short"
        assert mapping.delivery_reason == f"Not everything was sent: line {row(order)} 3 of 5. {rest}"
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

    async def test_the_customer_is_not_told_that_all_was_sent_while_a_rest_is_to_come(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)
        bare_harness.tick(3600)
        bare_harness.warehouse.model.pick(order["number"], {row(order): 5})
        bare_harness.warehouse.model.track(order["number"], "70300002")
        await bare_harness.poll("shipments")

        number = order["number"]
        part, rest = f"Del av ordre {number} er sendt. Sporing: 70300001", f"Ordre {number} er sendt. Sporing: 70300002"
        assert notes(bare_harness, order) == [(part, True), (rest, True)]

    async def test_an_operator_closes_it_when_the_rest_will_not_come(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)
        mapping = await bare_harness.stored.mapping(order["id"])

        await records.close_short(bare_harness.gateway, mapping.id)
        await bare_harness.work()

        assert (status(bare_harness, order), status_writes(bare_harness)) == ("completed", ["completed"])
        assert len(notes(bare_harness, order)) == 1
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"
        assert "closed-short" in await bare_harness.stored.history(order["id"])
        with pytest.raises(Conflict, match="waits for no rest"):
            await records.close_short(bare_harness.gateway, mapping.id)

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


class TestCancellingTheRest:
    """Ongoing cancels whole orders on which nobody has begun: back orders, but never the rest of a begun order."""

    async def test_a_back_order_is_cancelled_and_then_the_order_is_closed(self, backing: Harness) -> None:
        harness = backing
        order, number = await _with_back_order(harness)

        rest = await _close(harness, order)

        assert [(each.number, each.can_be_cancelled) for each in rest] == [(number, True)]
        assert _status_there(harness, number) == 1000
        assert (status(harness, order), status_writes(harness)) == ("completed", ["completed"])
        assert (await harness.stored.mapping(order["id"])).delivery == "reported"
        assert {"cancel-rest", "rest-cancelled", "closed-short"} <= set(await harness.stored.history(order["id"]))

    async def test_asked_while_the_answer_is_lost_it_is_cancelled_once(self, backing: Harness) -> None:
        harness = backing
        order, number = await _with_back_order(harness)
        harness.warehouse.fail("hang-up", method="DELETE", times=1, after_write=True)

        await _close(harness, order)
        assert status(harness, order) == "processing"
        await later(harness)

        assert _status_there(harness, number) == 1000
        assert len(harness.warehouse.writes("DELETE")) == 1
        assert status(harness, order) == "completed"

    async def test_a_back_order_that_was_begun_meanwhile_keeps_the_order_open(self, backing: Harness) -> None:
        harness = backing
        order, number = await _with_back_order(harness)
        harness.warehouse.model.set_order_status(number, 320)

        await _close(harness, order)

        mapping, job = await harness.stored.mapping(order["id"]), await harness.stored.job(order["id"], "acknowledgements")
        assert (status(harness, order), mapping.delivery) == ("processing", "partly")
        assert (job.state, job.reason_code) == ("held", "rest-not-cancelled")
        assert f"order {number}: the warehouse has begun on it (status 320)" in job.reason
        assert harness.warehouse.writes("DELETE") == []
        assert "held" in await harness.stored.alerts()

    async def test_it_is_closed_all_the_same_when_the_warehouse_sends_it(self, backing: Harness) -> None:
        harness = backing
        order, number = await _with_back_order(harness)
        harness.warehouse.model.set_order_status(number, 320)
        await _close(harness, order)
        harness.tick(3600)
        harness.warehouse.model.ship(number, "70300002")

        await harness.poll("shipments")

        assert status(harness, order) == "completed"
        assert (await harness.stored.job(order["id"], "acknowledgements")).state == "done"

    async def test_the_rest_of_a_begun_order_is_refused_with_what_to_do(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)

        with pytest.raises(Conflict, match=f"no call that cancels the rest of order {order['number']}") as refused:
            await _close(bare_harness, order)

        assert "in the WMS's own pages" in (refused.value.fix or "")
        assert "close it short without cancelling the rest" in (refused.value.fix or "")
        assert (status(bare_harness, order), bare_harness.warehouse.writes("DELETE")) == ("processing", [])

    async def test_the_shop_hears_when_the_back_order_is_cancelled_in_the_warehouse(self, backing: Harness) -> None:
        harness = backing
        order, number = await _with_back_order(harness)
        harness.tick(3600)
        harness.warehouse.model.set_order_status(number, 1000)

        await harness.poll("shipments")

        assert (status(harness, order), status_writes(harness)) == ("completed", ["completed"])
        assert (await harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_the_shop_hears_when_the_rest_is_taken_off_in_the_warehouse(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        line = found.line(row(order))
        line.body = line.body.model_copy(update={"number_of_items": 3})
        bare_harness.tick(3600)
        bare_harness.warehouse.model.set_order_status(order["number"], 500)

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), status_writes(bare_harness)) == ("completed", ["completed"])

    async def test_the_shop_hears_when_the_order_is_cancelled_in_the_warehouse(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness)
        bare_harness.tick(3600)
        bare_harness.warehouse.model.set_order_status(order["number"], 1000)

        await bare_harness.poll("shipments")

        assert (status(bare_harness, order), status_writes(bare_harness)) == ("completed", ["completed"])
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"


async def _with_back_order(harness: Harness) -> tuple[dict[str, Any], str]:
    """Sent in part, and the number of the order with the rest."""
    order = await sent_short(harness)
    number = _back_order(harness, order)
    await harness.poll("shipments")
    assert status(harness, order) == "processing"
    return order, number


async def _close(harness: Harness, order: dict[str, Any]) -> tuple[RestOrder, ...]:
    mapping = await harness.stored.mapping(order["id"])
    rest = await records.close_short(harness.gateway, mapping.id, cancel_rest=True)
    await harness.work()
    return rest


def _status_there(harness: Harness, number: str) -> int:
    found = harness.warehouse.order(number)
    assert found is not None
    return found.status


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

    async def test_an_operator_closes_it_short_like_any_other(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "none")

        await records.close_short(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id)
        await bare_harness.work()

        assert status(bare_harness, order) == "completed"
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_an_operator_has_its_rest_cancelled(self, backing: Harness) -> None:
        order = await sent_short(backing, "none")
        number = _back_order(backing, order)
        await backing.poll("shipments")

        rest = await _close(backing, order)

        assert [(each.number, each.can_be_cancelled) for each in rest] == [(number, True)]
        assert (_status_there(backing, number), status(backing, order)) == (1000, "completed")
        assert (await backing.stored.mapping(order["id"])).delivery == "reported"


class TestGoodsOwnerControlled:
    async def test_a_policy_that_is_chosen_later_reaches_an_order_with_a_resync(self, bare_harness: Harness) -> None:
        """users.md, F2b: nothing closed it."""
        order = await sent_short(bare_harness)
        mapping = await bare_harness.stored.mapping(order["id"])
        await bare_harness.change_settings(
            bare_harness.connection, shipments={"tracking": "numbers", "partial_deliveries": "goods-owner-controlled"}
        )

        await records.resync(bare_harness.gateway, mapping.id)
        await bare_harness.work()

        assert (status(bare_harness, order), len(notes(bare_harness, order))) == ("completed", 1)
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"

    async def test_what_was_sent_is_all_that_comes(self, bare_harness: Harness) -> None:
        order = await sent_short(bare_harness, "goods-owner-controlled")

        assert (status(bare_harness, order), reported(bare_harness, order)) == ("completed", 3)
        assert notes(bare_harness, order) == [(f"Ordre {order['number']} er sendt. Sporing: 70300001", True)]
        assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"


def _back_order(harness: Harness, order: dict[str, Any], of: str | None = None) -> str:
    """The number of the order that the warehouse made for the rest."""
    first = harness.warehouse.order(of or order["number"])
    assert first is not None
    (found,) = [each.number for each in harness.warehouse.model.orders.values() if each.back_order_for == first.id]
    return found
