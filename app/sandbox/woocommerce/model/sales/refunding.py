"""Refunds over REST. The shop refuses one with 500, though repeating does not help (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.sandbox.woocommerce.model.sales import stock
from app.sandbox.woocommerce.model.sales.orders import UNKNOWN_TO_REFUNDS, Orders
from app.sandbox.woocommerce.model.sales.refunds import chosen_lines, remaining
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import cents, decimal

Resource = dict[str, Any]


def find(orders: Orders, order_id: int, refund_id: int) -> Resource:
    """Raises RestError (404)."""
    orders.find(order_id, UNKNOWN_TO_REFUNDS)
    refund = next((refund for refund in orders.refunds.get(order_id, []) if refund["id"] == refund_id), None)
    if refund is None:
        raise RestError(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
    return refund


def remove(orders: Orders, order_id: int, refund_id: int) -> None:
    """Deletes a refund; the order's time stands still and nothing fires (observed). Raises RestError."""
    orders.refunds[order_id].remove(find(orders, order_id, refund_id))
    order = orders.find(order_id, UNKNOWN_TO_REFUNDS)
    order["refunds"] = [refund for refund in order["refunds"] if refund["id"] != refund_id]
    orders.put(order)


def _cannot(message: str) -> RestError:
    return RestError(500, "woocommerce_rest_cannot_create_order_refund", message, data=500)


def create(orders: Orders, order_id: int, body: Resource) -> Resource:
    """Refunds part of an order: `product.updated` for what is restocked, then `order.updated`. Raises RestError.

    `amount` is with tax and rules even when the lines do not add up; without it the lines' amounts are added. `api_refund` is
    true unless it is said otherwise, and no payment method of this shop can refund by itself.
    """
    order = orders.find(order_id, UNKNOWN_TO_REFUNDS)
    lines = chosen_lines(order, body.get("line_items") or [])
    given = body.get("amount")
    amount = decimal(given) if given else sum((goods + tax for _, _, goods, tax in lines), Decimal(0))
    if amount < 0:
        raise RestError(400, "woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.")
    if cents(amount) > remaining(order):
        raise _cannot("Invalid refund amount.")
    if body.get("api_refund") is not False:
        raise _cannot("The payment gateway for this order does not support automatic refunds.")
    refund = orders.refunds.book(order, cents(amount), body.get("reason") or "", lines)
    merge_meta(refund["meta_data"], body.get("meta_data") or [], orders.site.next_meta_id)
    moved = []
    if body.get("api_restock") is not False:
        moved = [record_id for line, pieces, _, _ in lines for record_id in stock.put_back_some(orders.products, line, pieces)]
    if amount and not remaining(order):
        orders.set_status(order, "refunded")
    orders.touch(order)
    orders.products.fire_updated(moved)
    orders.site.fire("order.updated", order_id)
    return refund
