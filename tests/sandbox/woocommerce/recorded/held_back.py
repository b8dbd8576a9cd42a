"""What the shop's people did on the recorded day between the exchanges that we have, as far as later exchanges show it.

Numbers missing from the recording were held back. `before(shop, number)` is called before each exchange is played and does what
had been done by then: with the shop's own verbs where we know them, else by putting in the record as a delivery or a later
answer shows it, or a stand-in with just what a list showed of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce import Shop
from app.sandbox.woocommerce.model.sales import refunding, tracking
from app.sandbox.woocommerce.wire import times
from tests.sandbox.woocommerce.recorded.recorded_shop import rest, webhook

Resource = dict[str, Any]
OSLO = ZoneInfo("Europe/Oslo")


def before(shop: Shop, number: int, recorded: Resource) -> None:
    """Brings the shop to where it was when the exchange was made."""
    made = recorded["body"].get("id") if isinstance(recorded["body"], dict) else None
    path = recorded["request"]["path"]
    if recorded["status"] == 201 and made and path.split("/")[4] in ("products", "orders") and number != 9:
        shop.site.following_id = made
    if number in _STEPS:
        _STEPS[number](shop)


def body_of(shop: Shop, number: int, recorded: Resource) -> Resource | None:
    """The body to send; ids of order lines are the shop's own, for lines were counted over what was held back."""
    body: Resource | None = recorded["request"]["body"]
    if number == 39 and body is not None:
        body["line_items"][0]["id"] = shop.orders[38]["line_items"][0]["id"]
    return body


def _delivered(number: int) -> Resource:
    found: Resource = json.loads(webhook(number)["body"])
    return found


def _order(order_id: int, status: str, created: str, modified: str = "", **more: Any) -> Resource:
    """A stand-in for an order of which only a list remains. Times are UTC, of the recorded day."""
    stood: Resource = {"id": order_id, "status": status, "number": str(order_id), "billing": rest(96)["body"]["billing"]}
    times.stamp(stood, "date_created", _utc(created), OSLO)
    times.stamp(stood, "date_modified", _utc(modified or created), OSLO)
    return {**stood, **more}


