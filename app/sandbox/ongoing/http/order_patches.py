"""The calls that change one thing about an order. Only that of the status asks how far the order has come (upstream)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.http.calls import NOTHING, Answer, Asked, Endpoint, Write
from app.sandbox.ongoing.http.order_calls import order_in_path
from app.sandbox.ongoing.http.queries import Parameter, flag, read_query
from app.sandbox.ongoing.model.records import Order, OrderLine, Parcel, Tracking
from app.sandbox.ongoing.wire import patch_bodies as bodies
from app.sandbox.ongoing.wire.order_bodies import LinePrices, ReportedNumberBody, Transporter
from app.sandbox.ongoing.wire.rules import check_transporter
from app.sandbox.ongoing.wire.values import Body

Change = Callable[[Asked, Order], None]


def _patch(kind: type[Body]) -> Endpoint:
    """Sets the body's members on the order."""

    def endpoint(asked: Asked) -> Write:
        body = asked.body(kind)
        update = {name: getattr(body, name) for name in kind.model_fields}
        return _write(asked, lambda asked, order: _set(order, update))

    return endpoint


def _patch_line(kind: type[Body], change: Callable[[OrderLine, Any], None]) -> Endpoint:
    def endpoint(asked: Asked) -> Write:
        line, body = _line(order_in_path(asked), asked.number("line_id")), asked.body(kind)
        return _write(asked, lambda asked, order: change(line, body))

    return endpoint


def _write(asked: Asked, change: Change) -> Write:
    order = order_in_path(asked)

    def make() -> Answer:
        change(asked, order)
        order.updated = asked.warehouse.clock()
        return Answer({"orderId": order.id, "message": None})

    return Write(order.goods_owner_id, make)


def _set(order: Order, update: dict[str, Any]) -> None:
    order.body = order.body.model_copy(update=update)


def _line(order: Order, line_id: int) -> OrderLine:
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise assumed.no_such_order_line(line_id)
    return line


def patch_status(asked: Asked) -> Write:
    body = asked.body(bodies.StatusBody)
    return _write(asked, lambda asked, order: asked.warehouse.patch_order_status(order, body.order_status_number))


def patch_number(asked: Asked) -> Write:
    """Whether the number is free is not looked at (upstream)."""
    body = asked.body(bodies.NumberBody)
    return _write(asked, lambda asked, order: asked.warehouse.rename_order(order, body.order_number))


def patch_transporter(asked: Asked) -> Write:
    body = asked.body(bodies.TransporterBody)
    check_transporter("transporter", body.transporter_code, body.transporter_service_code, asked.warehouse.config)
    transporter = Transporter.model_validate(body.model_dump(by_alias=True))
    return _write(asked, lambda asked, order: _set(order, {"transporter": transporter}))


def patch_waybill(asked: Asked) -> Write:
    """The order's own number; the list of shipment numbers stays as it is (INF)."""
    body = asked.body(bodies.WaybillBody)

    def change(asked: Asked, order: Order) -> None:
        order.way_bill = body.waybill

    return _write(asked, change)


def patch_return_waybill(asked: Asked) -> Write:
    body = asked.body(bodies.ReturnWaybillBody)

    def change(asked: Asked, order: Order) -> None:
        order.return_way_bill = body.return_waybill

    return _write(asked, change)


def add_classes(asked: Asked) -> Write:
    given = asked.body(bodies.ClassesBody).classes or []

    def change(asked: Asked, order: Order) -> None:
        codes = {one.code for one in given}
        _set(order, {"classes": [one for one in order.body.classes or [] if one.code not in codes] + given})

    return _write(asked, change)


def set_classes(asked: Asked) -> Write:
    given = asked.body(bodies.ClassesBody).classes or []
    return _write(asked, lambda asked, order: _set(order, {"classes": given}))


def _comment(line: OrderLine, body: bodies.LineCommentBody) -> None:
    line.body = line.body.model_copy(update={"comment": body.comment})


def _price(line: OrderLine, body: bodies.LinePriceBody | bodies.CustomerLinePriceBody) -> None:
    prices = (line.body.prices or LinePrices()).model_copy(update=dict(body))
    line.body = line.body.model_copy(update={"prices": prices})


def _report(line: OrderLine, body: ReportedNumberBody) -> None:
    """How much of the line the caller has confirmed."""
    line.reported = body.reported_number_of_items


def report_returned(asked: Asked) -> Write:
    """The same of what came back. The contract describes no answer: it is empty (INF)."""
    order = order_in_path(asked)
    line, body = _line(order, asked.number("line_id")), asked.body(bodies.ReportedReturnedBody)

    def make() -> Answer:
        line.reported_returned = body.reported_returned_number_of_items
        return NOTHING

    return Write(order.goods_owner_id, make)


def report_all_picked(asked: Asked) -> Write:
    """All lines at once; the call has no body."""

    def change(asked: Asked, order: Order) -> None:
        for line in order.lines:
            line.reported = line.picked

    return _write(asked, change)


