"""The first tracking number in a meta key of the shop's order (`shipments.tracking_meta_key`)."""

from __future__ import annotations

from typing import Any

from tests.engine.polling.shipment_steps import ON, drain_shop, in_warehouse, later, notes, row, status
from tests.harness import Harness

KEY = "ongoing_tracking_number"


async def connected(harness: Harness, **shipments: Any) -> None:
    await harness.connect(processes=ON, shipments={"tracking": "numbers", "tracking_meta_key": KEY, **shipments})


def kept(harness: Harness, order: dict[str, Any]) -> list[Any]:
    return [each["value"] for each in harness.shop.model.orders[order["id"]]["meta_data"] if each["key"] == KEY]


def bodies(harness: Harness) -> list[Any]:
    """What was written to orders of the shop."""
    return [call.body for call in harness.shop.calls("/wp-json/wc/v3/orders/") if call.method == "PUT"]


def calls(harness: Harness) -> list[str]:
    return [f"{call.method} {call.path.rpartition('/')[2]}" for call in harness.shop.calls("/wp-json/wc/v3/orders/")]


async def test_it_goes_with_the_status_in_one_write(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")

    assert bodies(bare_harness) == [{"status": "completed", "meta_data": [{"key": KEY, "value": "70300001"}]}]
    assert (status(bare_harness, order), kept(bare_harness, order)) == ("completed", ["70300001"])


async def test_it_costs_no_call_more(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")
    number = str(order["id"])

    # The order, the note, the look before the write, the write.
    assert calls(bare_harness) == [f"GET {number}", "POST notes", f"GET {number}", f"PUT {number}"]


async def test_off_by_default(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=ON)
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")

    assert bodies(bare_harness) == [{"status": "completed"}]


async def test_a_part_delivery_has_it_before_the_order_is_completed(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness, ("SOKK-1", 5))
    bare_harness.warehouse.model.pick(order["number"], {row(order): 3})
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")
    assert (status(bare_harness, order), kept(bare_harness, order)) == ("processing", ["70300001"])
    bare_harness.tick(3600)
    bare_harness.warehouse.model.pick(order["number"], {row(order): 5})
    bare_harness.warehouse.model.track(order["number"], "70300002")
    await bare_harness.poll("shipments")

    assert (status(bare_harness, order), kept(bare_harness, order)) == ("completed", ["70300001"])
    assert bodies(bare_harness) == [{"meta_data": [{"key": KEY, "value": "70300001"}]}, {"status": "completed"}]


async def test_a_number_that_comes_after_the_order_was_completed(bare_harness: Harness) -> None:
    await connected(bare_harness, complete_when="sent")
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"])
    await bare_harness.poll("shipments")
    assert (status(bare_harness, order), kept(bare_harness, order)) == ("completed", [])
    bare_harness.tick(3600)
    bare_harness.warehouse.model.track(order["number"], "70300001")
    await bare_harness.poll("shipments")

    assert bodies(bare_harness) == [{"status": "completed"}, {"meta_data": [{"key": KEY, "value": "70300001"}]}]


async def test_a_further_number_leaves_the_first_one(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")
    bare_harness.tick(3600)
    bare_harness.warehouse.model.track(order["number"], "70300002")
    await bare_harness.poll("shipments")

    assert kept(bare_harness, order) == ["70300001"]
    assert (len(bodies(bare_harness)), len(notes(bare_harness, order))) == (1, 2)


async def test_without_notes_it_is_told_all_the_same(bare_harness: Harness) -> None:
    """A plugin of the shop tells the customer."""
    await connected(bare_harness, tracking="none")
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")

    assert (kept(bare_harness, order), notes(bare_harness, order)) == (["70300001"], [])


async def test_a_lost_answer_leads_to_no_second_write(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness)
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    bare_harness.shop.fail("hang-up", method="PUT", times=1, after_write=True)
    await bare_harness.poll("shipments")
    await later(bare_harness)
    await drain_shop(bare_harness)

    assert (len(bodies(bare_harness)), kept(bare_harness, order)) == (1, ["70300001"])
    assert (await bare_harness.stored.mapping(order["id"])).delivery == "reported"


async def test_our_own_write_changes_nothing_in_the_warehouse(bare_harness: Harness) -> None:
    await connected(bare_harness)
    order = await in_warehouse(bare_harness, ("SOKK-1", 5))
    bare_harness.warehouse.model.pick(order["number"], {row(order): 3})
    bare_harness.warehouse.model.ship(order["number"], "70300001")
    await bare_harness.poll("shipments")
    bare_harness.tick()
    await bare_harness.deliver(bare_harness.shop.shown(order["id"]))

    assert len(bare_harness.warehouse.writes()) == 1
    assert (await bare_harness.stored.mapping(order["id"])).transfer == "sent"
