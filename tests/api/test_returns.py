"""`/returns`: what a caller may announce, what is refused, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from app.records.connections import Draft
from app.sandbox.ongoing.bodies.inbound import PurchaseOrderBody
from app.storage.tables import mappings
from tests.api.calling import Site
from tests.harness.connections import make_connection
from tests.harness.mystore import SimulatedMystore

BY = ("return-order", "purchase-order", "order")


async def in_warehouse(site: Site, pieces: int = 2, **settings: Any) -> tuple[str, str]:
    """An order in the warehouse: its number, and the shop's id of its line."""
    await site.connect(processes={"articles": True, "orders": True, "returns": True}, returns={"by": list(BY)}, **settings)
    order = site.shop.order(line_items=[{"product_id": site.shop.product_id("SOKK-1"), "quantity": pieces}])
    await site.take_in(order)
    return str(order["id"]), str(order["line_items"][0]["id"])


def given(order: str, line: str, quantity: float = 1, **more: Any) -> dict[str, Any]:
    return {"order": order, "lines": [{"line": line, "quantity": quantity, **more}]}


async def put(site: Site, number: str, body: dict[str, Any]) -> Any:
    answer = await site.client.put(f"/returns/shop/{number}", json=body)
    await site.work()
    return answer


async def test_what_cannot_come_back_is_refused(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    assert (await put(bare_site, "R-1", given(order, line, 1))).status_code == 201
    for body, field, detail in (
        (given("9999", line), "order", "shop has no order '9999', or more than one"),
        (given(order, "77"), "lines[0].line", f"order {order} has no line '77'"),
        (given(order, line, 2), "lines[0].quantity", f"of line {line} only 1 can still come back"),
        (given(order, line, cause="WET"), "lines[0].cause", "the warehouse lists no cause 'WET'"),
        ({**given(order, line), "way": "order"}, "way", "shop does not use the way order"),
        ({"order": order, "lines": [given(order, line)["lines"][0]] * 2}, "lines[1].line", f"line {line} is there twice"),
    ):
        answer = await put(bare_site, "R-2", body)
        assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, field, detail)
    assert bare_site.warehouse.model.returns.by_id == {}


async def test_another_shops_order_of_that_number_does_not_hide_ones_own(bare_site: Site) -> None:
    """Two shops of one goods owner may count alike."""
    order, line = await in_warehouse(bare_site)
    draft = Draft(
        name="other",
        integration="mystore",
        source=SimulatedMystore.open(bare_site.clock).credentials(),
        warehouse=bare_site.warehouse.credentials(goods_owner_id=77),
        settings={"processes": dict.fromkeys(("articles", "orders", "stock", "shipments"), False)},
    )
    other, now = await make_connection(bare_site.gateway, draft), bare_site.clock()
    theirs = {"connection_id": other.id, "kind": "order", "source_id": "1", "source_number": order, "number": "OTHER-1"}
    state = {"lane": other.lane, "wanted": "present", "transfer": "sent", "created_at": now, "updated_at": now}
    async with bare_site.gateway.database.begin() as db:
        await db.execute(update(mappings).where(mappings.c.source_id == order).values(source_number="A-77", number="A-77"))
        await db.execute(insert(mappings).values(**theirs, **state))
    assert (await put(bare_site, "R-1", given(order, line))).status_code == 201


