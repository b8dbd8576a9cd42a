"""How an order reads back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.records import Order, Parcel, Tracking
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.wire.order_line_answers import line_answer
from app.sandbox.ongoing.wire.rules import WAREHOUSE_ID
from app.sandbox.ongoing.wire.values import parse_day_or_moment, zulu, zulu_text

ECHOED = (
    "orderNumber",
    "goodsOwnerOrderId",
    "referenceNumber",
    "salesCode",
    "orderRemark",
    "deliveryInstruction",
    "servicePointCode",
    "freeText1",
    "freeText2",
    "freeText3",
    "emailNotification",
    "smsNotification",
    "telephoneNotification",
    "customsInfo",
    "preparedTransportDocumentId",
    "termsOfDeliveryType",
    "customerPrice",
    "consigneeOrderNumber",
    "warehouseInstruction",
    "marketPlace",
    "pickingPriority",
    "productionCode",
    "freightPrice",
    "invoiceUrl",
)
ADDRESS = ("name", "address1", "address2", "address3", "postCode", "city", "countryCode", "countryStateCode")
CONSIGNEE = ("customerNumber", *ADDRESS, "remark", "doorCode", "invoiceAddress")
NOTIFICATIONS = ("telephoneNotification", "emailNotification", "smsNotification")


def order_answer(order: Order, warehouse: Warehouse) -> dict[str, Any]:
    """`GET /orders` gives a list of these. `tracking` is null on fresh orders, as observed; the other lists too (INF)."""
    body = order.body.model_dump(by_alias=True)
    return {
        "goodsOwner": {"id": order.goods_owner_id, "name": f"Goods owner {order.goods_owner_id}"},
        "orderInfo": _order_info(order, body, warehouse),
        "consignee": _consignee(order, body["consignee"]),
        "parcels": [_parcel(parcel) for parcel in order.parcels] or None,
        "orderLines": [line_answer(line) for line in order.lines],
        "transporter": _transporter(body["transporter"], warehouse),
        "returnTransporter": _transporter(body["returnTransporter"], warehouse),
        "tracking": [_tracking(one) for one in order.tracking if not one.is_return] or None,
        "classes": [{"code": one["code"], "name": one["name"]} for one in body["classes"] or []] or None,
        "shipmentInfo": _shipment(order),
        "returnTracking": [_tracking(one) for one in order.tracking if one.is_return] or None,
        "advanced": {"orderTextLines": (body["advanced"] or {}).get("orderTextLines")},
    }


def _order_info(order: Order, body: dict[str, Any], warehouse: Warehouse) -> dict[str, Any]:
    return {
        "orderId": order.id,
        **{name: body[name] for name in ECHOED},
        "orderType": _found(body["orderType"], order, dict(warehouse.order_types)),
        "wayOfDelivery": _found(body["wayOfDelivery"], order, {key: way for key, (_, way) in warehouse.ways_of_delivery.items()}),
        # A bare date, as in the vendor's samples; the moment is under `advanced`.
        "deliveryDate": parse_day_or_moment(body["deliveryDate"]).date().isoformat(),
        "createdDate": zulu(order.created),
        "shippedTime": zulu(order.shipped),
        "wayBill": order.way_bill,
        "returnWayBill": order.return_way_bill,
        "orderStatus": {"number": order.status, "text": dict(warehouse.config.statuses).get(order.status)},
        "orderedNumberOfItems": sum((line.ordered for line in order.lines), 0.0),
        "allocatedNumberOfItems": sum((line.allocated for line in order.lines), 0.0),
        "pickedNumberOfItems": sum((line.picked for line in order.lines), 0.0),
        "warehouse": {"id": WAREHOUSE_ID, "code": warehouse.config.warehouse, "name": warehouse.config.warehouse},
        "orderFreeDateTime1": zulu_text(body["orderFreeDateTime1"]),
        "sortLocation": None,
        "advanced": {
            "invoiceNumber": (body["advanced"] or {}).get("invoiceNumber"),
            "arrivalDate": zulu_text((body["advanced"] or {}).get("arrivalDate")),
            "deliveryDateWithTime": zulu_text(body["deliveryDate"]),
            "backOrderInfo": None if order.back_order_for is None else {"backOrderForOrderId": order.back_order_for},
            "orderHeaderUpdated": zulu(order.updated),
            "transportPaymentType": None,
        },
    }


def _found(given: dict[str, Any] | None, order: Order, known: dict[tuple[int, str], Any]) -> dict[str, Any] | None:
    """The code list's entry, which was there first or was made from what was given."""
    if given is None:
        return None
    entry = known.get((order.goods_owner_id, given["code"] or given["name"] or ""))
    return entry.model_dump(by_alias=True) if entry is not None else given


def _consignee(order: Order, given: dict[str, Any]) -> dict[str, Any]:
    return {**{name: given[name] for name in CONSIGNEE}, "advanced": _notifications(given["advanced"]), "id": order.consignee_id}


def _notifications(given: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if given is None else {name: given[name] for name in NOTIFICATIONS}


def _transporter(given: dict[str, Any] | None, warehouse: Warehouse) -> dict[str, Any] | None:
    if given is None or given["transporterCode"] is None:
        return None
    code, service = given["transporterCode"], given["transporterServiceCode"]
    names = {(one[0], one[1]): (one[2], one[3]) for one in warehouse.config.transporter_contracts}
    carrier = next(one[2] for one in warehouse.config.transporter_contracts if one[0] == code)
    return {
        "transporterName": carrier,
        "name": names[code, service][1] if service is not None else None,
        "code": code,
        "serviceCode": service,
        "transporterContract": None,
        "serviceComment": None,
    }


def _tracking(one: Tracking) -> dict[str, Any]:
    return {"freightPrice": None, "trackingUrl": one.url, "waybill": one.waybill, "created": zulu(one.created)}


def _parcel(parcel: Parcel) -> dict[str, Any]:
    return {**_short_parcel(parcel), "tracking": _parcel_tracking(parcel), "advanced": None}


def _parcel_tracking(parcel: Parcel) -> dict[str, Any] | None:
    """Null where there is nothing. The waybill is a newer member: it is there only when there is one."""
    if parcel.url is None and parcel.waybill is None:
        return None
    waybill = {} if parcel.waybill is None else {"waybill": parcel.waybill}
    return {"freightPrice": None, "trackingUrl": parcel.url, **waybill}


def _short_parcel(parcel: Parcel) -> dict[str, Any]:
    return {"id": parcel.id, "parcelNumber": parcel.number, "isReturnParcel": parcel.is_return}


def _shipment(order: Order) -> dict[str, Any] | None:
    if order.shipment_id is None:
        return None
    return {"shipmentId": order.shipment_id, "parcels": [_short_parcel(parcel) for parcel in order.parcels]}
