"""Writing: the status of an order, its lines, the stock of what is sold."""

from __future__ import annotations

from collections.abc import Callable

from app.sandbox.kit.requests import Answer
from app.sandbox.nettbutikk24.http.calls import Call, Operation, operation, rows_answer
from app.sandbox.nettbutikk24.http.reading import line_of, order_of
from app.sandbox.nettbutikk24.wire.bodies import read_line, read_order, read_product
from app.sandbox.nettbutikk24.wire.refusals import bad_arguments, not_found
from app.sandbox.nettbutikk24.wire.views import Row, line_row, order_row, product_row, variant_row


def writing_operations() -> list[Operation]:
    return [
        operation("PATCH", "orders/N", write_order),
        operation("PATCH", "orders/N/lines/N", write_line),
        operation("PATCH", "products/N", write_product),
    ]


def write_order(call: Call) -> Answer:
    order = order_of(call)
    call.shop.orders.write(order, read_order(call.raw, call.config))
    return _written(call, lambda: order_row(order, call.config))


def write_line(call: Call) -> Answer:
    order = order_of(call)
    line = line_of(call, order)
    call.shop.orders.write_line(order, line, read_line(call.raw, call.config))
    return _written(call, lambda: line_row(order, line, call.config))


def write_product(call: Call) -> Answer:
    """The stock of one thing to sell; that of a product with variants is refused."""
    rows = call.shop.catalogue.rows(call.number(1), is_flat=call.is_flat)
    values = read_product(call.raw, call.config)
    if not rows:
        raise not_found()
    if len(rows) > 1:
        raise bad_arguments()
    call.shop.catalogue.set_stock(rows[0], values["stock"])
    if call.is_flat:
        return _written(call, lambda: variant_row(rows[0], call.config))
    return _written(call, lambda: product_row(rows[0].product, call.config))


def _written(call: Call, row: Callable[[], Row]) -> Answer:
    if call.config.patch_answer == "record":
        return rows_answer([row()])
    return Answer(b"", 204 if call.config.patch_answer == "no-content" else 200)
