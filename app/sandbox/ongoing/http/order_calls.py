"""The calls on orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.sandbox.kit.queries import Parameter, kept
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.orders import order_answer
from app.sandbox.ongoing.bodies.orders import OrderBody
from app.sandbox.ongoing.http.order_filters import FILTERS, PARAMETERS
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.records import Order
from app.sandbox.ongoing.model.warehouse import Warehouse


def list_orders(call: ApiCall) -> Answer:
    given = call.query(PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    updated_from = given.get("orderUpdatedTimeFrom")
    if updated_from is not None and call.warehouse.clock() - updated_from > timedelta(hours=48):
        raise assumed.too_far_back("orderUpdatedTimeFrom", 48)
    found = sorted(kept(_candidates(call.warehouse, given), given, FILTERS), key=lambda order: order.id)
    return Answer([order_answer(order, call.warehouse) for order in found[: given.get("maxOrdersToGet")]])


def _candidates(warehouse: Warehouse, given: dict[str, Any]) -> list[Order]:
    """By number where numbers are asked for, so that a lookup costs the same in a large warehouse."""
    owner = given["goodsOwnerId"]
    numbers = [given["orderNumber"]] if "orderNumber" in given else given.get("orderNumbers")
    if numbers is not None:
        return [order for number in dict.fromkeys(numbers) for order in warehouse.orders_numbered(owner, number)]
    return [order for order in warehouse.orders_by_id.values() if order.goods_owner_id == owner]


def read_order(call: ApiCall) -> Answer:
    return Answer(order_answer(order_in_path(call), call.warehouse))


def put_order(call: ApiCall) -> Write:
    call.query({})
    body = call.body(OrderBody)
    call.check_goods_owner(body.goods_owner_id)

    def make() -> Answer:
        order, created, message = call.warehouse.put_order(body)
        return Answer({"orderId": order.id, "message": message}, 201 if created else 200)

    return Write(body.goods_owner_id, make)


def put_order_by_id(call: ApiCall) -> Write:
    order = order_in_path(call)
    body = call.body(OrderBody)
    return Write(
        order.goods_owner_id, lambda: Answer({"orderId": order.id, "message": call.warehouse.put_order_by_id(order, body)})
    )


def cancel_order(call: ApiCall) -> Write:
    given = call.query({**GOODS_OWNER, "orderNumber": Parameter(str, required=True)})
    call.check_goods_owner(given["goodsOwnerId"])

    def make() -> Answer:
        order = call.warehouse.orders.get((given["goodsOwnerId"], given["orderNumber"]))
        if order is None:
            raise assumed.no_such_order(given["orderNumber"])
        return Answer({"orderId": order.id, "message": call.warehouse.cancel_order(order)})

    return Write(given["goodsOwnerId"], make)


def cancel_order_by_id(call: ApiCall) -> Write:
    order = order_in_path(call)
    return Write(order.goods_owner_id, lambda: Answer({"orderId": order.id, "message": call.warehouse.cancel_order(order)}))


def order_in_path(call: ApiCall, *, with_query: bool = False) -> Order:
    """The order named in the path; such a call takes no query, but for those that read their own."""
    if not with_query:
        call.query({})
    order_id = call.number("order_id")
    order = call.warehouse.orders_by_id.get(order_id)
    if order is None:
        raise assumed.no_such_order(order_id)
    call.check_goods_owner(order.goods_owner_id)
    return order


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/orders", list_orders),
    ("PUT", "/orders", put_order),
    ("DELETE", "/orders", cancel_order),
    ("GET", "/orders/{order_id:int}", read_order),
    ("PUT", "/orders/{order_id:int}", put_order_by_id),
    ("DELETE", "/orders/{order_id:int}", cancel_order_by_id),
)
