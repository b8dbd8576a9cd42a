"""The scripted day's way back: what the warehouse does, and what the shop should know afterwards."""

from __future__ import annotations

from typing import Any

from app.demo.catalogue import CUSTOMERS, order_of
from app.demo.scenes import Day, status_of

KARI, OLA, INGRID, *_ = CUSTOMERS
SENT = 450
FIRST, SECOND = "70730259915000001", "70730259915000002"
FLASK: dict[str, Any] = {
    "name": "Termos Rondane",
    "type": "simple",
    "regular_price": "449.00",
    "manage_stock": True,
    "stock_quantity": 3,
}


async def shipment(day: Day) -> None:
    """Sent with a tracking number: the order is completed with it. A further number that comes later is told as well.

    The warehouse's own webhook tells of the shipment; of a number that comes later none does.
    """
    shop, warehouse = day.world.shop, day.world.warehouse
    placed = await shop.call("POST", "orders", order_of(KARI, [(day.products["DEMO-KOPP"], 2)], status="processing"))
    number = placed["number"]
    await day.order(number)
    await warehouse.ship(number, FIRST)
    day.check("status in the shop", "completed", (await _reported(day, placed, FIRST))["status"])
    day.check("tracking told to the customer", [1, 0], await _told(day, placed))
    day.check("pieces confirmed to the warehouse", ["2 of 2"], await _confirmed(day, number))
    await warehouse.label(number, SECOND)
    await day.sync(process="shipments")
    await _reported(day, placed, SECOND)
    day.check("a further number, each once", [1, 1], await _told(day, placed))
    await day.sync(process="shipments")
    day.check("looked at again", [1, 1], await _told(day, placed))
    mapping = await day.mapping(number, lambda found: (found.get("delivery") or {}).get("state") == "reported")
    day.check("the gateway says", "sent by the warehouse, the shop knows", mapping.get("label"))


async def _reported(day: Day, placed: dict[str, Any], waybill: str) -> dict[str, Any]:
    """The order in the shop once a note names the waybill and it is completed; else as it is at the end."""

    async def look() -> dict[str, Any]:
        seen.update(await day.world.shop.call("GET", f"orders/{placed['id']}"))
        notes = await day.world.shop.notes(placed["id"])
        return seen if seen["status"] == "completed" and any(waybill in note["note"] for note in notes) else {}

    seen: dict[str, Any] = {}
    return await day.until(look) or seen


async def _told(day: Day, placed: dict[str, Any]) -> list[int]:
    """How many notes to the customer name the first and the second waybill."""
    notes = [note["note"] for note in await day.world.shop.notes(placed["id"]) if note["customer_note"]]
    return [sum(waybill in note for note in notes) for waybill in (FIRST, SECOND)]


async def _confirmed(day: Day, number: str) -> list[str]:
    """How much of every line is confirmed, once it is all that was picked."""

    async def look() -> bool:
        order = await day.world.warehouse.order(number) or {}
        seen[:] = [
            (line.get("reportedNumberOfItems") or 0, line["pickedNumberOfItems"]) for line in order.get("orderLines") or []
        ]
        return bool(seen) and all(told == picked for told, picked in seen)

    seen: list[tuple[float, float]] = []
    await day.until(look)
    return [f"{told:g} of {picked:g}" for told, picked in seen]


async def stock(day: Day) -> None:
    """The warehouse counts; the shop shows it. What somebody types into the shop is found by a full look."""
    shop, warehouse = day.world.shop, day.world.warehouse
    number = day.number("DEMO-TERMOS")
    made = await shop.call("POST", "products", {**FLASK, "sku": number})
    await day.article("DEMO-TERMOS")
    await warehouse.put_in_stock(number, 12)
    await day.sync(process="stock")
    day.check("counted in the warehouse", 12, await _shown(day, made["id"], 12))
    await warehouse.put_in_stock(number, 9)
    day.check("three fewer, told by the warehouse's webhook", 9, await _shown(day, made["id"], 9))
    await shop.call("PUT", f"products/{made['id']}", {"stock_quantity": 99})
    await day.quiet()
    found = await day.sync(process="stock", full=True)
    day.check("typed into the shop", 9, await _shown(day, made["id"], 9))
    day.check("written for that", 1, found["counts"]["updated"])
    again = await day.sync(process="stock", full=True)
    day.check("written when nothing has changed", 0, again["counts"]["updated"])


