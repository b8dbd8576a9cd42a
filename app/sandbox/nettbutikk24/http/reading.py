"""Reading: lists, single records, the lines of an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from app.sandbox.kit.requests import Answer
from app.sandbox.nettbutikk24.http.calls import Call, Operation, operation, rows_answer
from app.sandbox.nettbutikk24.wire.records import Line, Order, Product, Record
from app.sandbox.nettbutikk24.wire.refusals import not_found
from app.sandbox.nettbutikk24.wire.views import (
    Row,
    customer_row,
    last_change,
    line_row,
    line_rows,
    order_row,
    product_row,
    variant_row,
)
from app.sandbox.nettbutikk24.wire.windows import Window, read_window

Show = Callable[[Any, Any], Row]

LIST = "(orders|products|customers)(/N/N(/N)*)?"
ONE = "(orders|products|customers)/N"


def reading_operations() -> list[Operation]:
    """`orders/1001/lines` looks like the first segments of a list, so it stands first."""
    return [
        operation("GET", "orders/N/lines", read_lines),
        operation("GET", "orders/N/lines/N", read_line),
        operation("GET", LIST, read_list),
        operation("GET", ONE, read_one),
    ]


def read_list(call: Call) -> Answer:
    window = read_window(call.segments[1:], call.config)
    everything, show = _records(call)
    asked = [one for one in everything if window.holds(_modified(one))] if window.is_timed else everything
    found = _in_order(asked, call.config.list_order)
    page = found[window.offset :] if window.limit is None else found[window.offset : window.offset + window.limit]
    newest = _last_modified(call, everything if call.config.last_modified == "all" else page)
    is_more = window.offset + len(page) < len(found) or (call.config.next_page == "full" and len(page) == window.limit)
    paging = _next(call, window.after(len(page))) if is_more and page else None
    empty: Any = [] if call.config.last_page == "list" else {}
    return rows_answer([show(one, call.config) for one in page], newest, paging=paging or empty)


def read_one(call: Call) -> Answer:
    """A lone number behind a resource is a record's own."""
    key = call.number(1)
    if call.resource == "products" and call.is_flat:
        rows = call.shop.catalogue.flat(key)
        if not rows:
            raise not_found()
        return rows_answer([variant_row(one, call.config) for one in rows], _last_modified(call, rows))
    everything, show = _records(call)
    record = order_of(call) if call.resource == "orders" else _record(call, key)
    newest = _last_modified(call, everything if call.config.last_modified == "all" else [record])
    return rows_answer([show(record, call.config)], newest)


def read_lines(call: Call) -> Answer:
    return rows_answer(line_rows(order_of(call), call.config))


def read_line(call: Call) -> Answer:
    order = order_of(call)
    return rows_answer([line_row(order, line_of(call, order), call.config)])


def order_of(call: Call) -> Order:
    """The order in the path. Raises Refused (404)."""
    order = call.shop.orders.all.get(call.number(1))
    if order is None or (order.is_deleted and call.config.deleted_orders == "gone"):
        raise not_found()
    return order


def line_of(call: Call, order: Order) -> Line:
    """The line in the path. Raises Refused (404)."""
    line_id = call.number(3)
    for line in order.lines:
        if line.id == line_id:
            return line
    raise not_found()


def _records(call: Call) -> tuple[Sequence[Record], Show]:
    """All records of the resource, and what a row of one is."""
    shop = call.shop
    if call.resource == "orders":
        return shop.orders.visible(), order_row
    if call.resource == "customers":
        return list(shop.customers.all.values()), customer_row
    if call.is_flat:
        return list(shop.catalogue.variants.values()), variant_row
    return list(shop.catalogue.products.values()), product_row


def _record(call: Call, key: int) -> Record:
    """The product or customer. Raises Refused (404)."""
    shop = call.shop
    record = shop.customers.all.get(key) if call.resource == "customers" else shop.catalogue.products.get(key)
    if record is None:
        raise not_found()
    return record


def _modified(record: Record) -> datetime:
    return last_change(record) if isinstance(record, Product) else record.modified


def _in_order(records: Sequence[Record], order: str) -> list[Record]:
    by_key = sorted(records, key=lambda one: one.key)
    found = sorted(by_key, key=_modified) if order.startswith("modified") else by_key
    return found[::-1] if order.endswith("descending") else found


def _last_modified(call: Call, records: Sequence[Record]) -> datetime | None:
    if call.resource not in call.config.head_takes or call.config.last_modified == "none":
        return None
    return max((_modified(one) for one in records), default=None)


def _next(call: Call, window: Window) -> dict[str, str]:
    query = dict(call.query) if call.config.next_query != "none" else {}
    if call.config.next_query == "token" and call.token is not None:
        query["access_token"] = call.token
    base = (call.config.next_base or call.base).rstrip("/")
    address = f"{base}/api/v1/{call.resource}/{window.path(call.config)}"
    return {"next": f"{address}?{urlencode(query)}" if query else address}
