"""The WMS's answers, read leniently: unknown members are ignored, and only an id, a number or a status must be there.

Upstream: goods owner REST API, `GET /orders`, `GET /articles`, code lists. Absent members come as null, arrays too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.json_reading import decimal, flag, moment, objects, required_id, required_text, required_whole, section, text, whole


@dataclass(frozen=True)
class ReturnedItems:
    """Goods that came back for one order line: how many, when (UTC) and why, in the warehouse's words."""

    quantity: Decimal
    returned_at: datetime | None
    cause_code: str
    cause_name: str
    condition_code: str = ""
    """In what condition it is: the status that the warehouse has given the goods. Empty: none."""
    condition_name: str = ""
    is_scrapped: bool | None = None
    """Whether it was taken out of stock again. None: the read does not say."""
    batch: str = ""
    serial: str = ""


@dataclass(frozen=True)
class WarehouseLine:
    """One order line. `line_id` is the WMS's own, `row_number` ours; quantities are totals in pieces.

    `reported` and `reported_returned` are what this side has confirmed of `picked` and `returned`. There is no shipped quantity:
    it is `picked` once the order has reached the status that counts as shipped (upstream).
    """

    line_id: int | None
    row_number: str
    article_number: str
    ordered: Decimal
    picked: Decimal
    packed: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    reported: Decimal = Decimal(0)
    reported_returned: Decimal = Decimal(0)
    returned_items: tuple[ReturnedItems, ...] = ()


@dataclass(frozen=True)
class Tracking:
    """A shipment's number and its link. `is_return` only where the WMS mixes them into one list; empty text means none."""

    waybill: str
    url: str
    is_return: bool = False


@dataclass(frozen=True)
class Parcel:
    """One package. `waybill` is its shipment's number, which newer versions of the WMS give."""

    number: str
    waybill: str
    url: str
    is_return: bool


@dataclass(frozen=True)
class Carrier:
    """Who brings the order: `name` of the carrier, `service` in words, and both in the WMS's codes."""

    name: str
    service: str
    code: str
    service_code: str


@dataclass(frozen=True)
class WarehouseConsignee:
    name: str
    address1: str
    address2: str
    post_code: str
    city: str
    country_code: str


