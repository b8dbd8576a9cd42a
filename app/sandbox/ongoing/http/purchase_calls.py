"""The calls on purchase orders."""

from __future__ import annotations

from datetime import datetime

from app.sandbox.kit.fields import Record, required, shape
from app.sandbox.kit.queries import Filter, Parameter, flag, integer, kept, parameters, size
from app.sandbox.kit.requests import NOTHING, Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.answers.inbound import purchase_order_answer
from app.sandbox.ongoing.bodies.inbound import PurchaseAdvanced, PurchaseOrderBody
from app.sandbox.ongoing.bodies.values import moment, parse_day_or_moment, parse_moment, quantity
from app.sandbox.ongoing.http.inbound_calls import InboundCalls
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
PURCHASES = InboundCalls("purchaseOrder", KIND, lambda warehouse: warehouse.purchases, PurchaseOrderBody, purchase_order_answer)
REPORTED = shape("ReportedBody", required(quantity("reportedNumberOfItems")))
PARAMETERS = {**GOODS_OWNER, **parameters(FILTERS), "maxPurchaseOrdersToGet": Parameter(size)}


def list_purchase_orders(call: ApiCall) -> Answer:
    given = call.query(PARAMETERS)
    call.check_goods_owner(given["goodsOwnerId"])
    all_of_them = call.warehouse.purchases.by_id.values()
    found = kept([order for order in all_of_them if order.goods_owner_id == given["goodsOwnerId"]], given, FILTERS)
    found.sort(key=lambda order: order.id)
    return Answer([purchase_order_answer(order, call.warehouse) for order in found[: given.get("maxPurchaseOrdersToGet")]])


def _set_in_date(order: PurchaseOrder, body: Record) -> None:
    order.body = order.body.model_copy(update=dict(body))


def _set_advised_date(order: PurchaseOrder, body: Record) -> None:
    advanced = (order.body.advanced or PurchaseAdvanced()).model_copy(update=dict(body))
    order.body = order.body.model_copy(update={"advanced": advanced})


def report_line(call: ApiCall) -> Write:
    """How much of a line the caller has confirmed. The contract describes no answer: it is empty (INF)."""
    order = PURCHASES.in_path(call)
    body = call.body(REPORTED)
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
    order = PURCHASES.in_path(call)

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


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/purchaseOrders", list_purchase_orders),
    *PURCHASES.calls(),
    ("GET", "/purchaseOrders/statuses", statuses),
    ("GET", "/purchaseOrders/types", types),
    PURCHASES.patch("inDate", _set_in_date, required(moment("inDate"))),
    PURCHASES.patch("advisedDate", _set_advised_date, moment("advisedDate")),
    ("PATCH", f"{PURCHASES.path}/lines/{{line_id:int}}/reportedNumberOfItems", report_line),
    ("PATCH", f"{PURCHASES.path}/setReportedNumberOfItemsToReceivedNumberOfItems", report_received),
)
