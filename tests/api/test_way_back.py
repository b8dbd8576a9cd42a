"""A mapping shows the way back: what the warehouse made of the order, what the shop was told, and what was acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Site

PROCESSES = {"articles": True, "orders": True, "shipments": True}


@pytest.fixture
async def back(site: Site) -> Site:
    """The connection reports shipments."""
    await site.change_settings(site.connection, processes=PROCESSES)
    return site


async def look(site: Site) -> None:
    async with site.worker():
        answer = await site.client.post("/sync/shop", params={"process": "shipments"})
    assert answer.status_code == 200, answer.text
    await site.work()  # what goes back to the warehouse


async def transferred(site: Site) -> dict[str, Any]:
    order = site.shop.order("SOKK-1")
    await site.take_in(order)
    return order


async def test_before_the_warehouse_has_sent_it_the_shop_is_told_nothing(back: Site) -> None:
    order = await transferred(back)
    found = await back.explained(str(order["id"]), kind="order")
    assert found["next"]["code"] == "with-the-warehouse"
    assert (found["deliveries"], found["told"], found["acknowledged"]) == ([], [], [])


async def test_what_was_shipped_told_and_acknowledged_is_all_there(back: Site) -> None:
    order = await transferred(back)
    back.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    await look(back)
    found = await back.explained(str(order["id"]), kind="order")
    assert found["delivery"]["state"] == "reported"
    assert found["delivery"]["completed_at"] is not None
    assert found["label"] == "sent by the warehouse, the shop knows"
    (shipped,) = found["deliveries"]
    assert (shipped["number"], shipped["status"], shipped["back_order_for"]) == (str(order["id"]), 450, None)
    assert shipped["tracking"] == [{"number": "TRACK-1", "url": "https://carrier.example/TRACK-1"}]
    assert shipped["shipped_at"]
    assert shipped["watched_until"]
    told = {each["kind"]: each for each in found["told"]}
    assert told["note"]["request"]["numbers"] == ["TRACK-1"]
    assert told["tracking"]["key"] == "TRACK-1"
    assert told["tracking"]["remote_id"] == told["note"]["remote_id"]
    assert told["tracking"]["done_at"]
    (confirmed,) = found["acknowledged"]
    assert (confirmed["kind"], confirmed["quantity"], confirmed["acknowledged"]) == ("picked", 1.0, 1.0)
    assert {job["process"] for job in found["reports"]} == {"shipments", "acknowledgements"}


async def test_sent_without_a_tracking_number_it_waits_for_one(back: Site) -> None:
    order = await transferred(back)
    back.warehouse.model.ship(str(order["id"]), None, (), 77)
    await look(back)
    found = await back.explained(str(order["id"]), kind="order")
    assert (found["delivery"]["state"], found["delivery"]["code"]) == ("waiting", "awaiting-tracking")
    assert found["next"]["code"] == "awaiting-tracking"
    listed = (await back.client.get("/mappings", params={"delivery": "waiting"})).json()["items"]
    assert [each["shop"]["id"] for each in listed] == [str(order["id"])]


async def short(site: Site) -> dict[str, Any]:
    """An order of 2 of which 1 was sent, under the policy that nothing is closed by itself then."""
    await site.client.patch("/connections/shop", json={"settings": {"shipments": {"partial_deliveries": "none"}}})
    order = site.shop.order(line_items=[{"product_id": site.shop.product_id("SOKK-1"), "quantity": 2}])
    await site.take_in(order)
    row = order["line_items"][0]["id"]
    site.warehouse.model.pick(str(order["id"]), {str(row): 1}, 77)
    site.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    await look(site)
    return order


async def test_a_short_shipment_is_held_and_its_release_closes_the_order(back: Site) -> None:
    order = await short(back)
    held = await back.explained(str(order["id"]), kind="order")
    assert (held["delivery"]["state"], held["delivery"]["code"]) == ("held", "short-shipment")
    assert (held["transfer"], held["next"]["code"]) == ("sent", "held")
    assert back.shop.shown(order["id"])["status"] == "processing"
    released = await back.client.post(f"/mappings/{held['id']}/release")
    assert released.status_code == 200, released.text
    await back.work()
    after = await back.explained(str(order["id"]), kind="order")
    assert after["delivery"]["state"] == "reported"
    assert back.shop.shown(order["id"])["status"] == "completed"


async def test_a_held_report_can_be_resolved_without_touching_the_transfer(back: Site) -> None:
    order = await short(back)
    held = await back.explained(str(order["id"]), kind="order")
    answer = await back.client.post(f"/mappings/{held['id']}/resolve", json={"reason": "closed by hand"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["delivery"]["state"], found["delivery"]["code"]) == ("reported", "resolved")
    assert found["delivery"]["reason"] == "Settled by an operator: closed by hand"
    assert (found["transfer"], found["reason_code"]) == ("sent", None)
    assert back.shop.shown(order["id"])["status"] == "processing"


async def test_an_order_opened_again_in_the_shop_is_reported_after_a_resync(back: Site) -> None:
    order = await transferred(back)
    back.shop.model.change_order(order["id"], {"status": "cancelled"})
    back.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    await look(back)
    held = await back.explained(str(order["id"]), kind="order")
    assert held["delivery"]["code"] == "not-open-in-shop"
    back.shop.change(order["id"], status="processing")
    assert (await back.client.post(f"/mappings/{held['id']}/resync")).status_code == 200
    await back.work()
    assert back.shop.shown(order["id"])["status"] == "completed"


async def sent_in_part(site: Site) -> dict[str, Any]:
    """One of two."""
    order = site.shop.order(line_items=[{"product_id": site.shop.product_id("SOKK-1"), "quantity": 2}])
    await site.take_in(order)
    site.warehouse.model.pick(str(order["id"]), {str(order["line_items"][0]["id"]): 1}, 77)
    site.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    await look(site)
    found = await site.explained(str(order["id"]), kind="order")
    assert found["delivery"]["state"] == "partly"
    return found


async def test_a_partly_sent_order_is_closed_with_what_was_sent(back: Site) -> None:
    found = await sent_in_part(back)
    answer = await back.client.post(f"/mappings/{found['id']}/close-short")
    assert (answer.status_code, answer.json()["rest"]) == (200, [])
    assert answer.json()["history"]["items"][0]["code"] == "closed-short"


async def test_a_rest_that_the_wms_cannot_cancel_is_answered_with_what_to_do_there(back: Site) -> None:
    found = await sent_in_part(back)
    answer = await back.client.post(f"/mappings/{found['id']}/close-short", json={"cancel_rest": True})
    assert answer.status_code == 409
    assert f"no call that cancels the rest of order {found['deliveries'][0]['number']}" in answer.json()["detail"]
    assert "in the WMS's own pages" in answer.json()["fix"]


async def test_a_back_order_is_answered_as_being_cancelled(back: Site) -> None:
    found = await sent_in_part(back)
    first = back.warehouse.order(found["deliveries"][0]["number"])
    assert first is not None
    body = first.body.model_copy(update={"order_number": "REST-1"})
    made, _, _ = back.warehouse.model.put_order(body)
    made.back_order_for = first.id
    await look(back)
    answer = await back.client.post(f"/mappings/{found['id']}/close-short", json={"cancel_rest": True})
    (rest,) = answer.json()["rest"]
    assert (rest["number"], rest["is_being_cancelled"], rest["fix"]) == ("REST-1", True, None)


async def test_an_order_is_found_by_its_tracking_number_and_by_the_number_of_its_back_order(back: Site) -> None:
    found = await sent_in_part(back)
    first = back.warehouse.order(found["deliveries"][0]["number"])
    assert first is not None
    made, _, _ = back.warehouse.model.put_order(first.body.model_copy(update={"order_number": "REST-1"}))
    made.back_order_for = first.id
    await look(back)
    for number in ("TRACK-1", "REST-1", f"#{found['shop']['number']}", f" {found['shop']['number']} ", f"id:{found['id']}"):
        assert (await back.explained(number, kind="order"))["id"] == found["id"], number
    for number in ("TRACK-2", "id:", "id:x", "id:999999"):
        assert (await back.client.get("/mappings", params={"number": number})).json()["items"] == [], number


def possible(found: dict[str, Any]) -> dict[str, bool]:
    return {each["name"]: each["possible"] for each in found["actions"]}


async def test_an_order_that_was_sent_in_part_says_how_its_rest_is_ended(back: Site) -> None:
    found = await sent_in_part(back)
    assert possible(found) == {
        "resync": True,
        "release": False,
        "replay": False,
        "resolve": False,
        "close-short": True,
        "cancel-rest": False,
    }
    closed, cancelled = found["actions"][-2:]
    assert closed["will"].startswith("It is closed in the shop with what was sent. ")
    answer = await back.client.post(f"/mappings/{found['id']}/close-short", json={"cancel_rest": True})
    assert (cancelled["reason"], cancelled["fix"]) == (answer.json()["detail"], answer.json()["fix"])
