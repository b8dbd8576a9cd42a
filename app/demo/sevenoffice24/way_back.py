"""The way back to 24SevenOffice: what the warehouse sends and counts, and what the ERP should know afterwards."""

from __future__ import annotations

from app.demo.scenes import Day
from app.demo.sevenoffice24.office import Values
from app.demo.sevenoffice24.scenes import SET_STOCK, about, is_sent, office_of, placed, reported, shown

WAYBILL = "370700000000000031"


async def sent(day: Day) -> None:
    """Read, saved and read back, once. *Sent* draws the ERP's stock by itself: it is not drawn twice."""
    office, warehouse, number = office_of(day), day.world.warehouse, day.number("BALL-1")
    await office.product(number, "Ball", Stock=30)
    await day.article("BALL-1")
    await warehouse.put_in_stock(number, 30)
    key, order_number = await placed(day, "BALL-1", 2)
    await day.quiet()
    seen = await office.calls_so_far()
    await warehouse.ship(order_number, WAYBILL)
    await day.sync(process="shipments")
    order = await shown(day, key, is_sent)
    day.check("status in the ERP", "OrderState_Sent", order["OrderStatus"])
    day.check("the gateway says", "sent by the warehouse, the ERP knows", await reported(day, order_number))
    await day.sync(process="shipments")
    await day.quiet()
    calls = await office.journal(seen)
    day.check("read, saved, read back, once", ["GetInvoices", "SaveInvoices", "GetInvoices"], about(calls, key))
    day.check("stock in the ERP, with two pieces gone", 28.0, await _shows(day, "BALL-1", 28))


async def stock(day: Day) -> None:
    """The warehouse has counted. Written is what the ERP has otherwise, which a full look finds."""
    office, warehouse = office_of(day), day.world.warehouse
    for article, has in (("VOTT-1", 3), ("LUE-1", 9)):
        await office.product(day.number(article), article.title(), Stock=has)
    for article, counted in (("VOTT-1", 12), ("LUE-1", 9)):
        await day.article(article)
        await warehouse.put_in_stock(day.number(article), counted)
    seen = await office.calls_so_far()
    await day.sync(process="stock", full=True)
    day.check("counted in the warehouse", 12.0, await _shows(day, "VOTT-1", 12))
    await day.quiet()
    calls = await office.journal(seen)
    written = {article: _set(calls, await office.product_id(day.number(article))) for article in ("VOTT-1", "LUE-1")}
    day.check("written where the two differ, once", [[12.0], []], list(written.values()))
    again = await day.sync(process="stock", full=True)
    day.check("written when nothing has changed", 0, again["counts"]["updated"])


def _set(calls: list[Values], product_id: int | None) -> list[float]:
    """The quantities of the product that were written."""
    bodies = [call["body"] for call in calls if call["body"]["operation"] == SET_STOCK]
    return [float(body["stockQuantity"]) for body in bodies if body["productId"] == product_id]


async def _shows(day: Day, article: str, wanted: float) -> float | None:
    """What the ERP has of the article, once it is the wanted; else what it has at the end."""

    async def look() -> bool:
        seen[:] = [await office_of(day).stock(day.number(article))]
        return seen == [wanted]

    seen: list[float | None] = []
    await day.until(look)
    return seen[0]