@dataclass(frozen=True)
class WarehouseOrder:
    """An order as the WMS has it. Empty text means that it has none. Times are UTC; `raw` is the answer itself."""

    order_id: int
    number: str
    goods_owner_id: int | None
    goods_owner_order_id: str
    status_number: int
    status_text: str
    lines: tuple[WarehouseLine, ...]
    consignee: WarehouseConsignee
    delivery_date: datetime | None
    remark: str
    reference_number: str
    sales_code: str
    raw: dict[str, Any] = field(repr=False, compare=False)
    shipped_at: datetime | None = None
    way_bill: str = ""
    tracking: tuple[Tracking, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    carrier: Carrier | None = None
    back_order_for: int | None = None
    """The WMS's id of the order whose rest this one is."""


@dataclass(frozen=True)
class WarehouseArticle:
    """An article as the WMS has it."""

    article_system_id: int
    number: str
    goods_owner_id: int | None
    name: str
    product_code: str
    unit_code: str
    barcode: str
    is_stock: bool | None
    is_active: bool | None
    raw: dict[str, Any] = field(repr=False, compare=False)
    weight_kg: Decimal | None = None
    country_of_origin: str = ""
    tariff_number: str = ""


@dataclass(frozen=True)
class OrderStatus:
    number: int
    text: str


@dataclass(frozen=True)
class TransporterContract:
    """A carrier set up in the WMS, with the codes of the services that may be asked for."""

    name: str
    code: str
    service_codes: tuple[str, ...]


def read_order(raw: Mapping[str, Any]) -> WarehouseOrder:
    """Raises Unreadable without order id, order number or status number (a status that is not known must not pass for "open")."""
    info = section(raw, "orderInfo")
    consignee = section(raw, "consignee")
    return WarehouseOrder(
        order_id=required_id(info, "orderId"),
        number=required_text(info, "orderNumber"),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
        goods_owner_order_id=text(info, "goodsOwnerOrderId"),
        status_number=required_whole(section(info, "orderStatus"), "number"),
        status_text=text(section(info, "orderStatus"), "text"),
        lines=tuple(_read_line(line) for line in objects(raw, "orderLines")),
        consignee=WarehouseConsignee(
            name=text(consignee, "name"),
            address1=text(consignee, "address1"),
            address2=text(consignee, "address2"),
            post_code=text(consignee, "postCode"),
            city=text(consignee, "city"),
            country_code=text(consignee, "countryCode"),
        ),
        delivery_date=moment(info.get("deliveryDate")),
        remark=text(info, "orderRemark"),
        reference_number=text(info, "referenceNumber"),
        sales_code=text(info, "salesCode"),
        raw=dict(raw),
        shipped_at=moment(info.get("shippedTime")),
        way_bill=text(info, "wayBill"),
        tracking=tuple(_read_tracking(one) for one in objects(raw, "tracking")),
        parcels=tuple(_read_parcel(one) for one in objects(raw, "parcels")),
        carrier=_read_carrier(section(raw, "transporter")),
        back_order_for=whole(section(section(info, "advanced"), "backOrderInfo"), "backOrderForOrderId"),
    )


def _read_tracking(one: Mapping[str, Any]) -> Tracking:
    return Tracking(waybill=text(one, "waybill"), url=text(one, "trackingUrl"), is_return=flag(one, "isReturn") is True)


def _read_parcel(parcel: Mapping[str, Any]) -> Parcel:
    tracking = section(parcel, "tracking")
    return Parcel(
        number=text(parcel, "parcelNumber"),
        waybill=text(tracking, "waybill"),
        url=text(tracking, "trackingUrl"),
        is_return=flag(parcel, "isReturnParcel") is True,
    )


def _read_carrier(transporter: Mapping[str, Any]) -> Carrier | None:
    if not transporter:
        return None
    return Carrier(
        name=text(transporter, "transporterName"),
        service=text(transporter, "name"),
        code=text(transporter, "code"),
        service_code=text(transporter, "serviceCode"),
    )


def _read_line(line: Mapping[str, Any]) -> WarehouseLine:
    return WarehouseLine(
        line_id=whole(line, "id"),
        row_number=text(line, "rowNumber"),
        article_number=text(section(line, "article"), "articleNumber"),
        ordered=decimal(line, "orderedNumberOfItems") or Decimal(0),
        picked=decimal(line, "pickedNumberOfItems") or Decimal(0),
        packed=decimal(line, "packedNumberOfItems") or Decimal(0),
        returned=decimal(line, "returnedNumberOfItems") or Decimal(0),
        reported=decimal(line, "reportedNumberOfItems") or Decimal(0),
        reported_returned=decimal(line, "reportedReturnedNumberOfItems") or Decimal(0),
        returned_items=tuple(_read_returned(item) for item in objects(line, "pickedArticleItems") if flag(item, "isReturned")),
    )


def _read_returned(item: Mapping[str, Any]) -> ReturnedItems:
    cause, condition = section(item, "returnCause"), section(item, "articleItemStatus")
    return ReturnedItems(
        quantity=decimal(item, "numberOfItems") or Decimal(0),
        returned_at=moment(item.get("returnDate")),
        cause_code=text(cause, "code"),
        cause_name=text(cause, "name"),
        condition_code=text(condition, "code"),
        condition_name=text(condition, "name"),
        batch=text(item, "batchNumber"),
        serial=text(item, "serial"),
    )


def read_article(raw: Mapping[str, Any]) -> WarehouseArticle:
    """Raises Unreadable without article system id or article number."""
    return WarehouseArticle(
        article_system_id=required_id(raw, "articleSystemId"),
        number=required_text(raw, "articleNumber"),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
        name=text(raw, "articleName"),
        product_code=text(raw, "productCode"),
        unit_code=text(raw, "unitCode"),
        barcode=text(section(raw, "barCodeInfo"), "barCode"),
        is_stock=flag(raw, "isStockArticle"),
        is_active=flag(raw, "isActive"),
        raw=dict(raw),
        weight_kg=decimal(raw, "weight"),
        country_of_origin=text(raw, "countryOfOriginCode"),
        tariff_number=text(raw, "statisticsNumber"),
    )


def read_status(raw: Mapping[str, Any]) -> OrderStatus:
    return OrderStatus(number=required_whole(raw, "number"), text=text(raw, "text"))


def read_contract(raw: Mapping[str, Any]) -> TransporterContract:
    """The contract's own service code and those of its list, each once."""
    codes = [text(raw, "transporterServiceCode")]
    codes += [text(service, "transporterServiceCode") for service in objects(raw, "transporterServices")]
    return TransporterContract(
        name=text(raw, "transporterName"),
        code=text(raw, "transporterCode"),
        service_codes=tuple(dict.fromkeys(code for code in codes if code)),
    )
