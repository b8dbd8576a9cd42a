"""Refunds over REST. Their errors are answered with 500, though repeating does not help (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.http.php import to_int
from app.sandbox.woocommerce.model import orders, stock
from app.sandbox.woocommerce.model.refund_entries import book, chosen_lines, remaining
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import cents, decimal

if TYPE_CHECKING:
    from app.sandbox.woocommerce.model.shop import Shop

Resource = dict[str, Any]


def find_order(shop: Shop, order_id: int) -> Resource:
    """Raises RestError (404)."""
    order = shop.orders.get(order_id)
    if order is None:
        raise RestError(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.")
    return order


def find(shop: Shop, order_id: int, refund_id: int) -> Resource:
    """Raises RestError (404)."""
    find_order(shop, order_id)
    refund = next((refund for refund in shop.refunds.get(order_id, []) if refund["id"] == refund_id), None)
    if refund is None:
        raise RestError(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
    return refund


def remove(shop: Shop, order_id: int, refund_id: int) -> None:
    """Deletes a refund; the order's time stands still and nothing fires (observed). Raises RestError."""
    shop.refunds[order_id].remove(find(shop, order_id, refund_id))
    order = find_order(shop, order_id)
    order["refunds"] = [refund for refund in order["refunds"] if refund["id"] != refund_id]
    shop.orders.put(order)


def line_of_old(line_id: int, line: Resource) -> Resource:
    """A refund's line as APIs before today's have it, under its line's id, as today's."""
    taxes = [{"id": to_int(rate), "refund_total": amount} for rate, amount in (line.get("refund_tax") or {}).items()]
    return {"id": line_id, "quantity": line.get("qty", 0), "refund_total": line.get("refund_total", 0), "refund_tax": taxes}


def _cannot(message: str) -> RestError:
    return RestError(500, "woocommerce_rest_cannot_create_order_refund", message, data=500)


def create(shop: Shop, order_id: int, body: Resource) -> Resource:
    """Refunds part of an order: `product.updated` for what is restocked, then `order.updated`. Raises RestError.

    `amount` is with tax and rules even when the lines do not add up; without it the lines' amounts are added. `api_refund` is
    true unless it is said otherwise, and no payment method of this shop can refund by itself.
    """
    order = find_order(shop, order_id)
    lines = chosen_lines(order, body.get("line_items") or [])
    given = body.get("amount")
    amount = decimal(given) if given else sum((goods + tax for _, _, goods, tax in lines), Decimal(0))
    if amount < 0:
        raise RestError(400, "woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.")
    if cents(amount) > remaining(order):
        raise _cannot("Invalid refund amount.")
    if body.get("api_refund") is not False:
        raise _cannot("The payment gateway for this order does not support automatic refunds.")
    refund = book(shop, order, cents(amount), body.get("reason") or "", lines)
    merge_meta(refund["meta_data"], body.get("meta_data") or [], shop.next_meta_id)
    moved = []
    if body.get("api_restock") is not False:
        moved = [record_id for line, pieces, _, _ in lines for record_id in stock.put_back_some(shop, line, pieces)]
    if amount and not remaining(order):
        orders.set_status(shop, order, "refunded")
    orders.touch(shop, order)
    for record_id in dict.fromkeys(moved):
        shop.fire("product.updated", record_id)
    shop.fire("order.updated", order_id)
    return refund
