"""A sale of which no webhook came: a reconcile names it, and a backfill brings it.

And a sale that another integration has brought to the warehouse: it is taken over without a write.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.catalogue import CUSTOMERS, order_of
from app.demo.scenes import Day

ENDED = ("done", "failed", "stopped")


async def reconcile_and_backfill(day: Day) -> None:
    shop, warehouse = day.world.shop, day.world.warehouse
    await day.quiet()
    await shop.hold_deliveries(True)
    placed = await shop.call("POST", "orders", order_of(CUSTOMERS[0], [(day.products["DEMO-SOKKER"], 2)], status="processing"))
    number = placed["number"]
    await shop.drop_deliveries()
    await shop.hold_deliveries(False)
    written = len(await warehouse.journal())
    compared = await _worked(day, "reconcile", late_minutes=0)
    found = [each for each in await _lines(day, "reconcile", compared) if each["number"] == number]
    day.check("a reconcile finds it", ["missing: sync-orders"], [f"{each['kind']}: {each['fix']['action']}" for each in found])
    planned = await _worked(day, "backfill", dry_run=True)
    shown = [each["kind"] for each in await _lines(day, "backfill", planned) if each["number"] == number]
    day.check("a backfill's dry run would", ["created"], shown)
    calls = (await warehouse.journal())[written:]
    day.check("neither writes", [], [call["method"] for call in calls if call["method"] != "GET"])
    filled = await _worked(day, "backfill")
    day.check("the backfill", ["done", planned["outcomes"]["created"]], [filled["state"], filled["outcomes"]["created"]])
    day.check("brings it", [("DEMO-SOKKER", 2)], day.lines(await day.order(number)))


async def taken_over(day: Day) -> None:
    shop, warehouse = day.world.shop, day.world.warehouse
    await day.quiet()
    await shop.hold_deliveries(True)
    sold = [(day.products["DEMO-KOPP"], 1)]
    placed = await shop.call("POST", "orders", order_of(CUSTOMERS[0], sold, status="processing"))
    await shop.drop_deliveries()
    await shop.hold_deliveries(False)
    number, line = placed["number"], placed["line_items"][0]["id"]
    consignee = {"name": "Kari", "address1": "Storgata 1", "postCode": "0155", "city": "Oslo", "countryCode": "NO"}
    rows = [{"rowNumber": "1", "articleNumber": day.number("DEMO-KOPP"), "numberOfItems": 1}]
    day_of_delivery = datetime.now(UTC).isoformat()
    await warehouse.put_order(
        {"orderNumber": number, "deliveryDate": day_of_delivery, "consignee": consignee, "orderLines": rows}
    )
    written = len(await warehouse.journal())
    shown = await _worked(day, "adopt")
    day.check("it is shown before it is done", ["differs"], await _kinds(day, shown, number))
    done = await _worked(day, "adopt", apply=True)
    day.check("it is taken over", ["done", "differs"], [done["state"], *await _kinds(day, done, number)])
    calls = (await warehouse.journal())[written:]
    day.check("without a write", [], [call["method"] for call in calls if call["method"] != "GET"])
    await shop.call("PUT", f"orders/{placed['id']}", {"line_items": [{"id": line, "quantity": 2}]})
    after = await day.order(number, lambda order: day.lines(order) == [("DEMO-KOPP", 2)])
    day.check("a change goes into its own row", [("DEMO-KOPP", 2)], day.lines(after))
    await _attached(day, number)


async def _attached(day: Day, number: str) -> None:
    """A document goes on the order, once however often it is put there."""
    address = f"mappings/{(await day.mapping(number, kind='order'))['id']}/files"
    note = {"name": "note.txt", "mime_type": "text/plain", "data_base64": base64.b64encode(b"Happy birthday").decode()}
    for _ in range(2):
        await day.world.gateway.call("PUT", address, note)
    listed = await day.world.gateway.call("GET", address)
    day.check("a file is on the order once", ["note.txt"], [each["name"] for each in listed["items"]])


async def _kinds(day: Day, work: dict[str, Any], number: str) -> list[str]:
    return [each["kind"] for each in await _lines(day, "adopt", work) if each["number"] == number]


async def _worked(day: Day, kind: str, **more: Any) -> dict[str, Any]:
    """One of the last hours, when it has ended."""
    since = (datetime.now(UTC) - timedelta(hours=6)).isoformat()
    begun = await day.world.gateway.call("POST", kind, {"connection": day.connection, "since": since, **more})

    async def look() -> dict[str, Any]:
        seen: dict[str, Any] = await day.world.gateway.call("GET", f"{kind}/{begun['id']}")
        return seen if seen["state"] in ENDED else {}

    return await day.until(look) or begun


async def _lines(day: Day, kind: str, work: dict[str, Any]) -> list[dict[str, Any]]:
    found = await day.world.gateway.call("GET", f"{kind}/{work['id']}/lines", params={"limit": 200})
    items: list[dict[str, Any]] = found["items"]
    return items
