"""How an order reads back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox.kit.answers import Build, answer, each, echoed, nulls, one, via
from app.sandbox.kit.fields import Record
from app.sandbox.ongoing.answers.members import at, at_text, cause, goods_owner, status_member, warehouse_member
from app.sandbox.ongoing.bodies.values import parse_day_or_moment
from app.sandbox.ongoing.model.records import Order, OrderLine, Parcel
from app.sandbox.ongoing.model.warehouse import Warehouse

ADDRESS = ("name", "address1", "address2", "address3", "postCode", "city", "countryCode", "countryStateCode")
NOTIFICATIONS = ("telephoneNotification", "emailNotification", "smsNotification")

# ---- lines

PICKED = answer(
    {
        **nulls("secondNumberOfItems", "serial", "caseNumber", "batchNumber", "container", "comment", "weight", "volume"),
        **nulls("expiryDate", "location", "locationTypeCode", "articleItemStatus", "freeText1", "packedTime", "handling"),
        **nulls("parcel", "zoneName", "purchaseOrderInfo", "productionDateDate"),
        "articleItemId": "id",
        "originalArticleItemId": lambda item, warehouse: item.original_id or item.id,
        "numberOfItems": "number_of_items",
        "inDate": at("picked"),
        "isPicked": lambda item, warehouse: True,
        "isReturned": lambda item, warehouse: item.returned is not None,
        "returnDate": at("returned"),
        "returnCause": cause("return_cause"),
        "pickedTime": at("picked"),
    }
)
LINE = answer(
    {
        "id": "id",
        **echoed("body", "rowNumber", "comment", "serialNumber", "lineTotalCustomsValue", "batchNumber", "lineType"),
        **echoed("body", "customerArticleNumber", "externalId", "minDaysToExpiryDate", "maxDaysToExpiryDate"),
        **echoed("body", "warehouseInstruction", "vat"),
        "article": {
            "articleSystemId": "article.id",
            **echoed("article.body", "articleNumber", "articleName", "productCode"),
            "articleKind": "article.body.structure_definition.article_kind",
        },
        "orderedNumberOfItems": "ordered",
        "allocatedNumberOfItems": "allocated",
        "pickedNumberOfItems": "picked",
        "packedNumberOfItems": "packed",
        "returnedNumberOfItems": "returned",
        "reportedNumberOfItems": "reported",
        "reportedReturnedNumberOfItems": "reported_returned",
        "shouldBePicked": via("body.should_be_picked", lambda wanted: wanted is not False),
        "pickedArticleItems": each("picked_items", PICKED),
        "prices": one("body.prices", echoed("", "linePrice", "customerLinePrice", "currencyCode", "discountPercentage")),
        "freeValues": "body.line_free_values",
        "deliveryDate": at_text("body.delivery_date"),
        **nulls("subOrderLines", "pickOrderInfo"),
    }
)

# ---- the order


def _total(quantity: Callable[[OrderLine], float]) -> Build:
    return lambda order, warehouse: sum((quantity(line) for line in order.lines), 0.0)


def _listed(given: Record | None, order: Order, known: dict[tuple[int, str], Record]) -> dict[str, Any] | None:
    """The code list's entry, which was there first or was made from what was given."""
    if given is None:
        return None
    return known.get((order.goods_owner_id, given.code or given.name or ""), given).as_sent()


def _order_type(order: Order, warehouse: Warehouse) -> dict[str, Any] | None:
    return _listed(order.body.order_type, order, dict(warehouse.order_types))


def _way_of_delivery(order: Order, warehouse: Warehouse) -> dict[str, Any] | None:
    return _listed(order.body.way_of_delivery, order, {key: way for key, (_, way) in warehouse.ways_of_delivery.items()})


def _transporter(given: Record, warehouse: Warehouse) -> dict[str, Any] | None:
    if given.transporter_code is None:
        return None
    code, service = given.transporter_code, given.transporter_service_code
    of_this_code = [one for one in warehouse.config.transporter_contracts if one.transporter_code == code]
    names = {one.service_code: one.service_name for one in of_this_code}
    return {
        "transporterName": of_this_code[0].transporter_name,
        "name": names[service] if service is not None else None,
        "code": code,
        "serviceCode": service,
        "transporterContract": None,
        "serviceComment": None,
    }


