"""Orders: how they are written over REST and at the checkout, and what a new status brings with it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.http import php
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.model import notes, refund_entries, stock
from app.sandbox.woocommerce.wire import order_lines, times, totals
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal
from app.sandbox.woocommerce.wire.order_view import new_order

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]

_TEXTS = ("currency", "customer_note", "payment_method", "payment_method_title", "transaction_id", "created_via")
_EDITABLE = ("pending", "on-hold", "auto-draft", "checkout-draft")
_UNPAID = ("pending", "failed", "on-hold", "cancelled")
_NEW = ("pending", "failed", "cancelled")
_NEW_ORDER = "New order"
_EMAILS = {"processing": "Processing order", "completed": "Completed order"}


def find(shop: Shop, record_id: int) -> Resource:
    """Raises RestError (404)."""
    order = shop.orders.get(record_id)
    if order is None:
        raise RestError(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    return order


def create(shop: Shop, body: Resource) -> Resource:
    """An order made over REST: `order.created`, then `order.updated`, then the products whose stock moved (observed)."""
    order, moved = _make(shop, body, "rest-api")
    shop.fire("order.created", order["id"])
    shop.fire("order.updated", order["id"])
    _fire_products(shop, moved)
    return order


def checkout(shop: Shop, body: Resource) -> Resource:
    """A customer's own order in the storefront: `order.updated` before `order.created`, and the addresses stored with entities,
    while the note stays as typed (observed). Cash on delivery and bank transfer wait for their money."""
    status = {"cod": "processing", "bacs": "on-hold", "cheque": "on-hold"}.get(body.get("payment_method", ""))
    typed = {
        name: {field: php.encode_entities(value) for field, value in body[name].items()}
        for name in ("billing", "shipping")
        if body.get(name)
    }
    placed = {"status": status, "set_paid": status is None, **{k: v for k, v in body.items() if v is not None}, **typed}
    if placed["status"] is None:
        del placed["status"]
    order, moved = _make(shop, placed, "store-api")
    order["customer_ip_address"] = "127.0.0.1"
    shop.orders.put(order)
    shop.fire("order.updated", order["id"])
    shop.fire("order.created", order["id"])
    _fire_products(shop, moved)
    return order


def _make(shop: Shop, body: Resource, created_via: str) -> tuple[Resource, list[int]]:
    _check_customer(shop, body)
    order = new_order(shop, created_via)
    moved = _apply(shop, order, body)
    order["id"] = shop.next_id()
    order["number"] = shop.config.number_pattern.format(id=order["id"])
    order["order_key"] = f"wc_order_{secrets.token_urlsafe(9).replace('-', 'x').replace('_', 'y')}"
    home = shop.config.home_url.rstrip("/")
    order["payment_url"] = f"{home}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}"
    times.stamp(order, "date_created", shop.now(), shop.zone)
    if body.get("status"):
        moved += set_status(shop, order, body["status"])
    if body.get("set_paid"):
        moved += _pay(shop, order)
    _save(shop, order)
    return order, moved


def change(shop: Shop, record_id: int, body: Resource) -> Resource:
    """Writes an order. `order.updated` fires even when nothing is different; not when a status takes it out of the trash, then
    nothing fires (observed). Raises RestError."""
    order = shop.orders.get(record_id)
    if order is None:
        raise RestError(400, "woocommerce_rest_shop_order_invalid_id", "ID is invalid.")
    _check_customer(shop, body)
    was = order["status"]
    moved = _apply(shop, order, body)
    if body.get("status"):
        moved += set_status(shop, order, body["status"])
    if body.get("set_paid") and order["status"] in ("pending", "failed"):
        moved += _pay(shop, order)
    _save(shop, order)
    if was == "trash" and order["status"] != "trash":
        shop.before_trash.pop(("order", record_id), None)
        return order
    shop.fire("order.updated", record_id)
    _fire_products(shop, moved)
    return order


def trash(shop: Shop, record_id: int) -> Resource:
    """Moves an order to the trash and fires `order.deleted`; the answer shows it as it was. Raises RestError."""
    order = find(shop, record_id)
    if order["status"] == "trash":
        raise RestError(410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted.")
    shop.before_trash["order", record_id] = order["status"]
    _save(shop, {**order, "status": "trash"})
    shop.fire("order.deleted", record_id)
    return order


def remove(shop: Shop, record_id: int) -> Resource:
    """Deletes for good. Fires nothing (observed). Raises RestError."""
    order = find(shop, record_id)
    shop.orders.remove(record_id)
    shop.before_trash.pop(("order", record_id), None)
    shop.notes.pop(record_id, None)
    shop.refunds.pop(record_id, None)
    return order


def restore(shop: Shop, record_id: int) -> Resource:
    """Takes an order back from the trash in the shop's own pages: `order.restored` alone (observed). Raises RestError."""
    order = find(shop, record_id)
    order["status"] = shop.before_trash.pop(("order", record_id), "pending")
    _save(shop, order)
    shop.fire("order.restored", record_id)
    return order


