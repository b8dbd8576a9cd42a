"""A day with mystore, played by script: a person connects the shop by its own pages, customers buy, and a token gets old."""

from __future__ import annotations

from typing import Any

from app.demo.mystore import way_back
from app.demo.mystore.onboarding import connect
from app.demo.mystore.scenes import settled, shop_of
from app.demo.mystore.shop import Record
from app.demo.mystore.simulator import SAMPLE_ORDERS
from app.demo.scenes import Day, Scenes, order_id, status_of, twice

CANCELLED = 1000
FJELL = {
    "shipping_address_name": "Ola Hansen",
    "shipping_address_company": "Fjell AS",
    "shipping_address_address": "Torget 4",
    "shipping_address_zipcode": "5014",
    "shipping_address_city": "Bergen",
    "shipping_address_country": "Norway",
}


async def _first_look(day: Day) -> None:
    """What the shop had before it was connected: its articles, and its orders since the day that the person chose."""
    run = await day.sync(process="articles")
    day.check("the sync of articles", "done", run["state"])
    jacket = await day.article_in_full("UJ-1-M")
    product = next(one for one in await shop_of(day).records("products") if one["attributes"]["sku"] == day.number("UJ-1"))
    day.check("a variant's name", "Ulljakke M", jacket.get("articleName"))
    day.check("product code: product, option and value", f"{product['id']}-1.2", jacket.get("productCode"))
    day.check("bar code", "7090000000031", (jacket.get("barCodeInfo") or {}).get("barCode"))
    day.check("weight in kg", 0.62, jacket.get("weight"))
    planned = await day.sync(process="orders", dry_run=True, full=True)
    day.check("a dry run of the orders", "done", planned["state"])
    run = await day.sync(process="orders")
    day.check("the sync of orders", "done", run["state"])
    await settled(day)
    day.check("orders that were there", SAMPLE_ORDERS, len(await day.world.warehouse.orders()))


async def _with_options(day: Day) -> None:
    """A variant, and a product with words that the customer typed: such an article is made from the order's line."""
    lines: list[Record] = [
        {"sku": day.number("UJ-1-L"), "quantity": 1},
        {"sku": day.number("BROD-1"), "name": "Brodert lue", "quantity": 2, "price": 199.2, "options": {"Tekst": "Ola"}},
    ]
    placed = await shop_of(day).order(lines, freight=79.2, **FJELL)
    order = await day.order(placed["id"])
    info, consignee = order.get("orderInfo") or {}, order.get("consignee") or {}
    day.check("lines", [("BROD-1", 2), ("UJ-1-L", 1)], day.lines(order))
    day.check("reference", placed["id"], info.get("referenceNumber"))
    day.check("way of delivery", "servicepakke_servicepakke", (info.get("wayOfDelivery") or {}).get("code"))
    given = [consignee.get(name) for name in ("name", "address1", "postCode", "city", "countryCode")]
    day.check("address", ["Fjell AS, Ola Hansen", "Torget 4", "5014", "Bergen", "NO"], given)
    made = await day.article("BROD-1")
    day.check("name of the article that was made", "Brodert lue Ola", made.get("articleName"))


async def _edited(day: Day) -> None:
    """Fewer pieces, a line gone, and another street: the same order in the warehouse."""
    shop = shop_of(day)
    placed = await shop.order([{"sku": day.number("SOKK-1"), "quantity": 3}, {"sku": day.number("KOPP-1"), "quantity": 1}])
    before = await day.order(placed["id"])
    day.check("before", [("KOPP-1", 1), ("SOKK-1", 3)], day.lines(before))
    socks, cup = (line["id"] for line in await shop.of_order("order-products", placed["id"]))
    await shop.edit(placed["id"], {socks: 2, cup: None}, shipping_address_address="Storgata 7")
    after = await day.order(placed["id"], lambda order: day.lines(order) == [("SOKK-1", 2)])
    day.check("after", [("SOKK-1", 2)], day.lines(after))
    day.check("street", "Storgata 7", (after.get("consignee") or {}).get("address1"))
    day.check("still the same order", order_id(before), order_id(after))


async def _cancelled(day: Day) -> None:
    shop = shop_of(day)
    placed = await shop.order([{"sku": day.number("KOPP-1"), "quantity": 2}])
    day.check_that("it was in the warehouse", bool(await day.order(placed["id"])))
    await shop.set_status(placed["id"], "Kansellert")
    order = await day.order(placed["id"], lambda order: status_of(order) == CANCELLED)
    day.check("status in the warehouse", CANCELLED, status_of(order))


async def _token_too_old(day: Day) -> None:
    """The shop's token is refused in the middle of the day: it is renewed once, and nobody notices."""
    shop = shop_of(day)
    await settled(day)
    seen = max((call["number"] for call in await shop.journal()), default=0)
    await shop.expire_tokens()
    placed = [await shop.order([{"sku": day.number("SOKK-1"), "quantity": count}]) for count in (1, 2)]
    found = [day.lines(await day.order(one["id"])) for one in placed]
    day.check("orders that come meanwhile", [[("SOKK-1", 1)], [("SOKK-1", 2)]], found)
    await settled(day)
    calls = await shop.journal(seen)
    renewed = [call["status"] for call in calls if call["method"] == "POST" and call["path"] == "/oauth/token"]
    day.check("asked for a new token, and answered", [200], renewed)
    shown = await day.world.gateway.call("GET", f"connections/{day.connection}")
    day.check("the connection", "active", shown["status"])


async def _evening(day: Day) -> None:
    """What must hold whatever happened during the day."""
    day.check_that("everything has been settled", await settled(day))
    orders = await day.world.warehouse.orders()
    day.check("orders that are there twice", [], twice(orders))
    there = {order["orderInfo"]["orderNumber"] for order in orders}
    missing = [one["id"] for one in await shop_of(day).records("orders") if one["id"] not in there]
    day.check("orders that are missing", [], missing)
    day.check("orders the gateway cannot explain", [], [each for each in there if not await day.is_explained(each)])
    day.check("calls that mystore refused", [], sorted({_call(one) for one in await shop_of(day).journal() if _is_refused(one)}))


def _is_refused(call: dict[str, Any]) -> bool:
    """Not for the token that was too old."""
    return 400 <= call["status"] < 500 and "expired" not in str(call["answer"])


def _call(call: dict[str, Any]) -> str:
    return f"{call['method']} {call['path']} {call['status']}"


SCENES: Scenes = (
    ("mystore: connected by a person", connect),
    ("mystore: the first look", _first_look),
    ("mystore: order with options", _with_options),
    ("mystore: edited", _edited),
    ("mystore: kansellert", _cancelled),
    ("mystore: token too old", _token_too_old),
    ("mystore: two parcels", way_back.two_parcels),
    ("mystore: stock", way_back.stock),
    ("mystore: in the evening", _evening),
)
