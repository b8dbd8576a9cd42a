"""A day of the shop, played by script: what a shop does to a gateway, and what the warehouse should have afterwards.

Each scene does one thing through the shop's own REST API or its webhooks, and looks at the outcome in the warehouse.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

from app.demo import way_back
from app.demo.carriers.scenes import carriers
from app.demo.catalogue import CUSTOMERS, JACKET, PARTS, PRODUCTS, order_of
from app.demo.compared.scenes import reconcile_and_backfill, taken_over
from app.demo.mystore import day as mystore
from app.demo.mystore import simulator
from app.demo.nettbutikk24 import day as nettbutikk_day
from app.demo.nettbutikk24 import simulator as nettbutikk
from app.demo.purchases.scenes import bought
from app.demo.scenes import Checked, Day, Scenes, order_id, status_of, twice
from app.demo.sevenoffice24 import day as sevenoffice_day
from app.demo.sevenoffice24 import simulator as sevenoffice
from app.demo.world import World

KARI, OLA, INGRID, LARS, EVA = CUSTOMERS
CANCELLED = 1000
ALLOCATED = 320
STAGING = "https://staging.shop.example/"


async def play(world: World, tell: Callable[[str], None]) -> list[Checked]:
    """Plays all scenes and returns what was found. `tell` is told the scene that begins.

    The shops of other systems have their days at the same time. That of mystore is left out when another mystore than the demo's
    own is in use.
    """
    day = Day(world)
    await _play(day, SCENES, tell)
    others = [
        (Day(world.seen_by(nettbutikk.SYSTEM), connection=nettbutikk.SYSTEM), nettbutikk_day.SCENES),
        (Day(world.seen_by(sevenoffice.SYSTEM), connection=sevenoffice.SYSTEM), sevenoffice_day.SCENES),
    ]
    if not simulator.is_replaced(os.environ):
        seen = world.seen_by(simulator.SYSTEM)
        others.insert(0, (Day(seen, connection=f"{simulator.SYSTEM}{world.secrets.mark}"), mystore.SCENES))
    await asyncio.gather(*(_play(other, scenes, tell) for other, scenes in others))
    day.checks += [check for other, _ in others for check in other.checks]
    await _play(day, EVENING, tell)
    return day.checks


async def _play(day: Day, scenes: Scenes, tell: Callable[[str], None]) -> None:
    for name, scene in scenes:
        day.scene = name
        tell(name)
        await scene(day)


async def _articles(day: Day) -> None:
    shop = day.world.shop
    for product in PRODUCTS:
        made = await shop.call("POST", "products", {"type": "simple", **product, "sku": day.number(product["sku"])})
        day.products[product["sku"]] = made["id"]
    jacket = await day.article("DEMO-JAKKE")
    day.check("name", JACKET["name"], jacket.get("articleName"))
    day.check("product code is the shop's id", str(day.products["DEMO-JAKKE"]), jacket.get("productCode"))
    day.check("bar code", JACKET["global_unique_id"], (jacket.get("barCodeInfo") or {}).get("barCode"))
    day.check("weight in kg", 0.62, jacket.get("weight"))


async def _kit(day: Day) -> None:
    """A product of two cups and a pair of socks, an address in one text, a changed number, and what delivery notes print."""
    shop, gateway = day.world.shop, day.world.gateway
    parts = f"{day.number('DEMO-KOPP')}*2, {day.number('DEMO-SOKKER')}"
    meta = [{"key": PARTS, "value": parts}]
    made = await shop.call(
        "POST", "products", {"name": "Turpakke", "sku": day.number("DEMO-PAKKE"), "regular_price": "899.00", "meta_data": meta}
    )
    kit = await day.article("DEMO-PAKKE")
    day.check("the warehouse picks its parts", "Structure", kit.get("articleKind"))
    to = {"first_name": "Kari", "last_name": "Nordmann", "country": "NO", "address_1": "Storgata 1, 0155 Oslo", "city": ""}
    placed = await shop.call("POST", "orders", order_of(KARI, [(made["id"], 1)], status="processing", shipping=to))
    order = await day.order(placed["number"])
    given = [(order.get("consignee") or {}).get(name) for name in ("address1", "postCode", "city")]
    day.check("an address in one text is split", ["Storgata 1", "0155", "Oslo"], given)
    await shop.call("PUT", f"products/{made['id']}", {"sku": day.number("DEMO-PAKKE-2")})
    await day.article("DEMO-PAKKE-2")

    async def told() -> list[str]:
        alerts = await gateway.call("GET", "alerts", params={"connection": day.connection, "kind": "articles"})
        return [each["text"] for each in alerts["items"] if day.number("DEMO-PAKKE-2") in each["text"]]

    day.check("one notice of the changed number", 1, len(await day.until(told)))
    note = await gateway.call("GET", f"connections/{day.connection}/delivery-note")
    fills = {each["field"]: each["source"] for each in note["fields"]}
    day.check("delivery notes print the buyer from", "billing.company", fills.get("consignee.invoiceAddress.name"))


async def _new_order(day: Day) -> None:
    """At the checkout `order.updated` is sent before `order.created`."""
    lines = [(day.products["DEMO-JAKKE"], 1), (day.products["DEMO-SOKKER"], 2)]
    placed = await day.world.shop.checkout(order_of(KARI, lines, customer_note="Ring på hos naboen"))
    order = await day.order(placed["number"])
    info, consignee = order.get("orderInfo") or {}, order.get("consignee") or {}
    day.check("the shop's id", str(placed["id"]), info.get("goodsOwnerOrderId"))
    day.check("remark", "Ring på hos naboen", info.get("orderRemark"))
    day.check("way of delivery", "flat_rate", (info.get("wayOfDelivery") or {}).get("code"))
    day.check("lines", [("DEMO-JAKKE", 1), ("DEMO-SOKKER", 2)], day.lines(order))
    given = [consignee.get(name) for name in ("name", "address1", "postCode", "city", "countryCode")]
    day.check("address", ["Kari Nordmann", "Storgata 1", "0155", "Oslo", "NO"], given)


async def _changed(day: Day) -> None:
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(OLA, [(day.products["DEMO-KOPP"], 1)], status="processing"))
    before = await day.order(placed["number"])
    line = placed["line_items"][0]["id"]
    await shop.call("PUT", f"orders/{placed['id']}", {"line_items": [{"id": line, "quantity": 3}], "shipping": {"city": "Voss"}})
    after = await day.order(placed["number"], lambda order: day.lines(order) == [("DEMO-KOPP", 3)])
    day.check("quantity", [("DEMO-KOPP", 3)], day.lines(after))
    day.check("city", "Voss", (after.get("consignee") or {}).get("city"))
    day.check("still the same order", order_id(before), order_id(after))


async def _cancelled(day: Day) -> None:
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(INGRID, [(day.products["DEMO-KOPP"], 1)], status="processing"))
    day.check_that("it was in the warehouse", bool(await day.order(placed["number"])))
    await shop.call("PUT", f"orders/{placed['id']}", {"status": "cancelled"})
    order = await day.order(placed["number"], lambda order: status_of(order) == CANCELLED)
    day.check("status in the warehouse", CANCELLED, status_of(order))


async def _trashed(day: Day) -> None:
    """The delivery holds only the id: the gateway reads the order."""
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(LARS, [(day.products["DEMO-KOPP"], 1)], status="processing"))
    day.check_that("it was in the warehouse", bool(await day.order(placed["number"])))
    await shop.call("DELETE", f"orders/{placed['id']}")
    order = await day.order(placed["number"], lambda order: status_of(order) == CANCELLED)
    day.check("status in the warehouse", CANCELLED, status_of(order))


async def _duplicates(day: Day) -> None:
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(EVA, [(day.products["DEMO-SOKKER"], 1)], status="processing"))
    order = await day.order(placed["number"])
    await day.quiet()
    written = await day.writes(placed["number"])
    body = await shop.call("GET", f"orders/{placed['id']}")
    answers = [await day.deliver("order.updated", body) for _ in range(3)]
    await day.quiet()
    day.check("each is answered 200", [200, 200, 200], answers)
    day.check("writes to the warehouse", written, await day.writes(placed["number"]))
    day.check("Svalbard stays SJ", "SJ", (order.get("consignee") or {}).get("countryCode"))


async def _out_of_order(day: Day) -> None:
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(KARI, [(day.products["DEMO-KOPP"], 2)], status="processing"))
    await day.order(placed["number"])
    await day.quiet()
    late = {**await shop.call("GET", f"orders/{placed['id']}"), "customer_note": "old"}
    late |= {"date_modified": "2026-01-01T10:00:00", "date_modified_gmt": "2026-01-01T09:00:00"}
    await shop.call("PUT", f"orders/{placed['id']}", {"customer_note": "new"})
    await day.order(placed["number"], lambda order: order["orderInfo"]["orderRemark"] == "new")
    day.check("the late delivery is answered", 200, await day.deliver("order.updated", late))
    await day.quiet()
    order = await day.order(placed["number"])
    day.check("remark", "new", (order.get("orderInfo") or {}).get("orderRemark"))


async def _variation(day: Day) -> None:
    shop = day.world.shop
    sizes = {"name": "Størrelse", "variation": True, "visible": True, "options": ["M", "L"]}
    parent = await shop.call(
        "POST", "products", {"name": "Ullgenser", "type": "variable", "sku": day.number("DEMO-GENSER"), "attributes": [sizes]}
    )
    made = {}
    for size in ("M", "L"):
        body = {
            "sku": day.number(f"DEMO-GENSER-{size}"),
            "regular_price": "999.00",
            "attributes": [{"name": "Størrelse", "option": size}],
        }
        made[size] = await shop.call("POST", f"products/{parent['id']}/variations", body)
    item = {"product_id": parent["id"], "variation_id": made["L"]["id"], "quantity": 1}
    placed = await shop.call("POST", "orders", order_of(OLA, [], status="processing", line_items=[item]))
    order = await day.order(placed["number"])
    day.check("the line is the variation's article", [("DEMO-GENSER-L", 1)], day.lines(order))
    article = await day.until(lambda: _named(day, day.number("DEMO-GENSER-L"))) or {}
    day.check("product code is the variation's id", str(made["L"]["id"]), article.get("productCode"))
    day.check("name", "Ullgenser - L", article.get("articleName"))


async def _named(day: Day, number: str) -> dict[str, Any] | None:
    """The article as it is written in full; one made from an order line alone has no product code of a variation yet."""
    found = await day.world.warehouse.article(number)
    return found if found and found.get("productCode") else None


async def _missing_sku(day: Day) -> None:
    shop = day.world.shop
    bare = await shop.call("POST", "products", {"name": "Gave uten nummer", "type": "simple", "regular_price": "50.00"})
    placed = await shop.call("POST", "orders", order_of(INGRID, [(bare["id"], 1)], status="processing"))
    order = await day.mapping(placed["number"], lambda mapping: mapping["transfer"] == "held")
    day.check("the order", "held", order.get("transfer"))
    day.check_that("with a reason", bool(order.get("reason")), order.get("reason") or "none")
    await day.quiet()
    day.check("in the warehouse", None, await day.world.warehouse.order(placed["number"]))
    article = await day.mapping(str(bare["id"]), lambda mapping: bool(mapping.get("reason")))
    day.check("the article", "none", article.get("transfer"))
    day.check_that("with a reason", bool(article.get("reason")), article.get("reason") or "none")


async def _wrong_signature(day: Day) -> None:
    body = {"id": 990001, "status": "processing"}
    day.check("another secret's signature", 401, await day.deliver("order.created", body, secret="guessed"))  # noqa: S106 - wrong on purpose
    plain = await day.world.http.post(day.world.webhook_url, json=body)
    day.check("no signature", 401, plain.status_code)
    day.check("unknown to the gateway", None, await day.world.gateway.mapping("990001", day.connection))


async def _staging_copy(day: Day) -> None:
    """A copy of the shop has its secret too; only its own address gives it away."""
    shop = day.world.shop
    placed = await shop.call("POST", "orders", order_of(LARS, [(day.products["DEMO-KOPP"], 1)], status="pending"))
    body = {**await shop.call("GET", f"orders/{placed['id']}"), "id": 990002, "number": "990002", "status": "processing"}
    day.check("answered", 200, await day.deliver("order.created", body, source=STAGING))
    await day.quiet()
    day.check("in the warehouse", None, await day.world.warehouse.order("990002"))
    ignored = await day.world.gateway.call("GET", "events", params={"state": "ignored", "limit": 100})
    day.check_that("kept and ignored as another shop's", any(event["reason_code"] == "other-shop" for event in ignored["items"]))
    alerts = await day.world.gateway.call("GET", "alerts")
    day.check_that("an operator is told", any(alert["kind"] == "other-shop" for alert in alerts["items"]))


async def _warehouse_away(day: Day) -> None:
    """It answers 503 at first, then hangs up after it has done what was asked."""
    shop, warehouse = day.world.shop, day.world.warehouse
    await warehouse.show_fault(kind="status", status=503)
    numbers = []
    for customer in (KARI, OLA, INGRID):
        order = order_of(customer, [(day.products["DEMO-KJOKKEN"], 1)], status="processing")
        numbers.append((await shop.call("POST", "orders", order))["number"])
    waiting = await day.mapping(numbers[0], lambda mapping: mapping.get("reason_code") == "another-try")
    day.check("meanwhile it waits for another try", "another-try", waiting.get("reason_code"))
    await warehouse.clear_faults()
    await warehouse.show_fault(kind="hang-up", method="PUT", times=1, after_write=True)
    arrived = [number for number in numbers if await day.order(number)]
    await day.quiet()
    await warehouse.clear_faults()
    day.check("in the warehouse afterwards", numbers, arrived)
    sent = [(await day.mapping(number, lambda mapping: mapping["transfer"] == "sent")).get("transfer") for number in numbers]
    day.check("and known to be there", ["sent"] * 3, sent)


async def _picked(day: Day) -> None:
    shop, warehouse = day.world.shop, day.world.warehouse
    placed = await shop.call("POST", "orders", order_of(EVA, [(day.products["DEMO-JAKKE"], 1)], status="processing"))
    number = placed["number"]
    await day.mapping(number, lambda mapping: mapping["transfer"] == "sent")
    await warehouse.move(number, ALLOCATED)
    line = placed["line_items"][0]["id"]
    await shop.call("PUT", f"orders/{placed['id']}", {"line_items": [{"id": line, "quantity": 5}]})
    held = await day.mapping(number, lambda mapping: mapping["transfer"] == "held")
    day.check("the change", "held", held.get("transfer"))
    day.check("because", "warehouse-started", held.get("reason_code"))
    await shop.call("PUT", f"orders/{placed['id']}", {"status": "cancelled"})
    late = await day.mapping(number, lambda mapping: mapping.get("reason_code") == "too-late-to-cancel")
    day.check("a cancellation after that", "too-late-to-cancel", late.get("reason_code"))
    order = await day.order(number)
    day.check("in the warehouse", [ALLOCATED, [("DEMO-JAKKE", 1)]], [status_of(order), day.lines(order)])


async def _lost_webhooks(day: Day) -> None:
    """The shop's deliveries get lost: a dry run shows what a sync would do, and the sync does it."""
    shop, warehouse = day.world.shop, day.world.warehouse
    await day.quiet()
    await shop.hold_deliveries(True)
    placed = await shop.call("POST", "orders", order_of(KARI, [(day.products["DEMO-SOKKER"], 4)], status="processing"))
    await shop.drop_deliveries()
    await shop.hold_deliveries(False)
    planned = await day.sync(dry_run=True)
    entries = [entry for entry in planned["preview"] if entry["number"] == placed["number"]]
    fields = {change["field"]: change["after"] for entry in entries for change in entry["fields"]}
    day.check("a dry run would", ["created"], [entry["outcome"] for entry in entries])
    day.check("and shows fields", [placed["number"], 4], [fields.get("orderNumber"), fields.get("orderLines[0].numberOfItems")])
    day.check("but writes nothing", None, await warehouse.order(placed["number"]))
    run = await day.sync()
    day.check("the sync", "done", run["state"])
    day.check("brings it", [("DEMO-SOKKER", 4)], day.lines(await day.order(placed["number"])))


