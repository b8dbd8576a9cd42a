"""The calls that change one thing about an order, as a table. Only that of the status asks how far the order is (upstream)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from app.sandbox.kit import queries
from app.sandbox.kit.fields import Fields, Record, flag, int32, number, record, required, shape, text
from app.sandbox.kit.requests import NOTHING, Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.orders import CLASSES, ORDER_NUMBER, PAYERS, TRANSPORTER, LinePrices, Transporter
from app.sandbox.ongoing.bodies.values import key, moment, quantity
from app.sandbox.ongoing.http.order_calls import order_in_path
from app.sandbox.ongoing.http.request_handler import ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.records import Order, OrderLine, Parcel, Tracking
from app.sandbox.ongoing.model.rules import check_transporter
from app.sandbox.ongoing.model.warehouse import Warehouse

Call = tuple[str, str, Endpoint]
Change = Callable[[Any, Any, Warehouse], Answer | None]
"""Changes an order or a line (first) by a body (second). Without an answer of its own the usual one is given."""

ORDER = "/orders/{order_id:int}"
LINE = ORDER + "/lines/{line_id:int}"
ONLY_RETURNED = "onlyUpdateOrderLinesWhichHaveReturnedItems"

# ---- the forms of a row


def _patch(name: str, change: Change, *content: Fields, check: Callable[[Record, Warehouse], None] | None = None) -> Call:
    """`PATCH /orders/{id}/name`. The body is looked at before the order; `check` says what else is refused."""
    kind = shape(name, *content)

    def endpoint(call: ApiCall) -> Write:
        body = call.body(kind)
        if check is not None:
            check(body, call.warehouse)
        order = order_in_path(call)
        return _write(call, order, partial(change, order, body))

    return "PATCH", f"{ORDER}/{name}", endpoint


def _patch_line(name: str, change: Change, *content: Fields) -> Call:
    """`PATCH /orders/{id}/lines/{id}/name`. The line is looked for before the body."""
    kind = shape(name, *content)

    def endpoint(call: ApiCall) -> Write:
        order, line_id = order_in_path(call), call.number("line_id")
        line = next((line for line in order.lines if line.id == line_id), None)
        if line is None:
            raise assumed.no_such_order_line(line_id)
        return _write(call, order, partial(change, line, call.body(kind)))

    return "PATCH", f"{LINE}/{name}", endpoint


def _patch_all(name: str, change: Callable[[Order], None]) -> Call:
    """`PATCH /orders/{id}/name` without a body, for all lines at once."""

    def endpoint(call: ApiCall) -> Write:
        order = order_in_path(call)
        return _write(call, order, lambda warehouse: change(order))

    return "PATCH", f"{ORDER}/{name}", endpoint


def _put(name: str, change: Change, *content: Fields) -> Call:
    """`PUT /orders/{id}/name`. The order is looked for before the body."""
    kind = shape(name, *content)

    def endpoint(call: ApiCall) -> Write:
        order = order_in_path(call)
        return _write(call, order, partial(change, order, call.body(kind)))

    return "PUT", f"{ORDER}/{name}", endpoint


def _write(call: ApiCall, order: Order, change: Callable[[Warehouse], Answer | None]) -> Write:
    """Only a change with the usual answer moves the order's time."""

    def make() -> Answer:
        answer = change(call.warehouse)
        if answer is None:
            order.updated = call.warehouse.clock()
        return answer or Answer({"orderId": order.id, "message": None})

    return Write(order.goods_owner_id, make)


# ---- what they change


def _set(target: Order | OrderLine, body: Record, _: Warehouse) -> None:
    """The body's members replace those that were written before."""
    target.body = target.body.model_copy(update=dict(body))


def _keep(attribute: str, answer: Answer | None = None) -> Change:
    """The warehouse keeps the body's only member as this attribute."""

    def change(target: Order | OrderLine, body: Record, _: Warehouse) -> Answer | None:
        setattr(target, attribute, *dict(body).values())
        return answer

    return change


def _set_transporter(order: Order, body: Record, _: Warehouse) -> None:
    order.body = order.body.model_copy(update={"transporter": Transporter.model_validate(body.as_sent())})


def _check_transporter(body: Record, warehouse: Warehouse) -> None:
    check_transporter("transporter", body.transporter_code, body.transporter_service_code, warehouse.config)


def _set_classes(order: Order, body: Record, _: Warehouse) -> None:
    order.body = order.body.model_copy(update={"classes": body.classes or []})


def _add_classes(order: Order, body: Record, _: Warehouse) -> None:
    given = body.classes or []
    codes = {one.code for one in given}
    kept = [one for one in order.body.classes or [] if one.code not in codes]
    order.body = order.body.model_copy(update={"classes": kept + given})


def _set_price(line: OrderLine, body: Record, _: Warehouse) -> None:
    prices = (line.body.prices or LinePrices()).model_copy(update=dict(body))
    line.body = line.body.model_copy(update={"prices": prices})


def _report_picked(order: Order) -> None:
    for line in order.lines:
        line.reported = line.picked