async def corrections(day: Day) -> None:
    """The warehouse scraps some. The shop shows fewer, the gateway shows why, and the warehouse hears that it is known."""
    gateway, warehouse = day.world.gateway, day.world.warehouse
    number = day.number("DEMO-TERMOS")
    settings = {"stock": {"adjustments": True, "scrapped_causes": ["SCRAP"]}}
    await gateway.call("PATCH", f"connections/{day.connection}", body={"settings": settings})
    await warehouse.scrap(number, 2)
    await day.sync(process="stock")
    found = await gateway.call("GET", "stock/adjustments", params={"connection": day.connection, "number": number})
    day.check("scrapped, shown once", [-2.0], [each["pieces"] for each in found["items"] if each["scrapped"]])

    async def confirmed() -> bool:
        """When orders had their turn meanwhile, the next read of the stock confirms it."""
        if not await warehouse.is_confirmed(number):
            await day.sync(process="stock")
        return await warehouse.is_confirmed(number)

    day.check_that("confirmed to the warehouse", await day.until(confirmed))
    asked = {"connection": day.connection, "number": number}
    there = await gateway.call("GET", "stock/article", params=asked)
    day.check("in the warehouse now", (7.0, 7.0), (there["sellable"], sum(each["pieces"] for each in there["items"])))


async def _shown(day: Day, product: int, wanted: int) -> int | None:
    """The quantity that the shop shows, once it is the wanted one; else the one at the end."""

    async def look() -> bool:
        found = await day.world.shop.call("GET", f"products/{product}")
        seen[:] = [found["stock_quantity"]]
        return bool(seen == [wanted])

    seen: list[int | None] = []
    await day.until(look)
    return seen[0]


async def guard(day: Day) -> None:
    """A shop switches a webhook off after failures, and never sends again what was meant for it."""
    shop, gateway = day.world.shop, day.world.gateway
    await day.quiet()
    for hook in await shop.webhooks():
        if hook["topic"].startswith("order."):
            await shop.call("PUT", f"webhooks/{hook['id']}", {"status": "disabled"})
    placed = await shop.call("POST", "orders", order_of(OLA, [(day.products["DEMO-SOKKER"], 3)], status="processing"))
    day.check("announced", None, await gateway.mapping(placed["number"], day.connection))
    seen = await gateway.call("POST", "connections/woocommerce/webhooks/check")
    day.check("the guard has", "repaired", seen["state"])
    hooks = await shop.webhooks()
    day.check("webhooks in the shop", ["active"] * 8, [hook["status"] for hook in hooks])
    day.check("the order that was missed", placed["number"], (await day.order(placed["number"]))["orderInfo"]["orderNumber"])
    await shop.call("PUT", f"orders/{placed['id']}", {"customer_note": "Takk"})
    changed = await day.order(placed["number"], lambda order: order["orderInfo"].get("orderRemark") == "Takk")
    day.check("and the next change is announced", "Takk", (changed.get("orderInfo") or {}).get("orderRemark"))