def _parcel_tracking(parcel: Parcel, _: Warehouse) -> dict[str, Any] | None:
    """Null where there is nothing. The waybill is a newer member: it is there only when there is one."""
    if parcel.url is None and parcel.waybill is None:
        return None
    waybill = {} if parcel.waybill is None else {"waybill": parcel.waybill}
    return {"freightPrice": None, "trackingUrl": parcel.url, **waybill}


def _tracking(*, is_return: bool) -> Build:
    """The shipment numbers of one direction; null when there are none."""
    table = answer({**nulls("freightPrice"), "trackingUrl": "url", "waybill": "waybill", "created": at("created")})
    return lambda order, warehouse: [table(one) for one in order.tracking if one.is_return == is_return] or None


SHORT_PARCEL = {"id": "id", "parcelNumber": "number", "isReturnParcel": "is_return"}
SHIPMENT = answer({"shipmentId": "shipment_id", "parcels": each("parcels", SHORT_PARCEL, or_null=False)})
ORDER_INFO = {
    "orderId": "id",
    **echoed("body", "orderNumber", "goodsOwnerOrderId", "referenceNumber", "salesCode", "orderRemark", "deliveryInstruction"),
    **echoed("body", "servicePointCode", "freeText1", "freeText2", "freeText3", *NOTIFICATIONS, "customsInfo"),
    **echoed("body", "preparedTransportDocumentId", "termsOfDeliveryType", "customerPrice", "consigneeOrderNumber"),
    **echoed("body", "warehouseInstruction", "marketPlace", "pickingPriority", "productionCode", "freightPrice", "invoiceUrl"),
    "orderType": _order_type,
    "wayOfDelivery": _way_of_delivery,
    # A bare date, as in the vendor's samples; the moment is under `advanced`.
    "deliveryDate": via("body.delivery_date", lambda sent: parse_day_or_moment(sent).date().isoformat()),
    "createdDate": at("created"),
    "shippedTime": at("shipped"),
    "wayBill": "way_bill",
    "returnWayBill": "return_way_bill",
    "orderStatus": status_member("statuses"),
    "orderedNumberOfItems": _total(lambda line: line.ordered),
    "allocatedNumberOfItems": _total(lambda line: line.allocated),
    "pickedNumberOfItems": _total(lambda line: line.picked),
    "warehouse": warehouse_member,
    "orderFreeDateTime1": at_text("body.order_free_date_time1"),
    **nulls("sortLocation"),
    "advanced": {
        "invoiceNumber": "body.advanced.invoice_number",
        "arrivalDate": at_text("body.advanced.arrival_date"),
        "deliveryDateWithTime": at_text("body.delivery_date"),
        "backOrderInfo": via("back_order_for", lambda first: None if first is None else {"backOrderForOrderId": first}),
        "orderHeaderUpdated": at("updated"),
        **nulls("transportPaymentType"),
    },
}
order_answer = answer(
    {
        "goodsOwner": goods_owner,
        "orderInfo": ORDER_INFO,
        "consignee": {
            **echoed("body.consignee", "customerNumber", *ADDRESS, "remark", "doorCode", "invoiceAddress"),
            "advanced": one("body.consignee.advanced", echoed("", *NOTIFICATIONS)),
            "id": "consignee_id",
        },
        "parcels": each("parcels", {**SHORT_PARCEL, "tracking": _parcel_tracking, **nulls("advanced")}),
        "orderLines": each("lines", LINE, or_null=False),
        "transporter": one("body.transporter", _transporter),
        "returnTransporter": one("body.return_transporter", _transporter),
        "tracking": _tracking(is_return=False),
        "classes": each("body.classes", echoed("", "code", "name")),
        "shipmentInfo": lambda order, warehouse: None if order.shipment_id is None else SHIPMENT(order),
        "returnTracking": _tracking(is_return=True),
        "advanced": {"orderTextLines": "body.advanced.order_text_lines"},
    }
)
"""`GET /orders` gives a list of these. `tracking` is null on fresh orders, as observed; the other lists too (INF)."""
