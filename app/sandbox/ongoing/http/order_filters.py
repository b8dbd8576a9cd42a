"""The filters of `GET /orders`, a line each. Times are exclusive ("after", "before"), ids and statuses inclusive (upstream)."""

from __future__ import annotations

from datetime import datetime

from app.sandbox.kit.queries import Filter, Parameter, choice, flag, integer, parameters, size
from app.sandbox.ongoing.bodies.values import parse_moment
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER
from app.sandbox.ongoing.model.records import Article, Order


def _after(moment: datetime | None, time: datetime) -> bool:
    return moment is not None and moment > time


def _to_report(order: Order) -> bool:
    return any((line.reported or 0.0) < line.picked for line in order.lines)


def _to_report_returned(order: Order) -> bool:
    return any((line.reported_returned or 0.0) < line.returned for line in order.lines)


def _supplied_by(article: Article, number: str) -> bool:
    main, others = article.body.supplier_info, article.body.alternative_suppliers_info
    alternatives = (others.alternative_suppliers if others else None) or []
    return (main is not None and main.supplier_number == number) or any(one.supplier_number == number for one in alternatives)


def _pickable(order: Order) -> bool:
    """INF: whether what is still to be picked is there."""
    return all(line.article.stock.present >= line.to_be_picked - line.picked for line in order.lines)


FILTERS: dict[str, Filter[Order]] = {
    "orderNumber": Filter(str, lambda order, number: order.number == number),
    "orderNumbers": Filter(str, lambda order, numbers: order.number in numbers, many=True),
    "referenceNumbers": Filter(str, lambda order, numbers: order.body.reference_number in numbers, many=True),
    "orderIdFrom": Filter(integer, lambda order, first: order.id >= first),
    "orderStatusFrom": Filter(integer, lambda order, number: order.status >= number),
    "orderStatusTo": Filter(integer, lambda order, number: order.status <= number),
    "orderStatusChangedTimeFrom": Filter(parse_moment, lambda order, time: order.status_changed > time),
    "shippedTimeFrom": Filter(parse_moment, lambda order, time: _after(order.shipped, time)),
    "shippedTimeTo": Filter(parse_moment, lambda order, time: order.shipped is not None and order.shipped < time),
    "lastPickingTimeFrom": Filter(parse_moment, lambda order, time: _after(order.last_picked, time)),
    "lastReturnedFrom": Filter(parse_moment, lambda order, time: _after(order.last_returned, time)),
    "orderCreatedTimeFrom": Filter(parse_moment, lambda order, time: order.created > time),
    "orderCreatedTimeTo": Filter(parse_moment, lambda order, time: order.created < time),
    "orderUpdatedTimeFrom": Filter(parse_moment, lambda order, time: order.updated > time),
    "onlyOrdersWithOrderLinesToReport": Filter(flag, lambda order, on: not on or _to_report(order)),
    "onlyOrdersWithOrderLinesToReportReturned": Filter(flag, lambda order, on: not on or _to_report_returned(order)),
    # INF: the carrier's numbers come with the transport documents.
    "onlyIfTransportPrinted": Filter(flag, lambda order, on: not on or bool(order.tracking or order.parcels)),
    "shipmentId": Filter(integer, lambda order, shipment: order.shipment_id == shipment),
    "parcelNumber": Filter(str, lambda order, number: any(parcel.number == number for parcel in order.parcels)),
    "serial": Filter(str, lambda order, serial: any(line.body.serial_number == serial for line in order.lines)),
    "articleNumbers": Filter(str, lambda order, numbers: any(line.article.number in numbers for line in order.lines), many=True),
    "marketPlace": Filter(
        str, lambda order, name: order.body.market_place is not None and order.body.market_place.market_place == name
    ),
    "backOrderForOrderId": Filter(integer, lambda order, first: order.back_order_for == first),
    "orderLineSupplierNumber": Filter(str, lambda order, number: any(_supplied_by(line.article, number) for line in order.lines)),
    "pickable": Filter(choice("All", "NotPickable", "NotOk"), lambda order, which: which == "All" or not _pickable(order)),
}
PARAMETERS = {**GOODS_OWNER, **parameters(FILTERS), "maxOrdersToGet": Parameter(size)}