async def test_the_warehouse_that_cannot_be_asked_for_its_causes_is_a_clear_answer(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    bare_site.warehouse.fail("status", status=503, method="GET", path="/demo/api/v1/returnOrders/returnCauses")
    answer = await put(bare_site, "R-1", given(order, line, cause="SIZE"))
    assert answer.status_code == 424
    bare_site.mend()
    assert (await put(bare_site, "R-1", given(order, line, cause="SIZE"))).status_code == 201
    listed = await bare_site.client.get("/returns/causes", params={"connection": "shop"})
    assert ("SIZE", "Wrong size", False) in [
        (each["code"], each["name"], each["is_scrapping"]) for each in listed.json()["items"]
    ]


async def test_the_same_twice_is_done_once_and_another_changes_it_until_something_came_back(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    body = given(order, line)
    for expected in (201, 200):
        assert (await put(bare_site, "R-1", body)).status_code == expected
    written = [call for call in bare_site.warehouse.calls() if call.path.endswith("/returnOrders") and call.method == "PUT"]
    assert len(written) == 1

    await put(bare_site, "R-1", given(order, line, 2, comment="Begge"))
    (there,) = warehouse.returns.by_id.values()
    assert (there.lines[0].body.to_be_returned_number_of_items, there.lines[0].body.return_order_line_comment) == (2, "Begge")

    bare_site.tick(60)
    warehouse.returns.receive("R-1", {line: 1})
    await bare_site.poll("returns")
    answer = await put(bare_site, "R-1", body)
    assert (answer.status_code, answer.json()["detail"]) == (409, "something of return R-1 has come back already")


async def test_the_warehouse_that_has_begun_meanwhile_is_shown(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    await put(bare_site, "R-1", given(order, line))
    warehouse.returns.receive("R-1", {line: 1})
    await put(bare_site, "R-1", given(order, line, 2))
    shown = (await bare_site.client.get("/returns/shop/R-1")).json()
    assert (shown["state"], shown["reason_code"]) == ("held", "return-begun")
    assert "started receiving" in shown["reason"]


async def test_a_purchase_order_of_that_number_is_neither_written_over_nor_cancelled(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    lines = [{"rowNumber": "1", "articleNumber": "SOKK-1", "numberOfItems": 40}]
    bought = {"goodsOwnerId": 77, "purchaseOrderNumber": "R-1", "purchaseOrderLines": lines}
    there, _ = warehouse.purchases.put(PurchaseOrderBody.model_validate(bought))
    await put(bare_site, "R-1", {**given(order, line), "way": "purchase-order"})
    shown = (await bare_site.client.get("/returns/shop/R-1")).json()
    assert (shown["state"], shown["reason_code"]) == ("held", "return-not-possible")
    assert "The WMS has another purchase order of the number R-1" in shown["reason"]

    assert (await bare_site.client.delete("/returns/shop/R-1")).status_code == 200
    await bare_site.work()
    assert (await bare_site.client.get("/returns/shop/R-1")).json()["state"] == "withdrawn"
    assert [(each.advised, there.status != 900) for each in there.lines] == [(40, True)]


@pytest.mark.parametrize("way", ["return-order", "purchase-order"])
async def test_withdrawn_it_is_cancelled_there_once(bare_site: Site, way: str) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    await put(bare_site, "R-1", {**given(order, line), "way": way})
    for _ in range(2):
        assert (await bare_site.client.delete("/returns/shop/R-1")).status_code == 200
        await bare_site.work()
    (there,) = (warehouse.returns if way == "return-order" else warehouse.purchases).by_id.values()
    assert there.status == 900
    assert (await bare_site.client.get("/returns/shop/R-1")).json()["state"] == "withdrawn"
    assert len([call for call in bare_site.warehouse.calls() if call.method == "DELETE"]) == 1


async def test_withdrawn_while_it_waits_the_warehouse_never_has_it(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    await put(bare_site, "R-1", given(order, line))
    await bare_site.client.delete("/returns/shop/R-1")
    await bare_site.work()
    bare_site.warehouse.model.ship(order)
    await bare_site.poll("returns")
    assert bare_site.warehouse.model.returns.by_id == {}
    assert (await bare_site.client.get("/returns/shop/R-1")).json()["state"] == "withdrawn"


async def test_an_answer_that_got_lost_makes_it_once(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    bare_site.warehouse.model.ship(order)
    bare_site.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/returnOrders", times=1, after_write=True)
    await put(bare_site, "R-1", given(order, line))
    bare_site.tick(3600)
    await bare_site.work(sweep=True)
    assert len(bare_site.warehouse.model.returns.by_id) == 1
    assert (await bare_site.client.get("/returns/shop/R-1")).json()["state"] == "announced"


async def test_a_return_that_is_booked_late_is_found_as_far_back_as_the_setting_says(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    await put(bare_site, "R-1", given(order, line))
    bare_site.tick(6 * 3600)
    warehouse.returns.receive("R-1", {line: 1})
    bare_site.tick(12 * 3600)
    (there,) = warehouse.returns.by_id.values()
    booked, there.last_returned = there.last_returned, None  # not in the WMS yet when it is read
    await bare_site.poll("returns")
    there.last_returned = booked
    bare_site.tick(3600)
    await bare_site.poll("returns")
    assert (await bare_site.client.get("/returns/shop/R-1")).json()["state"] == "returned"


async def test_what_stands_on_the_order_too_is_one_piece(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    warehouse = bare_site.warehouse.model
    warehouse.ship(order)
    await put(bare_site, "R-1", given(order, line))
    bare_site.tick(60)
    warehouse.returns.receive("R-1", {line: 1})
    warehouse.return_goods(order, {line: 1})
    await bare_site.poll("returns")
    items = (await bare_site.client.get("/returns", params={"order": order})).json()["items"]
    assert sorted((each["way"], each["lines"][0]["quantity"]) for each in items) == [("order", 1.0), ("return-order", 1.0)]


async def test_a_connection_that_reads_no_returns_announces_none(bare_site: Site) -> None:
    order, line = await in_warehouse(bare_site)
    await bare_site.client.patch("/connections/shop", json={"settings": {"processes": {"returns": False}}})
    answer = await put(bare_site, "R-1", given(order, line))
    assert (answer.status_code, answer.json()["fix"]) == (409, "switch them on: settings.processes.returns")