async def _evening(day: Day) -> None:
    """What must hold whatever happened during the day."""
    day.check_that("everything has been settled", await day.quiet())
    warehouse, gateway = day.world.warehouse, day.world.gateway
    orders = await warehouse.orders()
    day.check("orders that are there twice", [], twice(orders))
    figures = await warehouse.figures()
    day.check("most writes at the same time", 1, max(figures["max_parallel_writes"].values(), default=0))
    refused = [call for call in await warehouse.journal() if 400 <= call["status"] < 500]
    day.check("calls that the warehouse refused", 0, len(refused))
    dead = await gateway.call("GET", "dead-letters")
    day.check("dead letters", 0, len(dead["items"]))
    wanted = await day.world.shop.call("GET", "orders", params=[("status", "processing"), ("per_page", "100")])
    there = {order["orderInfo"]["orderNumber"]: order for order in orders}
    missing = [
        order["number"] for order in wanted if order["number"] not in there and all(line["sku"] for line in order["line_items"])
    ]
    day.check("orders to be sent that are missing", [], missing)
    unexplained = [number for number in there if not await day.is_explained(number)]
    day.check("orders the gateway cannot explain", [], unexplained)


SCENES: Scenes = (
    ("articles", _articles),
    ("a kit", _kit),
    ("new order", _new_order),
    ("carriers", carriers),
    ("changed", _changed),
    ("cancelled", _cancelled),
    ("to the trash", _trashed),
    ("duplicates", _duplicates),
    ("out of order", _out_of_order),
    ("variation", _variation),
    ("missing SKU", _missing_sku),
    ("wrong signature", _wrong_signature),
    ("staging copy", _staging_copy),
    ("warehouse away", _warehouse_away),
    ("being picked", _picked),
    ("goods bought", bought),
    ("webhooks lost", _lost_webhooks),
    ("compared", reconcile_and_backfill),
    ("taken over", taken_over),
    ("sent with tracking", way_back.shipment),
    ("closed short", way_back.closed_short),
    ("stock", way_back.stock),
    ("corrections of the stock", way_back.corrections),
    ("webhook switched off", way_back.guard),
    ("one comes back", way_back.goods_back),
    ("announced, then back", way_back.announced_back),
)
EVENING: Scenes = (("in the evening", _evening),)