def _report_returned(call: ApiCall) -> Write:
    given = call.query({ONLY_RETURNED: queries.Parameter(queries.flag)})
    order = order_in_path(call, with_query=True)

    def make() -> Answer:
        for line in order.lines:
            if line.returned or not given.get(ONLY_RETURNED):
                line.reported_returned = line.returned
        return Answer({"orderId": order.id, "message": None})

    return Write(order.goods_owner_id, make)


def _put_tracking(order: Order, body: Record, warehouse: Warehouse) -> Answer:
    """A shipment's number and link, found by its number."""
    known = next((one for one in order.tracking if one.waybill == body.waybill), None)
    if known is None:
        known = Tracking(body.waybill, None, warehouse.clock())
        order.tracking.append(known)
    known.url, known.is_return = body.tracking_url, body.is_return_tracking
    return Answer({"success": True, "message": None})


def _put_parcel(order: Order, body: Record, warehouse: Warehouse) -> Answer:
    """A package, found by its number."""
    parcel = next((one for one in order.parcels if one.number == body.parcel_number), None)
    if parcel is None:
        parcel = Parcel(warehouse.next_id(), body.parcel_number)
        order.parcels.append(parcel)
    if body.tracking is not None:
        parcel.waybill, parcel.url = body.tracking.waybill, body.tracking.tracking_url
    return Answer({"parcelId": parcel.id, "success": True, "message": None})


def _put_parcel_tracking(call: ApiCall) -> Write:
    order, body = order_in_path(call), call.body(TRACKING_BODY)
    parcel_id = call.number("parcel_id")
    parcel = next((one for one in order.parcels if one.id == parcel_id), None)
    if parcel is None:
        raise assumed.no_such_parcel(parcel_id)

    def make() -> Answer:
        parcel.waybill, parcel.url, parcel.is_return = body.waybill, body.tracking_url, body.is_return_tracking
        return Answer({"parcelId": parcel.id, "success": True, "message": None})

    return Write(order.goods_owner_id, make)


# ---- the table: the call, what it changes, what its body holds

TRACKING = required(key("waybill", "trackingUrl"))
RETURN_TRACKING = required(flag("isReturnTracking"))
TRACKING_BODY = shape("trackingBody", TRACKING, RETURN_TRACKING)
ID_OR_CODE = (*int32("id"), *text("code"))
PARCEL = (
    *required(key("parcelNumber", "transportAdministrationType")),
    *record(
        "advanced",
        record("parcelType", ID_OR_CODE),
        record("parcelStatus", ID_OR_CODE),
        number("length", "width", "height", "weight"),
    ),
    *record("tracking", TRACKING),
)
CALLS: tuple[Call, ...] = (
    _patch(
        "orderStatus",
        lambda order, body, warehouse: warehouse.patch_order_status(order, body.order_status_number),
        required(int32("orderStatusNumber")),
    ),
    _patch(  # whether the number is free is not looked at (upstream)
        "orderNumber",
        lambda order, body, warehouse: warehouse.rename_order(order, body.order_number),
        required(ORDER_NUMBER),
    ),
    _patch("deliveryDate", _set, required(moment("deliveryDate"))),
    _patch("orderRemark", _set, required(text("orderRemark", most=500))),
    _patch("warehouseInstruction", _set, required(text("warehouseInstruction", most=500))),
    _patch("servicePointCode", _set, required(text("servicePointCode", least=1, most=50))),
    _patch("freeText1", _set, required(text("freeText1"))),
    _patch("freeText2", _set, required(text("freeText2"))),
    _patch("freeText3", _set, required(text("freeText3"))),
    _patch("transporter", _set_transporter, TRANSPORTER, record("paymentAdvanced", PAYERS), check=_check_transporter),
    # The order's own number; the list of shipment numbers stays as it is (INF).
    _patch("waybill", _keep("way_bill"), required(text("waybill", least=1, most=50))),
    _patch("returnWaybill", _keep("return_way_bill"), required(text("returnWaybill", least=1, most=50))),
    _patch("addOrderClasses", _add_classes, CLASSES),
    _patch("setOrderClasses", _set_classes, CLASSES),
    _patch_line("comment", _set, required(text("comment"))),
    _patch_line("linePrice", _set_price, number("linePrice")),
    _patch_line("customerLinePrice", _set_price, number("customerLinePrice")),
    # How much of the line the caller has confirmed. Of what came back, the contract describes no answer: it is empty (INF).
    _patch_line("reportedNumberOfItems", _keep("reported"), required(quantity("reportedNumberOfItems"))),
    _patch_line(
        "reportedReturnedNumberOfItems",
        _keep("reported_returned", NOTHING),
        required(quantity("reportedReturnedNumberOfItems")),
    ),
    _patch_all("setReportedNumberOfItemsToPickedNumberOfItems", _report_picked),
    ("PATCH", f"{ORDER}/setReportedReturnedNumberOfItemsToReturnedNumberOfItems", _report_returned),
    _put("orderTracking", _put_tracking, TRACKING, RETURN_TRACKING),
    _put("parcels", _put_parcel, PARCEL),
    ("PUT", f"{ORDER}/parcels/{{parcel_id:int}}/parcelTracking", _put_parcel_tracking),
)
