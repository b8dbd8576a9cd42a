"""One private note in the shop when an order is held or an edit came too late, once for each reason, where it is wanted."""

from __future__ import annotations

from typing import Any

from app.engine.core.queue import Task
from app.engine.operations import records
from app.records.connections import shop_lane
from tests.harness import BILLING, Harness
from tests.wayback.shipments.shipment_steps import in_warehouse, later, notes

PLAIN = {"stock": False, "shipments": False, "returns": False}
NOWHERE = {**BILLING, "country": "Narnia"}


async def connect(harness: Harness, **more: Any) -> None:
    await harness.connect(processes=PLAIN, **{"order_note_on_hold": True, **more})


async def held(harness: Harness) -> dict[str, Any]:
    """An order to a country that does not exist."""
    order = harness.shop.order("SOKK-1")
    order["billing"] = order["shipping"] = NOWHERE
    await harness.deliver(order)
    assert (await harness.stored.job(order["id"])).state == "held"
    await harness.work(sweep=True)
    return order


async def test_a_held_order_gets_a_private_note_with_the_reason(harness: Harness) -> None:
    await connect(harness)

    order = await held(harness)

    ((text, to_customer),) = notes(harness, order, "Lager: ")
    assert not to_customer
    assert text == "Lager: 'NARNIA' is no country code (ISO 3166-1 alpha-2). Put the country right in the shop"


async def test_by_default_there_is_none(harness: Harness) -> None:
    await connect(harness, order_note_on_hold=False)

    order = await held(harness)

    assert notes(harness, order, "Lager: ") == []


async def test_the_same_reason_again_is_no_second_note(harness: Harness) -> None:
    await connect(harness)
    order = await held(harness)
    for _ in range(3):
        harness.tick(60)
        order = {**order, "customer_note": f"{_}", "date_modified_gmt": harness.clock().strftime("%Y-%m-%dT%H:%M:%S")}
        await harness.deliver(order)
        await harness.work(sweep=True)

    assert (await harness.stored.job(order["id"])).state == "held"
    assert len(notes(harness, order, "Lager: ")) == 1


async def test_an_edit_that_came_too_late_gets_one(harness: Harness) -> None:
    await connect(harness)
    order = await in_warehouse(harness, ("SOKK-1", 1))
    harness.warehouse.model.set_order_status(order["number"], 400)
    await harness.deliver(harness.shop.change(order["id"], customer_note="Ring på døra"))
    await harness.work(sweep=True)

    ((text, _),) = notes(harness, order, "Lager: ")
    assert (await harness.stored.mapping(order["id"])).reason_code == "warehouse-started"
    assert text.startswith("Lager: ")


async def test_another_reason_is_another_note(harness: Harness) -> None:
    await connect(harness)
    order = await in_warehouse(harness, ("SOKK-1", 1))
    harness.warehouse.model.set_order_status(order["number"], 400)
    await harness.deliver(harness.shop.change(order["id"], customer_note="Ring på døra"))
    await harness.work(sweep=True)
    await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
    await harness.work(sweep=True)

    assert len(notes(harness, order, "Lager: ")) == 2


async def test_one_whose_answer_got_lost_is_not_written_twice(harness: Harness) -> None:
    await connect(harness)
    harness.shop.fail("hang-up", method="POST", path="/wp-json/wc/v3/orders/", times=1, after_write=True)
    order = await held(harness)
    assert len(notes(harness, order, "Lager: ")) == 1

    await later(harness)

    assert len(notes(harness, order, "Lager: ")) == 1


async def test_a_hold_that_is_over_before_the_note_is_written_needs_none(harness: Harness) -> None:
    await connect(harness)
    order = await in_warehouse(harness, ("SOKK-1", 1))
    harness.warehouse.model.set_order_status(order["number"], 400)
    harness.shop.fail("status", status=503, method="POST", path="/wp-json/wc/v3/orders/", times=1)
    await harness.deliver(harness.shop.change(order["id"], customer_note="Ring på døra"))
    await harness.work(sweep=True)
    harness.warehouse.model.set_order_status(order["number"], 300)
    await records.release(harness.gateway, (await harness.stored.mapping(order["id"])).id)
    await harness.work()
    assert (await harness.stored.job(order["id"])).state == "done"

    await later(harness)

    assert notes(harness, order, "Lager: ") == []


async def test_a_shop_that_cannot_be_told_does_not_hold_up_its_orders(harness: Harness) -> None:
    await connect(harness)
    harness.shop.fail("status", status=503)
    await held(harness)
    order = harness.shop.order("SOKK-2")
    await harness.deliver(order)

    assert harness.warehouse.order(order["number"]) is not None
    await harness.wake_ups.send(Task.DRAIN, shop_lane(harness.connection.id))
    await harness.work()
    assert (await harness.stored.job(order["id"])).state == "done"
