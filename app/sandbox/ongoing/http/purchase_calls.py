"""The calls on purchase orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.sandbox.kit.queries import Filter, Parameter, flag, integer, kept, parameters, size
from app.sandbox.kit.requests import NOTHING, Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.inbound import purchase_order_answer
from app.sandbox.ongoing.bodies.inbound import (
    AdvisedDateBody,
    InDateBody,
    PurchaseAdvanced,
    PurchaseOrderBody,
    PurchaseStatusBody,
    ReportedNumberBody,
)
from app.sandbox.ongoing.bodies.values import parse_day_or_moment, parse_moment
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.inbound.purchase_orders import KIND
from app.sandbox.ongoing.model.inbound.purchase_records import PurchaseOrder


def _in_date(order: PurchaseOrder) -> datetime | None:
    return None if order.body.in_date is None else parse_day_or_moment(order.body.in_date)


def _between(moment: datetime | None, after: datetime | None = None, before: datetime | None = None) -> bool:
    return moment is not None and (after is None or moment > after) and (before is None or moment < before)


def _to_report(order: PurchaseOrder) -> bool:
    return any((line.reported or 0.0) != line.received for line in order.lines)


FILTERS: dict[str, Filter[PurchaseOrder]] = {
    "purchaseOrderNumber": Filter(str, lambda order, number: order.number == number),
    "purchaseOrderNumbers": Filter(str, lambda order, numbers: order.number in numbers, many=True),
    "purchaseOrderIdFrom": Filter(integer, lambda order, first: order.id >= first),
    "purchaseOrderStatusFrom": Filter(integer, lambda order, number: order.status >= number),
    "purchaseOrderStatusTo": Filter(integer, lambda order, number: order.status <= number),
    "purchaseOrderStatusChangedTimeFrom": Filter(parse_moment, lambda order, time: order.status_changed > time),
    "lastReceiveTimeFrom": Filter(parse_moment, lambda order, time: _between(order.last_received, after=time)),
    "lastReceiveTimeTo": Filter(parse_moment, lambda order, time: _between(order.last_received, before=time)),
    "inDateFrom": Filter(parse_moment, lambda order, time: _between(_in_date(order), after=time)),
    "inDateTo": Filter(parse_moment, lambda order, time: _between(_in_date(order), before=time)),
    "onlyPurchaseOrdersWithOrderLinesToReport": Filter(flag, lambda order, on: not on or _to_report(order)),
    "articleNumbers": Filter(str, lambda order, numbers: any(line.article.number in numbers for line in order.lines), many=True),
}
PARAMETERS = {**GOODS_OWNER, **parameters(FILTERS), "maxPurchaseOrdersToGet": Parameter(size)}


def list_purchase_orders(call: ApiCall) -> Answer:
    given = call.query(PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    all_of_them = call.warehouse.purchases.by_id.values()
    found = kept([order for order in all_of_them if order.goods_owner_id == given["goodsOwnerId"]], given, FILTERS)
    found.sort(key=lambda order: order.id)
    return Answer([purchase_order_answer(order, call.warehouse) for order in found[: given.get("maxPurchaseOrdersToGet")]])


def read_purchase_order(call: ApiCall) -> Answer:
    return Answer(purchase_order_answer(_purchase_order(call), call.warehouse))


def put_purchase_order(call: ApiCall) -> Write:
    call.query({})
    body = call.body(PurchaseOrderBody)
    call.check_goods_owner(body.goods_owner_id)

    def make() -> Answer:
        order, message = call.warehouse.purchases.put(body)
        return Answer({"purchaseOrderId": order.id, "message": message})

    return Write(body.goods_owner_id, make)


def cancel_purchase_order(call: ApiCall) -> Write:
    given = call.query({**GOODS_OWNER, "purchaseOrderNumber": Parameter(str, required=True)})
    call.check_goods_owner(given["goodsOwnerId"])

    def make() -> Answer:
        order = call.warehouse.purchases.by_number.get((given["goodsOwnerId"], given["purchaseOrderNumber"]))
        if order is None:
            raise assumed.no_such_record(KIND, given["purchaseOrderNumber"])
        return Answer({"purchaseOrderId": order.id, "message": call.warehouse.purchases.cancel(order)})

    return Write(given["goodsOwnerId"], make)


def cancel_purchase_order_by_id(call: ApiCall) -> Write:
    order = _purchase_order(call)
    return Write(
        order.goods_owner_id, lambda: Answer({"purchaseOrderId": order.id, "message": call.warehouse.purchases.cancel(order)})
    )


def patch_status(call: ApiCall) -> Write:
    order = _purchase_order(call)
    body = call.body(PurchaseStatusBody)

    def make() -> Answer:
        call.warehouse.purchases.set_status(order, body.purchase_order_status_number)
        return _patched(order)

    return Write(order.goods_owner_id, make)


def patch_in_date(call: ApiCall) -> Write:
    order = _purchase_order(call)
    body = call.body(InDateBody)
    return _changed(call, order, {"in_date": body.in_date})


def patch_advised_date(call: ApiCall) -> Write:
    order = _purchase_order(call)
    body = call.body(AdvisedDateBody)
    advanced = (order.body.advanced or PurchaseAdvanced()).model_copy(update={"advised_date": body.advised_date})
    return _changed(call, order, {"advanced": advanced})


def _changed(call: ApiCall, order: PurchaseOrder, update: dict[str, Any]) -> Write:
    def make() -> Answer:
        order.body = order.body.model_copy(update=update)
        return _patched(order)

    return Write(order.goods_owner_id, make)


def report_line(call: ApiCall) -> Write:
    """How much of a line the caller has confirmed. The contract describes no answer: it is empty (INF)."""
    order = _purchase_order(call)
    body = call.body(ReportedNumberBody)
    line_id = call.number("line_id")
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise assumed.no_such_record(f"{KIND} line", line_id)

    def make() -> Answer:
        line.reported = body.reported_number_of_items
        return NOTHING

    return Write(order.goods_owner_id, make)


def report_received(call: ApiCall) -> Write:
    """All lines at once; the call has no body."""
    order = _purchase_order(call)

    def make() -> Answer:
        for line in order.lines:
            line.reported = line.received
        return NOTHING

    return Write(order.goods_owner_id, make)


def statuses(call: ApiCall) -> Answer:
    """The member really is called `orderStatuses`."""
    call.query({})
    known = call.warehouse.config.purchase_order_statuses
    return Answer({"orderStatuses": [{"number": number, "text": text} for number, text in known]})


def types(call: ApiCall) -> Answer:
    given = call.query(GOODS_OWNER)
    call.check_goods_owner(given["goodsOwnerId"])
    known = call.warehouse.config.purchase_order_types
    return Answer({"purchaseOrderTypes": [{"code": code, "name": name} for code, name in known]})


def _patched(order: PurchaseOrder) -> Answer:
    return Answer({"purchaseOrderId": order.id, "message": None})


def _purchase_order(call: ApiCall) -> PurchaseOrder:
    """The purchase order named in the path; such a call takes no query."""
    call.query({})
    purchase_id = call.number("purchase_id")
    order = call.warehouse.purchases.by_id.get(purchase_id)
    if order is None:
        raise assumed.no_such_record(KIND, purchase_id)
    call.check_goods_owner(order.goods_owner_id)
    return order


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/purchaseOrders", list_purchase_orders),
    ("PUT", "/purchaseOrders", put_purchase_order),
    ("DELETE", "/purchaseOrders", cancel_purchase_order),
    ("GET", "/purchaseOrders/statuses", statuses),
    ("GET", "/purchaseOrders/types", types),
    ("GET", "/purchaseOrders/{purchase_id:int}", read_purchase_order),
    ("DELETE", "/purchaseOrders/{purchase_id:int}", cancel_purchase_order_by_id),
    ("PATCH", "/purchaseOrders/{purchase_id:int}/purchaseOrderStatus", patch_status),
    ("PATCH", "/purchaseOrders/{purchase_id:int}/inDate", patch_in_date),
    ("PATCH", "/purchaseOrders/{purchase_id:int}/advisedDate", patch_advised_date),
    ("PATCH", "/purchaseOrders/{purchase_id:int}/lines/{line_id:int}/reportedNumberOfItems", report_line),
    ("PATCH", "/purchaseOrders/{purchase_id:int}/setReportedNumberOfItemsToReceivedNumberOfItems", report_received),
)
