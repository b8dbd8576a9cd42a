"""One private note in the shop when an order is held or an edit came too late, once for each reason, where it is wanted."""

from __future__ import annotations

from typing import Any

from app.engine.core.queue import Task
from app.engine.operations import records
from app.records.connection_lanes import shop_lane
from tests.engine.polling.shipment_steps import in_warehouse, later, notes
from tests.harness import BILLING, Harness

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


async def test_a_held_order_gets_a_private_note_with_the_reason(bare_harness: Harness) -> None:
    await connect(bare_harness)

    order = await held(bare_harness)

    ((text, to_customer),) = notes(bare_harness, order, "Lager: ")
    assert not to_customer
    said = "Lager: 'NARNIA' is no country code (ISO 3166-1 alpha-2). Put the country right in the shop"
    assert text == f"{said}. It goes on when it comes in corrected, by webhook or poll"


async def test_an_order_that_the_shop_has_deleted_needs_no_note(bare_harness: Harness) -> None:
    """Deleting for good sends no webhook, so the hold may come after it."""
    await connect(bare_harness)
    order = bare_harness.shop.order("SOKK-1")
    order["billing"] = order["shipping"] = NOWHERE
    bare_harness.shop.model.delete_order(order["id"])
    await bare_harness.deliver(order)
    await bare_harness.work(sweep=True)

    note = await bare_harness.stored.job(order["id"], "notes")

    assert (note.state, note.reason_code, note.reason) == ("done", "gone", "The shop has deleted the order")


async def test_by_default_there_is_none(bare_harness: Harness) -> None:
    await connect(bare_harness, order_note_on_hold=False)

    order = await held(bare_harness)

    assert notes(bare_harness, order, "Lager: ") == []


async def test_the_same_reason_again_is_no_second_note(bare_harness: Harness) -> None:
    await connect(bare_harness)
    order = await held(bare_harness)
    for _ in range(3):
        bare_harness.tick(60)
        order = {**order, "customer_note": f"{_}", "date_modified_gmt": bare_harness.clock().strftime("%Y-%m-%dT%H:%M:%S")}
        await bare_harness.deliver(order)
        await bare_harness.work(sweep=True)

    assert (await bare_harness.stored.job(order["id"])).state == "held"
    assert len(notes(bare_harness, order, "Lager: ")) == 1


async def test_the_words_of_the_reason_change_while_a_note_is_unknown(bare_harness: Harness) -> None:
    await connect(bare_harness)
    path = "/wp-json/wc/v3/orders/"
    bare_harness.shop.fail("hang-up", method="POST", path=path, times=1, after_write=True)
    order = await held(bare_harness)
    bare_harness.tick()
    order = {**order, "shipping": {**NOWHERE, "country": "Oz"}}
    await bare_harness.deliver({**order, "date_modified_gmt": bare_harness.clock().strftime("%Y-%m-%dT%H:%M:%S")})

    await later(bare_harness)

    assert "'OZ'" in (await bare_harness.stored.mapping(order["id"])).reason
    assert len(notes(bare_harness, order, "Lager: ")) == 1


async def test_an_edit_that_came_too_late_gets_one(bare_harness: Harness) -> None:
    await connect(bare_harness)
    order = await in_warehouse(bare_harness, ("SOKK-1", 1))
    bare_harness.warehouse.model.set_order_status(order["number"], 400)
    await bare_harness.deliver(bare_harness.shop.change(order["id"], customer_note="Ring på døra"))
    await bare_harness.work(sweep=True)

    ((text, _),) = notes(bare_harness, order, "Lager: ")
    assert (await bare_harness.stored.mapping(order["id"])).reason_code == "warehouse-started"
    assert text.startswith("Lager: ")


async def test_another_reason_is_another_note(bare_harness: Harness) -> None:
    await connect(bare_harness)
    order = await in_warehouse(bare_harness, ("SOKK-1", 1))
    bare_harness.warehouse.model.set_order_status(order["number"], 400)
    await bare_harness.deliver(bare_harness.shop.change(order["id"], customer_note="Ring på døra"))
    await bare_harness.work(sweep=True)
    await bare_harness.deliver(bare_harness.shop.change(order["id"], status="cancelled"))
    await bare_harness.work(sweep=True)

    assert len(notes(bare_harness, order, "Lager: ")) == 2


async def test_one_whose_answer_got_lost_is_not_written_twice(bare_harness: Harness) -> None:
    await connect(bare_harness)
    bare_harness.shop.fail("hang-up", method="POST", path="/wp-json/wc/v3/orders/", times=1, after_write=True)
    order = await held(bare_harness)
    assert len(notes(bare_harness, order, "Lager: ")) == 1

    await later(bare_harness)

    assert len(notes(bare_harness, order, "Lager: ")) == 1


async def test_a_hold_that_is_over_before_the_note_is_written_needs_none(bare_harness: Harness) -> None:
    await connect(bare_harness)
    order = await in_warehouse(bare_harness, ("SOKK-1", 1))
    bare_harness.warehouse.model.set_order_status(order["number"], 400)
    bare_harness.shop.fail("status", status=503, method="POST", path="/wp-json/wc/v3/orders/", times=1)
    await bare_harness.deliver(bare_harness.shop.change(order["id"], customer_note="Ring på døra"))
    await bare_harness.work(sweep=True)
    bare_harness.warehouse.model.set_order_status(order["number"], 300)
    await records.release(bare_harness.gateway, (await bare_harness.stored.mapping(order["id"])).id)
    await bare_harness.work()
    assert (await bare_harness.stored.job(order["id"])).state == "done"

    await later(bare_harness)

    assert notes(bare_harness, order, "Lager: ") == []


async def test_a_shop_that_cannot_be_told_does_not_hold_up_its_orders(bare_harness: Harness) -> None:
    await connect(bare_harness)
    bare_harness.shop.fail("status", status=503)
    await held(bare_harness)
    order = bare_harness.shop.order("SOKK-2")
    await bare_harness.deliver(order)

    assert bare_harness.warehouse.order(order["number"]) is not None
    await bare_harness.wake_ups.send(Task.DRAIN, shop_lane(bare_harness.connection.id))
    await bare_harness.work()
    assert (await bare_harness.stored.job(order["id"])).state == "done"