def set_status(shop: Shop, order: Resource, status: str) -> list[int]:
    """Moves the order to a status, with the dates, the stock and the refund that go with it; gives the products whose stock
    moved. The caller stores the order and fires the events."""
    was, order["status"] = order["status"], status
    if was == status and order["id"] in shop.orders:
        return []
    paid_status = _paid_status(order)
    if order["date_paid"] is None and (status == paid_status or (paid_status == "processing" and status == "completed")):
        times.stamp(order, "date_paid", shop.now(), shop.zone)
    if status == "completed":
        if order["date_paid"] is None:
            times.stamp(order, "date_paid", shop.now(), shop.zone)
        times.stamp(order, "date_completed", shop.now(), shop.zone)
    if status == "refunded":
        refund_entries.refund_rest(shop, order)
    moved = [] if was == "trash" else _move_stock(shop, order, status)
    _note_status(shop, order["id"], was, status)
    return moved


def _move_stock(shop: Shop, order: Resource, status: str) -> list[int]:
    if status in stock.TAKEN_AT:
        return stock.take(shop, order)
    return stock.put_back(shop, order) if status in stock.PUT_BACK_AT else []


def _note_status(shop: Shop, order_id: int, was: str, status: str) -> None:
    """The shop's own notes on a new status: the change and the e-mails it sent, these first once the order stands (observed)."""
    new = was in _NEW and status in stock.TAKEN_AT
    said = [f'Email "{about}" sent.' for about in (_NEW_ORDER if new else "", _EMAILS.get(status, "")) if about]
    if was != status:
        change_note = f"Order status changed from {_label(was)} to {_label(status)}."
        said = [*said, change_note] if order_id in shop.orders else [change_note, *said]
    for text in said:
        notes.write(shop, order_id, text)


def _label(status: str) -> str:
    return {"pending": "Pending payment", "on-hold": "On hold"}.get(status, status.capitalize())


def _paid_status(order: Resource) -> str:
    """Where a payment takes the order: `completed` for cash on delivery, else `processing` unless nothing is to be sent."""
    return "completed" if order["payment_method"] == "cod" or not order["needs_processing"] else "processing"


def _pay(shop: Shop, order: Resource) -> list[int]:
    if order["status"] not in _UNPAID:
        return []
    times.stamp(order, "date_paid", shop.now(), shop.zone)
    return set_status(shop, order, _paid_status(order))


def _check_customer(shop: Shop, body: Resource) -> None:
    if body.get("customer_id") and body["customer_id"] not in shop.customers:
        raise RestError(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")


def _apply(shop: Shop, order: Resource, body: Resource) -> list[int]:
    """Puts the fields of a body into an order and adds it up; gives the products whose stock came back with a removed line."""
    given = {name: value for name, value in body.items() if value is not None}
    order.update({name: given[name] for name in (*_TEXTS, "customer_id", "parent_id") if name in given})
    for name in ("billing", "shipping"):
        order[name].update(given.get(name, {}))
    merge_meta(order["meta_data"], given.get("meta_data", []), shop.next_meta_id)
    moved = order_lines.write_lines(shop, order, given.get("line_items", []))
    order_lines.write_shipping(shop, order, given.get("shipping_lines", []))
    order_lines.write_fees(shop, order, given.get("fee_lines", []))
    if "coupon_lines" in given:
        totals.apply_coupons(shop, order, given["coupon_lines"])
    costs = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "billing", "shipping")
    if order["id"] == 0 or any(name in given for name in costs[:4]):
        totals.recalculate(shop, order)
        order["needs_processing"] = any(_is_sent(shop, line) for line in order["line_items"])
    return moved


def _is_sent(shop: Shop, line: Resource) -> bool:
    """Whether somebody has to do something about a line: all but goods that are virtual and downloadable."""
    product = shop.products.get(line["variation_id"] or line["product_id"])
    return product is not None and not (product["virtual"] and product["downloadable"])


def _save(shop: Shop, order: Resource) -> None:
    order["is_editable"] = order["status"] in _EDITABLE
    order["needs_payment"] = order["status"] in ("pending", "failed") and decimal(order["total"]) > 0
    touch(shop, order)


def touch(shop: Shop, order: Resource) -> None:
    """Stores a changed order; its `date_modified` moves."""
    times.stamp(order, "date_modified", shop.now(), shop.zone)
    shop.orders.put(order)


def _fire_products(shop: Shop, ids: list[int]) -> None:
    for record_id in dict.fromkeys(ids):
        shop.fire("product.updated", record_id)
