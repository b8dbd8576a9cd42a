"""The way back to 24Nettbutikk: what the warehouse sends and counts, and what the shop should know afterwards."""

from __future__ import annotations

from itertools import dropwhile

from app.demo.nettbutikk24.scenes import shop_of, shown, writes
from app.demo.nettbutikk24.shop import Row
from app.demo.scenes import Day

WAYBILL = "370700000000000021"
FIRST, SECOND = "370700000000000022", "370700000000000023"


async def sent(day: Day) -> None:
    """All of it: the line first, then the order's number, its status last. Each once."""
    shop, warehouse = shop_of(day), day.world.warehouse
    placed = await shop.order([{"article_no": day.number("KOPP-1"), "quantity": 2}])
    number, line = placed["order_no"], placed["order_lines"][0]["id"]
    await day.order(number)
    await day.quiet()
    seen = await shop.calls_so_far()
    await warehouse.ship(number, WAYBILL)
    await day.sync(process="shipments")
    order = await shown(day, number, lambda row: row["status"] == "Sendt")
    day.check("status in the shop", "Sendt", order["status"])
    day.check("tracking number", WAYBILL, order["tracking_number"])
    day.check("the line: sent, and its number", [["1", WAYBILL]], _lines(order))
    day.check_that("the line has a day", order["order_lines"][0]["sent_date"] is not None)
    await day.sync(process="shipments")
    await day.quiet()
    once = [
        f"orders/{number}/lines/{line} sent sent_date tracking_number",
        f"orders/{number} tracking_number",
        f"orders/{number} status",
    ]
    day.check("written, once", once, writes(await shop.journal(seen)))
    mapping = await day.mapping(number, lambda found: (found.get("delivery") or {}).get("state") == "reported", kind="order")
    day.check("the gateway says", "sent by the warehouse, the shop knows", mapping.get("label"))


async def sent_with_rest(day: Day) -> None:
    """One of two is short: the order is sent with rest. When the rest is sent, it is sent."""
    shop, warehouse = shop_of(day), day.world.warehouse
    lines = [{"article_no": day.number("SOKK-1"), "quantity": 1}, {"article_no": day.number("KOPP-1"), "quantity": 2}]
    placed = await shop.order(lines)
    number = placed["order_no"]
    socks, cups = (line["id"] for line in placed["order_lines"])
    await day.order(number)
    await warehouse.ship(number, FIRST, {socks: 1, cups: 1})
    await day.sync(process="shipments")
    order = await shown(day, number, lambda row: row["status"] == "Sendt med rest")
    day.check("status in the shop", "Sendt med rest", order["status"])
    day.check("lines: the whole one is sent, the other is open", [["1", FIRST], ["0", None]], _lines(order))
    await warehouse.ship(number, SECOND, {socks: 1, cups: 2})
    await day.sync(process="shipments")
    order = await shown(day, number, lambda row: row["status"] == "Sendt")
    day.check("when the rest is sent", "Sendt", order["status"])
    day.check("with both numbers", f"{FIRST}, {SECOND}", order["tracking_number"])


async def stock(day: Day) -> None:
    """The warehouse counts; the shop shows it, and is asked whether it does."""
    shop, warehouse, number = shop_of(day), day.world.warehouse, day.number("VOTT-1")
    await shop.product(number, "Votter")
    await day.sync(process="articles")
    await day.article("VOTT-1")
    await warehouse.put_in_stock(number, 12)
    seen = await shop.calls_so_far()
    await day.sync(process="stock")
    unique = (await shop.variant(number))["unique_product_id"]
    day.check("counted in the warehouse", "12", await _shows(day, number, "12"))

    async def both() -> list[str]:
        methods = (call["method"] for call in await shop.journal(seen) if _is_about(call, unique))
        made[:] = list(dropwhile(lambda method: method != "PATCH", methods))[:2]
        return made[1:]

    made: list[str] = []
    await day.until(both)  # the shop shows the figure before it is asked for it
    day.check("written, and read back", ["PATCH", "GET"], made)
    placed = await shop.order([{"article_no": number, "quantity": 2}])
    await day.order(placed["order_no"])
    await day.quiet()
    await day.sync(process="stock", full=True)
    day.check("two of them are ordered", "10", await _shows(day, number, "10"))
    again = await day.sync(process="stock", full=True)
    day.check("written when nothing has changed", 0, again["counts"]["updated"])


def _lines(order: Row) -> list[list[str | None]]:
    """Whether each line is sent, and its tracking number."""
    return [[line["sent"], line["tracking_number"]] for line in order["order_lines"]]


def _is_about(call: Row, unique: str) -> bool:
    """A PATCH of the row, or a read that shows it: alone, or in the list of changes, where several were written together."""
    shown = str(call["answer"])  # with the quotes of JSON where the journal keeps it as text
    return call["path"].endswith(f"/products/{unique}") or (
        call["method"] == "GET" and any(f"{quote}{unique}{quote}" in shown for quote in "'\"")
    )


async def _shows(day: Day, number: str, wanted: str) -> str:
    """What the shop shows of the article, once it is the wanted; else what it shows at the end."""

    async def look() -> bool:
        seen[:] = [(await shop_of(day).variant(number))["stock"]]
        return seen == [wanted]

    seen: list[str] = []
    await day.until(look)
    return seen[0]
