"""Writing orders, their parts and their status."""

from __future__ import annotations

from app.sandbox.kit.requests import Answer
from app.sandbox.mystore.http.calls import Call, Handler, Operation
from app.sandbox.mystore.wire.documents import read_related
from app.sandbox.mystore.wire.kinds import RIGHTS
from app.sandbox.mystore.wire.refusals import JSON_API, bad_request, wrong_value

PARTS = ("order-products", "order-product-attributes", "order-totals", "order-tags")


def order_operations() -> list[Operation]:
    return [
        Operation("POST", "/orders", _create, "orders"),
        Operation("PATCH", "/orders/{}", _change, "orders"),
        Operation("PATCH", "/orders/{}/complete", _complete, "orders", is_plain=True),
        Operation("PATCH", "/orders/{}/relationships/order-status", _relate, "orders"),
        Operation("POST", "/order-status-history", _log, "order-status-history"),
        Operation("PATCH", "/order-products/{}", _change_line, "order-products"),
        *(Operation("POST", f"/{kind}", _add_part(kind), RIGHTS[kind]) for kind in PARTS),
    ]


def _create(call: Call) -> Answer:
    return call.made(call.shop.orders.create(call.written("orders")))


def _change(call: Call) -> Answer:
    order = call.found("orders")
    call.shop.orders.write(order, call.written("orders", order.id))
    return call.one(order)


def _change_line(call: Call) -> Answer:
    """It changes what was bought."""
    line = call.found("order-products")
    call.shop.orders.write_line(line, call.written("order-products", line.id))
    return call.one(line)


def _complete(call: Call) -> Answer:
    """What it takes is not known (A13): nothing, or an empty object."""
    call.no_question()
    if call.body not in (None, {}):
        raise bad_request("The body is empty")
    order = call.found("orders")
    call.shop.orders.complete(order)
    return Answer({"data": call.view("orders").shown(order)})


def _relate(call: Call) -> Answer:
    call.no_question()
    order = call.found("orders")
    status = read_related(call.kind("orders").relations["order-status"], call.body, call.shop.tables.exists)
    if not isinstance(status, int):
        raise wrong_value("An order has a status")
    call.shop.orders.set_by(order, status, "relationship")
    return Answer({"data": call.view("orders").shown(order)["relationships"]["order-status"]["data"]}, media_type=JSON_API)


def _log(call: Call) -> Answer:
    return call.made(call.shop.orders.write_history(call.written("order-status-history")))


def _add_part(kind: str) -> Handler:
    return lambda call: call.made(call.shop.orders.add_part(kind, call.written(kind)))
