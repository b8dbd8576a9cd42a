"""Does what `held_back.toml` says was done on the recorded day between the exchanges that we have."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from app.sandbox.woocommerce import Shop
from app.sandbox.woocommerce.model.sales import refunding, tracking
from app.sandbox.woocommerce.wire import times
from tests.sandbox.woocommerce.recorded.recorded_shop import rest, webhook

Resource = dict[str, Any]

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
_BEFORE: dict[int, list[Resource]] = {step["exchange"]: step["do"] for step in _TABLE["before"]}
_SENT: dict[int, Resource] = {step["exchange"]: step for step in _TABLE["sent"]}


def before(shop: Shop, number: int, recorded: Resource) -> None:
    """Brings the shop to where it was when the exchange was made. What the exchange makes gets the id it had."""
    for done in _BEFORE.get(number, ()):
        for what, how in done.items():
            _DOES[what](shop, how)
    collection = recorded["request"]["path"].rsplit("/", 1)[-1]
    if recorded["status"] == 201 and collection in ("products", "variations", "orders", "refunds"):
        shop.site.following_id = recorded["body"]["id"]


def body_of(shop: Shop, number: int, recorded: Resource) -> str | None:
    """The body to send."""
    sent, body = _SENT.get(number, {}), recorded["request"]["body"]
    if "line_of_order" in sent:
        body["line_items"][0]["id"] = shop.orders[sent["line_of_order"]]["line_items"][0]["id"]
    return sent.get("content", None if body is None else json.dumps(body))


def secret_of(number: int, secret: str) -> str:
    """The consumer secret to log in with."""
    return str(_SENT.get(number, {}).get("secret", secret))


def _utc(time: str) -> datetime:
    """A time of the recorded day."""
    return datetime.fromisoformat(f"{time if 'T' in time else f'2026-11-21T{time}'}+00:00")


def _shown(how: Resource) -> Any:
    """What an exchange or a delivery shows."""
    return rest(how["rest"])["body"] if "rest" in how else json.loads(webhook(how["delivery"])["body"])


def _record(shop: Shop, how: Resource, stand_in: Resource) -> Resource:
    shown: Any = _shown(how) if "rest" in how or "delivery" in how else stand_in
    if "picked" in how:
        shown = next(record for record in shown if record["id"] == how["picked"])
    record = {**shown, **how.get("with", {})}
    for name, more in how.get("more", {}).items():
        record[name] += more
    if "made" in how:
        times.stamp(record, "date_created", _utc(how["made"]), shop.zone)
    if "modified" in how or "id" in how:
        times.stamp(record, "date_modified", _utc(how.get("modified") or how["made"]), shop.zone)
    return record


def _order(shop: Shop, how: Resource) -> None:
    """`refunded_in`: the one `line` of the order is what that exchange shows refunded."""
    order_id = how.get("id")
    stand_in = {"id": order_id, "status": how.get("status"), "number": str(order_id), "billing": rest(96)["body"]["billing"]}
    order = _record(shop, how, stand_in)
    if "refunded_in" in how:
        refunded = rest(how["refunded_in"])["body"]["line_items"][0]
        amounts = {name: refunded[name].lstrip("-") for name in ("subtotal", "total")}
        order["line_items"] = [{**refunded, **amounts, "id": how["line"], "quantity": 1, "meta_data": []}]
    shop.put_order_raw(order)


def _products(shop: Shop, how: Resource) -> None:
    """Products, or variations, become what a list shows: all fields `but` some, or `only` some, and the time of their change."""
    for listed in _shown(how):
        names = how.get("only") or [name for name in listed if name not in how["but"]]
        changed = {**shop.products[listed["id"]], **{name: listed[name] for name in names}}
        times.stamp(changed, "date_modified", _utc(listed["date_modified_gmt"]), shop.zone)
        shop.products.put(changed)


def _refund(shop: Shop, how: Resource) -> None:
    refund = {name: part for name, part in _shown(how)[0].items() if name != "_links"}
    shop.refunds[how["order"]].insert(0, refund)
    order = shop.orders[how["order"]]
    order["refunds"].insert(0, rest(how["total_in"])["body"]["refunds"][0])
    shop.orders.put(order)


def _notes(shop: Shop, how: Resource) -> None:
    """The notes of an order are those listed, `but` so many of the newest."""
    listed = reversed(_shown(how)[how["but"] :])
    shop.notes[how["order"]] = [{name: part for name, part in note.items() if name != "_links"} for note in listed]


def _webhooks(shop: Shop, exchange: int) -> None:
    listed = rest(exchange)["body"]
    for shown in listed if isinstance(listed, list) else [listed]:
        shop.webhooks.by_id[shown["id"]].modified = _utc(shown["date_modified_gmt"])


def _webhook(shop: Shop, how: Resource) -> None:
    shop.webhooks.by_id[how["id"]].modified = shop.webhooks.by_id[how["as"]].modified


def _only_tracking(shop: Shop, how: Resource) -> None:
    order, listed = shop.orders[how["order"]], _shown(how)[0]
    entry = {**order["meta_data"][-1]["value"][0], "tracking_provider": how["provider"]}
    order["meta_data"][-1]["value"] = [{**entry, **{name: listed[name] for name in ("tracking_number", "tracking_id")}}]
    shop.orders.put(order)


def _modified(shop: Shop, how: Resource) -> None:
    table, record_id = (shop.orders, how["order"]) if "order" in how else (shop.products, how["product"])
    record = table[record_id]
    times.stamp(record, "date_modified", _utc(how["at"]), shop.zone)
    table.put(record)


_DOES: dict[str, Callable[[Shop, Any], Any]] = {
    "category": lambda shop, name: shop.categories.add(name),
    "customer": lambda shop, how: shop.customers.update({_shown(how)["id"]: _shown(how)}),
    "order": _order,
    "product": lambda shop, how: shop.put_product_raw(_record(shop, how, {})),
    "products": _products,
    "refund": _refund,
    "notes": _notes,
    "webhooks": _webhooks,
    "webhook": _webhook,
    "only_tracking": _only_tracking,
    "tracking": lambda shop, how: tracking.add_advanced(shop.orders, how["order"], how["with"]),
    "modified": _modified,
    "change_order": lambda shop, how: shop.change_order(how["id"], how["with"]),
    "remove_refund": lambda shop, how: refunding.remove(shop.orders, how["order"], how["id"]),
    "restore_product": lambda shop, record_id: shop.restore_product(record_id),
    "restore_order": lambda shop, record_id: shop.restore_order(record_id),
    "trash_order": lambda shop, record_id: shop.trash_order(record_id),
    "delete_order": lambda shop, record_id: shop.delete_order(record_id),
}
