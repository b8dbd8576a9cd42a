"""A day with 24Nettbutikk, played by script: the gateway looks into the shop by itself, and nobody asks for anything."""

from __future__ import annotations

from typing import Any

from app.demo.goods_owners import GOODS_OWNERS
from app.demo.nettbutikk24 import token, way_back
from app.demo.nettbutikk24.scenes import shop_of, tested
from app.demo.nettbutikk24.simulator import POLL_MINUTES, SAMPLE_ORDERS, SYSTEM, confirmed, draft
from app.demo.scenes import Day, Scenes, order_id, status_of, twice

CANCELLED = 1000
BJORG = {
    "first_name": "Bjørg", "last_name": "Ås", "phone": "90000001", "e_mail": "bjorg@example.no", "address_1": "Kongens gate 3",
    "postcode": "6002", "city": "Ålesund", "use_delivery_address": "1", "delivery_name": "Hytta",
    "delivery_address_1": "Fjellveien 2", "delivery_postcode": "2670", "delivery_city": "Otta",
}  # fmt: skip


async def _connected(day: Day) -> None:
    """The shop takes its token in the query only, which the test finds out. A person confirms the words of its statuses."""
    gateway = day.world.gateway
    await shop_of(day).change(auth_forms=["query"])
    warehouse = {**day.world.warehouse_login, "goods_owner_id": GOODS_OWNERS[SYSTEM]}
    wanted = draft(day.world.nettbutikk_url, day.world.secrets.nettbutikk_token, warehouse, POLL_MINUTES)
    await gateway.call("PUT", f"connections/{day.connection}", wanted)
    facts = await tested(day)
    day.check("the token goes into the", "query", facts.get("auth_mode"))
    seen = [[one["status"], one["orders"]] for one in facts.get("statuses") or []]
    day.check("statuses seen", [["Mottatt", 3], ["Til behandling", 2]], sorted(seen))
    status, words = await gateway.refusal("POST", f"connections/{day.connection}/activate")
    day.check("activation before they are confirmed", 409, status)
    day.check_that("it names them", "Mottatt (3)" in words and "Til behandling (2)" in words)
    await gateway.call("PATCH", f"connections/{day.connection}", confirmed())
    connection = await gateway.call("POST", f"connections/{day.connection}/activate")
    day.check("and then it is", "active", connection["status"])


async def _first_look(day: Day) -> None:
    """What the shop had before: the first polls bring it."""
    if day.world.secrets.starts:  # products are looked at once an hour, and that may just have been
        await day.sync(process="articles")
    jacket = await day.article_in_full("UJ-1-M")
    row = await shop_of(day).variant(day.number("UJ-1-M"))
    day.check("a variant's name", "Ulljakke Størrelse: M", jacket.get("articleName"))
    day.check("product code is the unique product id", row["unique_product_id"], jacket.get("productCode"))
    day.check("bar code", "7090000000024", (jacket.get("barCodeInfo") or {}).get("barCode"))
    measures = [jacket.get(name) for name in ("weight", "length", "width", "volume")]
    day.check("kilograms, metres, cubic metres", [0.62, 0.4, 0.3, 0.0096], measures)

    async def arrived() -> bool:
        seen[:] = await day.world.warehouse.orders()
        return len(seen) >= SAMPLE_ORDERS

    seen: list[dict[str, Any]] = []
    await day.until(arrived)
    day.check("orders that were there", SAMPLE_ORDERS, len(seen))


async def _new_order(day: Day) -> None:
    """A customer who has goods sent to another address than her own."""
    shop = shop_of(day)
    buyer = await shop.customer(**BJORG)
    lines = [{"article_no": day.number("UJ-1-L"), "quantity": 2}, {"article_no": day.number("SOKK-1"), "quantity": 1}]
    texts = {"customer_comment": "Ring først", "shop_comment": "Pakkes pent"}
    placed = await shop.order(lines, customer_id=buyer["id"], **texts)
    order = await day.order(placed["order_no"])
    info, consignee = order.get("orderInfo") or {}, order.get("consignee") or {}
    day.check("lines", [("SOKK-1", 1), ("UJ-1-L", 2)], day.lines(order))
    day.check("rows are the shop's lines", sorted(line["id"] for line in placed["order_lines"]), _rows(order))
    day.check("remark", "Ring først", info.get("orderRemark"))
    way = info.get("wayOfDelivery") or {}
    day.check("way of delivery", ["3", "Posten – hentested"], [way.get("code"), way.get("name")])
    given = [consignee.get(name) for name in ("name", "address1", "postCode", "city", "countryCode")]
    day.check("address", ["Hytta", "Fjellveien 2", "2670", "Otta", "NO"], given)
    day.check("customer number", buyer["id"], consignee.get("customerNumber"))