def _utc(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{time}+00:00")


def _product(product_id: int, created: str, **more: Any) -> Resource:
    """A stand-in for a product as the long list shows it, with the time it was made (UTC)."""
    listed: Resource = dict(next(product for product in rest(117)["body"] if product["id"] == product_id))
    times.stamp(listed, "date_created", _utc(created), OSLO)
    return {**listed, **more}


def _categories(shop: Shop) -> None:
    for name in ("Ull & fleece", "Turutstyr", "Mat og drikke"):
        shop.categories.add(name)


def _customer(shop: Shop) -> None:
    shop.customers[2] = {**rest(198)["body"]}


def _primus(shop: Shop) -> None:
    following = shop.site.following_id
    sold = _delivered(53)
    shop.put_product_raw({**sold, "stock_quantity": sold["stock_quantity"] + 1})
    shop.site.following_id = following


def _second_refund(shop: Shop) -> None:
    refund = {**rest(183)["body"][0]}
    del refund["_links"]
    shop.refunds[38].insert(0, refund)
    order = shop.orders[38]
    order["refunds"].insert(0, rest(100)["body"]["refunds"][0])
    shop.orders.put(order)


def _orders_of_the_afternoon(shop: Shop) -> None:
    for order_id, status, created, modified in (
        (43, "processing", "16:13:04", ""),
        (45, "processing", "16:13:11", ""),
        (46, "processing", "16:13:13", ""),
        (47, "failed", "16:14:16", "16:14:22"),
    ):
        shop.put_order_raw(_order(order_id, status, created, modified))
    shop.put_order_raw(_delivered(79))
    shop.put_order_raw(rest(58)["body"])


def _order_to_delete(shop: Shop) -> None:
    shop.put_order_raw(rest(59)["body"])


def _rucksack(shop: Shop) -> None:
    shop.put_product_raw(rest(60)["body"])


def _hats(shop: Shop) -> None:
    shop.put_product_raw(_product(28, "16:10:00", slug="lue-finnmark"))
    shop.put_product_raw({**rest(61)["body"], "id": 29, "parent_id": 28, "manage_stock": "parent"})
    shop.put_product_raw({**rest(61)["body"], "parent_id": 28})
    shop.put_product_raw(_product(31, "16:10:05"))


def _evening(shop: Shop) -> None:
    """Out of the trash and back, an order completed by hand, a customer's checkout, trials with orders that were left open."""
    shop.restore_product(22)
    shop.restore_order(49)
    shop.trash_order(49)
    shop.delete_order(49)
    shop.put_order_raw({**rest(102)["body"]})
    shop.put_order_raw(rest(103)["body"])
    shop.put_order_raw({**rest(97)["body"]})
    for order_id, status, created, modified in (
        (52, "completed", "16:15:03", "16:15:09"),
        (55, "on-hold", "16:17:57", "16:26:53"),
        (56, "pending", "16:26:52", ""),
        (62, "pending", "16:26:53", ""),
        (63, "trash", "16:26:53", ""),
        (64, "processing", "16:27:22", ""),
    ):
        shop.put_order_raw(_order(order_id, status, created, modified))
    _sold_for_refund(shop)
    for product in rest(117)["body"]:
        stored = shop.products[product["id"]]
        changed = {**stored, **{name: product[name] for name in product if name != "variations"}}
        times.stamp(changed, "date_modified", datetime.fromisoformat(f"{product['date_modified_gmt']}+00:00"), OSLO)
        shop.products.put(changed)
    for variation in rest(138)["body"]:
        stored = shop.products[variation["id"]]
        names = ("stock_quantity", "stock_status", "date_modified", "date_modified_gmt")
        shop.products.put({**stored, **{name: variation[name] for name in names}})


def _sold_for_refund(shop: Shop) -> None:
    """Order 64 holds what is refunded later: one bowl, sold without VAT."""
    refunded = rest(182)["body"]["line_items"][0]
    positive = {name: refunded[name].lstrip("-") for name in ("subtotal", "total")}
    line = {**refunded, **positive, "id": 83, "quantity": 1, "meta_data": []}
    shop.put_order_raw(_order(64, "processing", "16:27:22", line_items=[line], total="1116.80"))


def _webhooks_used(shop: Shop) -> None:
    """Every webhook had been delivered by, which moves its time."""
    for number in (187, 188):
        listed = rest(number)["body"]
        for shown in listed if isinstance(listed, list) else [listed]:
            shop.webhooks.by_id[shown["id"]].modified = datetime.fromisoformat(f"{shown['date_modified_gmt']}+00:00")
    shop.webhooks.by_id[2].modified = shop.webhooks.by_id[8].modified


def _unknown_product(shop: Shop) -> None:
    shop.put_order_raw(_order(65, "pending", "16:27:28"))


def _notes_of_33(shop: Shop) -> None:
    """The order's notes had been written by the day's events; three more by trials that were held back."""
    del shop.notes[33]
    for note in reversed(rest(164)["body"][3:]):
        shop.notes.setdefault(33, []).append({name: part for name, part in note.items() if name != "_links"})


def _plugin_switched_on(shop: Shop) -> None:
    for delivery in (115, 119):
        shop.put_order_raw(_delivered(delivery))
    shop.notes[72] = [{k: v for k, v in note.items() if k != "_links"} for note in reversed(rest(249)["body"][3:])]


def _more_trackings(shop: Shop) -> None:
    """`replace_tracking` threw away what order 73 had: its trackings were those of the list, before the two that follow."""
    order = shop.orders[73]
    entry = {**order["meta_data"][-1]["value"][0], "tracking_provider": "posten-norge"}
    listed = rest(241)["body"][0]
    entry |= {"tracking_number": listed["tracking_number"], "tracking_id": listed["tracking_id"]}
    order["meta_data"][-1]["value"] = [entry]
    shop.orders.put(order)


def _partial(shop: Shop) -> None:
    """A third tracking, given with `status_shipped` 2."""
    tracking.add_advanced(shop.orders, 73, {"tracking_provider": "Bring", "tracking_number": "P-1", "status_shipped": 2})


def _night(shop: Shop) -> None:
    for order_id, status, created, modified in (
        (76, "processing", "16:29:44", "16:29:47"),
        (77, "processing", "16:29:47", "16:29:50"),
        (78, "cancelled", "16:29:50", "16:30:00"),
    ):
        shop.put_order_raw(_order(order_id, status, created, modified))
    shop.put_order_raw(rest(98)["body"])


def _reopened(shop: Shop) -> None:
    shop.change_order(54, {"status": "processing"})


def _late(shop: Shop) -> None:
    """An order sent back to processing, one more order, which took a pair of socks, and a refund that was deleted."""
    shop.change_order(35, {"status": "processing"})
    for table, record_id, time in ((shop.orders, 35, "16:30:07"), (shop.products, 27, "16:32:09")):
        record = table[record_id]
        times.stamp(record, "date_modified", _utc(time), OSLO)
        table.put(record)
    shop.put_order_raw(_order(79, "processing", "16:32:10"))
    refunding.remove(shop.orders, 38, 40)


_STEPS: dict[int, Callable[[Shop], None]] = {
    10: _categories,
    31: _customer,
    41: _second_refund,
    38: _primus,
    58: _orders_of_the_afternoon,
    59: _order_to_delete,
    60: _rucksack,
    61: _hats,
    74: _evening,
    160: _notes_of_33,
    171: _reopened,
    182: _sold_for_refund,
    187: _webhooks_used,
    186: _unknown_product,
    226: _plugin_switched_on,
    239: _more_trackings,
    248: _partial,
    67: _night,
    216: _late,
}
