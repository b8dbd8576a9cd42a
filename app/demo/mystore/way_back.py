"""The way back to mystore: what the warehouse sends and counts, and what the shop should know afterwards."""

from __future__ import annotations

from app.demo.mystore.scenes import settled, shop_of
from app.demo.mystore.shop import Record
from app.demo.scenes import Day

FIRST, SECOND = "370700000000000011", "370700000000000012"


async def two_parcels(day: Day) -> None:
    """The order is sent with the first parcel; the second one's number comes later. The status is written once."""
    shop, warehouse = shop_of(day), day.world.warehouse
    placed = await shop.order([{"sku": day.number("KOPP-1"), "quantity": 2}])
    number = placed["id"]
    await day.order(number)
    await settled(day)
    seen = max((call["number"] for call in await shop.journal()), default=0)
    await warehouse.ship(number, FIRST)
    await day.sync(process="shipments")
    order = await _with_tracking(day, number, FIRST)
    day.check("status in the shop", "Sendt", await shop.status_of(number))
    day.check("tracking number", FIRST, order["attributes"]["tracking_number"])
    day.check_that("the payment is captured", order["attributes"]["finished_at"] is not None)
    await warehouse.label(number, SECOND)
    await day.sync(process="shipments")
    order = await _with_tracking(day, number, SECOND)
    day.check("with the second parcel", f"{FIRST}, {SECOND}", order["attributes"]["tracking_number"])
    await day.sync(process="shipments")
    await settled(day)
    day.check("comments that name each parcel", [1, 1], await _told(day, number))
    statuses = [call for call in await shop.journal(seen) if _sets_status(call, number)]
    day.check("times that the status was written", 1, len(statuses))
    mapping = await day.mapping(number, lambda found: (found.get("delivery") or {}).get("state") == "reported", kind="order")
    day.check("the gateway says", "sent by the warehouse, the shop knows", mapping.get("label"))


async def stock(day: Day) -> None:
    """The warehouse counts a variant; the shop shows what is left to sell. The product's own quantity is left alone."""
    shop, warehouse = shop_of(day), day.world.warehouse
    sizes = [{"sku": day.number(f"VOTT-1-{size}"), "quantity": 3, "options": {"Størrelse": size}} for size in ("M", "L")]
    made = await shop.product(day.number("VOTT-1"), "Votter", variants=sizes)
    for size in ("M", "L"):
        await day.article(f"VOTT-1-{size}")
    await settled(day)
    for size, pieces in (("M", 12), ("L", 5)):
        await warehouse.put_in_stock(day.number(f"VOTT-1-{size}"), pieces)
    await day.sync(process="stock")
    day.check("counted in the warehouse", [12, 5], await _quantities(day, made["id"], [12, 5]))
    placed = await shop.order([{"sku": day.number("VOTT-1-M"), "quantity": 2}])
    await day.order(placed["id"])
    await settled(day)
    await day.sync(process="stock", full=True)
    day.check("two of them are ordered", [10, 5], await _quantities(day, made["id"], [10, 5]))
    again = await day.sync(process="stock", full=True)
    day.check("written when nothing has changed", 0, again["counts"]["updated"])


async def _with_tracking(day: Day, number: str, waybill: str) -> Record:
    """The order in the shop once it and its log name the waybill; else as it is at the end."""

    async def look() -> bool:
        seen.update(await shop_of(day).find("orders", number))
        logged = [one["attributes"]["comments"] or "" for one in await shop_of(day).of_order("order-status-history", number)]
        return waybill in str(seen["attributes"]["tracking_number"]) and any(waybill in each for each in logged)

    seen: Record = {}
    await day.until(look)
    return seen


async def _told(day: Day, number: str) -> list[int]:
    """How many comments in the order's log name the first and the second waybill."""
    logged = [one["attributes"]["comments"] or "" for one in await shop_of(day).of_order("order-status-history", number)]
    return [sum(waybill in each for each in logged) for waybill in (FIRST, SECOND)]


def _sets_status(call: Record, number: str) -> bool:
    return call["method"] == "PATCH" and call["path"].endswith(f"/orders/{number}") and "order-status" in str(call["body"])


async def _quantities(day: Day, product: str, wanted: list[int]) -> list[int]:
    """What the product's variants show, once it is the wanted; else as it is at the end."""

    async def look() -> bool:
        variants = await shop_of(day).records("product-variants")
        own = [one for one in variants if one["relationships"]["product"]["data"]["id"] == product]
        seen[:] = [one["attributes"]["quantity"] for one in own]
        return seen == wanted

    seen: list[int] = []
    await day.until(look)
    return seen
