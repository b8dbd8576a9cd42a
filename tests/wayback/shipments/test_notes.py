"""One private note in the shop when an order is held or an edit came too late, once for each reason, where it is wanted."""

from __future__ import annotations

from typing import Any

from app.engine.core.queue import Task
from app.engine.operations import records
from app.records.connections import shop_lane
from tests.house import BILLING, House
from tests.wayback.shipments.dispatch import in_warehouse, later, notes

PLAIN = {"stock": False, "shipments": False, "returns": False}
NOWHERE = {**BILLING, "country": "Narnia"}


async def connect(house: House, **more: Any) -> None:
    await house.connect(processes=PLAIN, **{"order_note_on_hold": True, **more})


async def held(house: House) -> dict[str, Any]:
    """An order to a country that does not exist."""
    order = house.order("SOKK-1")
    order["billing"] = order["shipping"] = NOWHERE
    await house.deliver(order)
    assert (await house.job(order["id"])).state == "held"
    await house.work(sweep=True)
    return order


async def test_a_held_order_gets_a_private_note_with_the_reason(house: House) -> None:
    await connect(house)

    order = await held(house)

    ((text, to_customer),) = notes(house, order, "Lager: ")
    assert not to_customer
    assert text == "Lager: 'NARNIA' is no country code (ISO 3166-1 alpha-2). Put the country right in the shop"


async def test_by_default_there_is_none(house: House) -> None:
    await connect(house, order_note_on_hold=False)

    order = await held(house)

    assert notes(house, order, "Lager: ") == []


async def test_the_same_reason_again_is_no_second_note(house: House) -> None:
    await connect(house)
    order = await held(house)
    for _ in range(3):
        house.tick(60)
        order = {**order, "customer_note": f"{_}", "date_modified_gmt": house.clock().strftime("%Y-%m-%dT%H:%M:%S")}
        await house.deliver(order)
        await house.work(sweep=True)

    assert (await house.job(order["id"])).state == "held"
    assert len(notes(house, order, "Lager: ")) == 1


async def test_an_edit_that_came_too_late_gets_one(house: House) -> None:
    await connect(house)
    order = await in_warehouse(house, ("SOKK-1", 1))
    house.warehouse.set_order_status(order["number"], 400)
    await house.deliver(house.change(order["id"], customer_note="Ring på døra"))
    await house.work(sweep=True)

    ((text, _),) = notes(house, order, "Lager: ")
    assert (await house.mapping(order["id"])).reason_code == "warehouse-started"
    assert text.startswith("Lager: ")


async def test_another_reason_is_another_note(house: House) -> None:
    await connect(house)
    order = await in_warehouse(house, ("SOKK-1", 1))
    house.warehouse.set_order_status(order["number"], 400)
    await house.deliver(house.change(order["id"], customer_note="Ring på døra"))
    await house.work(sweep=True)
    await house.deliver(house.change(order["id"], status="cancelled"))
    await house.work(sweep=True)

    assert len(notes(house, order, "Lager: ")) == 2


async def test_one_whose_answer_got_lost_is_not_written_twice(house: House) -> None:
    await connect(house)
    house.fail_shop("hang-up", method="POST", path="/wp-json/wc/v3/orders/", times=1, after_write=True)
    order = await held(house)
    assert len(notes(house, order, "Lager: ")) == 1

    await later(house)

    assert len(notes(house, order, "Lager: ")) == 1


async def test_a_hold_that_is_over_before_the_note_is_written_needs_none(house: House) -> None:
    await connect(house)
    order = await in_warehouse(house, ("SOKK-1", 1))
    house.warehouse.set_order_status(order["number"], 400)
    house.fail_shop("status", status=503, method="POST", path="/wp-json/wc/v3/orders/", times=1)
    await house.deliver(house.change(order["id"], customer_note="Ring på døra"))
    await house.work(sweep=True)
    house.warehouse.set_order_status(order["number"], 300)
    await records.release(house.gateway, (await house.mapping(order["id"])).id)
    await house.work()
    assert (await house.job(order["id"])).state == "done"

    await later(house)

    assert notes(house, order, "Lager: ") == []


async def test_a_shop_that_cannot_be_told_does_not_hold_up_its_orders(house: House) -> None:
    await connect(house)
    house.fail_shop("status", status=503)
    await held(house)
    order = house.order("SOKK-2")
    await house.deliver(order)

    assert house.wms_order(order["number"]) is not None
    await house.wake_ups.send(Task.DRAIN, shop_lane(house.connection.id))
    await house.work()
    assert (await house.job(order["id"])).state == "done"
