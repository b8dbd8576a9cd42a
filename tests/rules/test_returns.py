"""The warehouse's rule G9, returns, for every system: what the WMS has in the end, and what the caller is given."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.storage.callers.tables import outgoing_webhooks
from tests.rules.every_system import NAME, System

ADDRESS = {"street": "Storgata 1", "post_code": "0155", "city": "Oslo"}
PROCESSES = {"articles": True, "orders": True, "shipments": False, "stock": False, "returns": True}
CALLER = {"url": "http://127.0.0.1:9/events"}


async def sold(system: System, *by: str, **returns: Any) -> tuple[str, str]:
    """An order of one pair of socks in the warehouse. Its number in the WMS, and the source's id of its line."""
    system.product("SOKK-1")
    await system.connect(processes=PROCESSES, returns={"by": list(by), **returns}, outgoing_webhooks=CALLER)
    await system.sync("articles")
    system.add_order("SOKK-1", ADDRESS)
    await system.sync("orders")
    (order,) = system.site.warehouse.model.orders.values()
    return order.number, order.lines[0].row_number


async def listed(system: System, **query: str) -> list[dict[str, Any]]:
    answer = await system.site.client.get("/returns", params={"connection": NAME, **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def told(system: System) -> list[dict[str, Any]]:
    """What the caller's address is to be told."""
    rows = await system.site.stored.rows(select(outgoing_webhooks).order_by(outgoing_webhooks.c.id))
    return [row.data for row in rows if row.type == "return.received"]


def refunded(system: System) -> str:
    return "refunded" if system.name == "woocommerce" else "by-hand"


async def test_what_stands_on_the_order_is_dealt_with_once(system: System) -> None:
    number, line = await sold(system, "order", restock=True)
    warehouse = system.site.warehouse.model
    warehouse.ship(number)
    system.site.tick(60)
    warehouse.return_goods(number, {line: 1}, "BROKEN")
    for _ in range(2):
        await system.sync("returns")
        system.site.tick(3600)

    (found,) = await listed(system)
    assert (found["way"], found["number"], found["refund"]) == ("order", number, refunded(system))
    assert [(each["line"], each["quantity"], each["scrapped"]) for each in found["lines"]] == [(line, 1.0, 1.0)]
    assert found["lines"][0]["items"][0]["cause"]["code"] == "BROKEN"
    shown = await system.order(number)
    assert [each["reportedReturnedNumberOfItems"] for each in shown["orderLines"]] == [1]
    (event,) = await told(system)
    assert event["lines"] == [{"line": line, "article_number": "SOKK-1", "quantity": 1.0}]
    assert event["refund"]["state"] == refunded(system)
    if system.name == "woocommerce":
        posted = [call.body for call in system.site.shop.calls() if call.path.endswith("/refunds") and call.method == "POST"]
        assert [body["api_restock"] for body in posted] == [False]  # scrapped pieces are not in stock again
        return
    settled = await system.site.client.post(f"/returns/{NAME}/{number}/settle", json={"reason": "Refunded by hand"})
    assert (settled.status_code, settled.json()["refund"]) == (200, "settled")
    assert await listed(system, refund="by-hand") == []


async def test_one_that_is_announced_waits_until_it_can_come_back(system: System) -> None:
    number, line = await sold(system, "return-order")
    warehouse, client = system.site.warehouse.model, system.site.client
    address, body = f"/returns/{NAME}/R-1", {"order": number, "lines": [{"line": line, "quantity": 1, "cause": "SIZE"}]}

    async with system.site.worker():
        made = await client.put(address, json=body)
    assert made.status_code == 201, made.text
    held = (await client.get(address)).json()
    assert (held["state"], held["reason_code"]) == ("held", "return-before-pick")
    assert not warehouse.returns.by_id

    warehouse.pick(number)
    await system.sync("returns")
    (there,) = warehouse.returns.by_id.values()
    assert (there.number, there.order.number, there.lines[0].sold.row_number) == ("R-1", number, line)
    assert (await client.get(address)).json()["state"] == "announced"

    warehouse.ship(number)
    system.site.tick(60)
    warehouse.returns.receive("R-1", {line: 1})
    await system.sync("returns")
    came_back = (await client.get(address)).json()
    assert (came_back["state"], came_back["refund"]) == ("returned", refunded(system))
    assert came_back["lines"][0]["items"][0]["cause"] == {"code": "SIZE", "name": "Wrong size"}
    assert (await client.delete(address)).status_code == 409
    assert [event["returns"][0]["number"] for event in await told(system)] == ["R-1"]


async def test_a_purchase_order_may_be_announced_as_a_return(system: System) -> None:
    number, line = await sold(system, "purchase-order")
    warehouse, client = system.site.warehouse.model, system.site.client
    warehouse.ship(number)
    async with system.site.worker():
        made = await client.put(f"/returns/{NAME}/R-2", json={"order": number, "lines": [{"line": line, "quantity": 1}]})
    assert (made.status_code, made.json()["way"]) == (201, "purchase-order"), made.text
    (there,) = warehouse.purchases.by_id.values()
    assert (there.is_return, there.body.goods_owner_reference, there.lines[0].body.external_order_line_id) == (True, number, line)

    system.site.tick(60)
    warehouse.purchases.receive("R-2", {line: 1})
    await system.sync("returns")
    (found,) = await listed(system, order=number)
    assert (found["number"], found["refund"], found["lines"][0]["quantity"]) == ("R-2", refunded(system), 1.0)
    assert [each.reported for each in there.lines] == [1]