def report_all_returned(asked: Asked) -> Write:
    given = read_query(asked.request, {"onlyUpdateOrderLinesWhichHaveReturnedItems": Parameter(flag)})
    only_returned = given.get("onlyUpdateOrderLinesWhichHaveReturnedItems", False)
    order = order_in_path(asked, with_query=True)

    def make() -> Answer:
        for line in order.lines:
            if line.returned or not only_returned:
                line.reported_returned = line.returned
        return Answer({"orderId": order.id, "message": None})

    return Write(order.goods_owner_id, make)


def put_tracking(asked: Asked) -> Write:
    """A shipment's number and link, found by its number."""
    order, body = order_in_path(asked), asked.body(bodies.OrderTrackingBody)

    def make() -> Answer:
        known = next((one for one in order.tracking if one.waybill == body.waybill), None)
        if known is None:
            order.tracking.append(
                Tracking(body.waybill, body.tracking_url, asked.warehouse.clock(), is_return=body.is_return_tracking)
            )
        else:
            known.url, known.is_return = body.tracking_url, body.is_return_tracking
        return Answer({"success": True, "message": None})

    return Write(order.goods_owner_id, make)


def put_parcel(asked: Asked) -> Write:
    """A package, found by its number."""
    order, body = order_in_path(asked), asked.body(bodies.ParcelBody)

    def make() -> Answer:
        parcel = next((one for one in order.parcels if one.number == body.parcel_number), None)
        if parcel is None:
            parcel = Parcel(asked.warehouse.next_id(), body.parcel_number)
            order.parcels.append(parcel)
        if body.tracking is not None:
            parcel.waybill, parcel.url = body.tracking.waybill, body.tracking.tracking_url
        return Answer({"parcelId": parcel.id, "success": True, "message": None})

    return Write(order.goods_owner_id, make)


def put_parcel_tracking(asked: Asked) -> Write:
    order, body = order_in_path(asked), asked.body(bodies.OrderTrackingBody)
    parcel_id = asked.number("parcel_id")
    parcel = next((one for one in order.parcels if one.id == parcel_id), None)
    if parcel is None:
        raise assumed.no_such_parcel(parcel_id)

    def make() -> Answer:
        parcel.waybill, parcel.url, parcel.is_return = body.waybill, body.tracking_url, body.is_return_tracking
        return Answer({"parcelId": parcel.id, "success": True, "message": None})

    return Write(order.goods_owner_id, make)


ORDER = "/orders/{order_id:int}"
LINE = ORDER + "/lines/{line_id:int}"
CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("PATCH", f"{ORDER}/orderStatus", patch_status),
    ("PATCH", f"{ORDER}/deliveryDate", _patch(bodies.DeliveryDateBody)),
    ("PATCH", f"{ORDER}/orderNumber", patch_number),
    ("PATCH", f"{ORDER}/orderRemark", _patch(bodies.RemarkBody)),
    ("PATCH", f"{ORDER}/warehouseInstruction", _patch(bodies.WarehouseInstructionBody)),
    ("PATCH", f"{ORDER}/servicePointCode", _patch(bodies.ServicePointBody)),
    ("PATCH", f"{ORDER}/transporter", patch_transporter),
    ("PATCH", f"{ORDER}/waybill", patch_waybill),
    ("PATCH", f"{ORDER}/returnWaybill", patch_return_waybill),
    ("PATCH", f"{ORDER}/freeText1", _patch(bodies.FreeText1Body)),
    ("PATCH", f"{ORDER}/freeText2", _patch(bodies.FreeText2Body)),
    ("PATCH", f"{ORDER}/freeText3", _patch(bodies.FreeText3Body)),
    ("PATCH", f"{ORDER}/addOrderClasses", add_classes),
    ("PATCH", f"{ORDER}/setOrderClasses", set_classes),
    ("PATCH", f"{LINE}/comment", _patch_line(bodies.LineCommentBody, _comment)),
    ("PATCH", f"{LINE}/linePrice", _patch_line(bodies.LinePriceBody, _price)),
    ("PATCH", f"{LINE}/customerLinePrice", _patch_line(bodies.CustomerLinePriceBody, _price)),
    ("PATCH", f"{LINE}/reportedNumberOfItems", _patch_line(ReportedNumberBody, _report)),
    ("PATCH", f"{LINE}/reportedReturnedNumberOfItems", report_returned),
    ("PATCH", f"{ORDER}/setReportedNumberOfItemsToPickedNumberOfItems", report_all_picked),
    ("PATCH", f"{ORDER}/setReportedReturnedNumberOfItemsToReturnedNumberOfItems", report_all_returned),
    ("PUT", f"{ORDER}/orderTracking", put_tracking),
    ("PUT", f"{ORDER}/parcels", put_parcel),
    ("PUT", f"{ORDER}/parcels/{{parcel_id:int}}/parcelTracking", put_parcel_tracking),
)