async def _changed(day: Day) -> None:
    """More pieces of one, none of the other: the same order in the warehouse."""
    shop = shop_of(day)
    lines = [{"article_no": day.number("SOKK-1"), "quantity": 1}, {"article_no": day.number("KOPP-1"), "quantity": 1}]
    placed = await shop.order(lines)
    before = await day.order(placed["order_no"])
    socks, cup = (line["id"] for line in placed["order_lines"])
    await shop.edit(placed["order_no"], {socks: 3, cup: None}, customer_comment="Gave")
    after = await day.order(placed["order_no"], lambda order: day.lines(order) == [("SOKK-1", 3)])
    day.check("lines", [("SOKK-1", 3)], day.lines(after))
    day.check("remark", "Gave", (after.get("orderInfo") or {}).get("orderRemark"))
    day.check("still the same order", order_id(before), order_id(after))


async def _deleted(day: Day) -> None:
    shop = shop_of(day)
    placed = await shop.order([{"article_no": day.number("KOPP-1"), "quantity": 2}])
    day.check_that("it was in the warehouse", bool(await day.order(placed["order_no"])))
    await shop.delete(placed["order_no"])
    order = await day.order(placed["order_no"], lambda order: status_of(order) == CANCELLED)
    day.check("status in the warehouse", CANCELLED, status_of(order))


async def _charsets(day: Day) -> None:
    """Nobody knows in which one a shop answers, and it need not say so."""
    shop = shop_of(day)
    buyer = await shop.customer(**{**BJORG, "use_delivery_address": "0"})
    for charset in ("iso-8859-1", "utf-8"):
        await shop.change(charset=charset, charset_named=False)
        placed = await shop.order([{"article_no": day.number("SOKK-1"), "quantity": 1}], customer_id=buyer["id"])
        consignee = (await day.order(placed["order_no"])).get("consignee") or {}
        found = [consignee.get("name"), consignee.get("city")]
        day.check(f"{charset}, and no word of it", ["Bjørg Ås", "Ålesund"], found)


async def _evening(day: Day) -> None:
    """What must hold whatever happened during the day."""
    day.check_that("everything has been settled", await day.quiet())
    orders = await day.world.warehouse.orders()
    day.check("orders that are there twice", [], twice(orders))
    there = {order["orderInfo"]["orderNumber"] for order in orders}
    missing = [row["order_no"] for row in await shop_of(day).orders() if row["order_no"] not in there]
    day.check("orders that are missing", [], missing)
    day.check("orders the gateway cannot explain", [], [each for each in there if not await day.is_explained(each)])
    calls = await shop_of(day).journal()
    refused = {f"{call['method']} {call['path']} {call['status']}" for call in calls if call["status"] in (400, 404, 405, 429)}
    day.check("calls that the shop refused", [], sorted(refused))
    day.check("most calls to the shop at the same time", 1, await shop_of(day).most_at_once())


def _rows(order: dict[str, Any]) -> list[str]:
    return sorted(line["rowNumber"] for line in order.get("orderLines") or [])


SCENES: Scenes = (
    ("24nettbutikk: connected", _connected),
    ("24nettbutikk: the first look", _first_look),
    ("24nettbutikk: new order", _new_order),
    ("24nettbutikk: changed", _changed),
    ("24nettbutikk: deleted", _deleted),
    ("24nettbutikk: both charsets", _charsets),
    ("24nettbutikk: sent", way_back.sent),
    ("24nettbutikk: sent with rest", way_back.sent_with_rest),
    ("24nettbutikk: stock", way_back.stock),
    ("24nettbutikk: token replaced", token.replaced),
    ("24nettbutikk: the other form of the token", token.other_form),
    ("24nettbutikk: in the evening", _evening),
)