async def closed_short(day: Day) -> None:
    """One of two is damaged: a part is sent, the gateway shows what is missing, and a person closes the order with that."""
    shop, warehouse = day.world.shop, day.world.warehouse
    placed = await shop.call("POST", "orders", order_of(OLA, [(day.products["DEMO-KOPP"], 2)], status="processing"))
    number = placed["number"]
    await day.order(number)
    await warehouse.ship(number, "70730259915000004", {str(placed["line_items"][0]["id"]): 1})
    await day.sync(process="shipments")
    found = await day.mapping(number, lambda each: (each.get("delivery") or {}).get("state") == "partly", kind="order")
    shown = await day.world.gateway.call("GET", f"mappings/{found['id']}") if found else {"lines": []}
    day.check(
        "ordered, sent, missing", ["2 1 1"], [f"{one['ordered']:g} {one['sent']:g} {one['missing']:g}" for one in shown["lines"]]
    )
    day.check("status in the shop", "processing", (await shop.call("GET", f"orders/{placed['id']}"))["status"])
    await day.world.gateway.call("POST", f"mappings/{found['id']}/close-short")
    day.check("closed short", "completed", (await _reported(day, placed, "70730259915000004"))["status"])


async def goods_back(day: Day) -> None:
    """Two were sent, one comes back: it is refunded, with its tax, once."""
    shop, warehouse = day.world.shop, day.world.warehouse
    placed = await shop.call("POST", "orders", order_of(INGRID, [(day.products["DEMO-SOKKER"], 2)], status="processing"))
    number, line = placed["number"], placed["line_items"][0]
    await day.order(number)
    await warehouse.ship(number, "70730259915000003")
    await day.sync(process="shipments")
    day.check("sent", SENT, status_of(await day.order(number, lambda order: status_of(order) == SENT)))
    await warehouse.bring_back(number, {str(line["id"]): 1})
    await day.sync(process="returns")

    async def look() -> list[dict[str, Any]]:
        return await shop.refunds(placed["id"])

    refunds = await day.until(look)
    half = (float(line["total"]) + float(line["total_tax"])) / 2
    day.check("refunded", [f"{half:.2f}"], [refund["amount"] for refund in refunds])
    day.check("pieces", [-1], [each["quantity"] for refund in refunds for each in refund["line_items"]])
    await day.sync(process="returns")
    await day.quiet()
    day.check("refunds after another look", 1, len(await look()))


async def announced_back(day: Day) -> None:
    """A return portal announces a return before the goods are picked: it waits, goes into the warehouse, and is refunded once."""
    shop, warehouse, gateway = day.world.shop, day.world.warehouse, day.world.gateway
    placed = await shop.call("POST", "orders", order_of(INGRID, [(day.products["DEMO-SOKKER"], 2)], status="processing"))
    number, line = placed["number"], str(placed["line_items"][0]["id"])
    await day.order(number)
    name = day.number("RETUR-1")
    path = f"returns/{day.connection}/{name}"
    await gateway.call("PUT", path, {"order": number, "lines": [{"line": line, "quantity": 1, "cause": "SIZE"}]})
    day.check("nothing was picked yet", "return-before-pick", (await _return_in(day, path, "held"))["reason_code"])
    await warehouse.ship(number, "70730259915000004")
    await day.sync(process="returns")
    day.check("it is announced", "announced", (await _return_in(day, path, "announced"))["state"])
    await warehouse.receive_return(name, {line: 1})
    await day.sync(process="returns")
    back = await _return_in(day, path, "returned")
    day.check("it came back, and why", [("SIZE", 1)], [(_cause(each) or "", each["quantity"]) for each in back["lines"]])
    await day.sync(process="returns")
    await day.quiet()
    day.check("refunds", 1, len(await shop.refunds(placed["id"])))
    day.check("the gateway says", "refunded", (await gateway.call("GET", path))["refund"])


def _cause(line: dict[str, Any]) -> str | None:
    return next((item["cause"]["code"] for item in line["items"] if item["cause"]), None)


async def _return_in(day: Day, path: str, state: str) -> dict[str, Any]:
    """The return as soon as it is in this state; else as it is at the end."""
    seen: dict[str, Any] = {}

    async def look() -> bool:
        seen.update(await day.world.gateway.call("GET", path))
        return bool(seen["state"] == state)

    await day.until(look)
    return seen
