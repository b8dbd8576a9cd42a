"""What is written to Ongoing WMS: one line a field, as in the requirement's tables (each system's, and what holds for all).

Empty texts and missing values are left out. Numbers and ids are never changed (`problems` holds such records instead). Of other
texts characters that nobody sees are taken out, and line breaks where the WMS has one line. They are cut to the limits in the
settings, and each cut is named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import orjson

from app.characters import one_line, visible
from app.domain import Address, Article, BarCode, Category, Notification, Order, OrderLine, Part, Supplier
from app.json_reading import MOST_WHOLE
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.writable import ARTICLE_EXTRAS, LINE_EXTRAS, ORDER_EXTRAS, NotOfThisKind, ValueKind, extra_value

_STREET = re.compile(r"\.address\d$")

T = TypeVar("T")
Row = Category | BarCode | Part
Value = str | bool | Decimal | datetime | Notification | tuple[Category, ...] | tuple[BarCode, ...] | tuple[Part, ...] | None
Table = tuple[tuple[str, Callable[[T], Value]], ...]

ORDER_FIELDS: Table[Order] = (
    ("goodsOwnerOrderId", lambda order: order.source_id),
    ("orderNumber", lambda order: order.number),
    ("deliveryDate", lambda order: order.delivery_date),
    ("advanced.wayOfDeliveryString", lambda order: order.way_of_delivery_text),
    ("wayOfDelivery.code", lambda order: order.way_of_delivery.code if order.way_of_delivery else None),
    ("wayOfDelivery.name", lambda order: order.way_of_delivery.name if order.way_of_delivery else None),
    ("transporter.transporterCode", lambda order: order.transporter.code if order.transporter else None),
    ("transporter.transporterServiceCode", lambda order: order.transporter.service_code if order.transporter else None),
    ("returnTransporter.transporterCode", lambda order: order.return_transporter.code if order.return_transporter else None),
    (
        "returnTransporter.transporterServiceCode",
        lambda order: order.return_transporter.service_code if order.return_transporter else None,
    ),
    ("servicePointCode", lambda order: order.service_point),
    ("deliveryInstruction", lambda order: order.delivery_instruction),
    ("orderRemark", lambda order: order.remark),
    ("salesCode", lambda order: order.sales_code),
    ("smsNotification", lambda order: order.sms),
    ("telephoneNotification", lambda order: order.telephone),
    ("emailNotification", lambda order: order.email),
    ("consignee.customerNumber", lambda order: order.customer_number),
)

# Under `consignee` for the delivery address and under `consignee.invoiceAddress` for the invoice address.
ADDRESS_FIELDS: Table[Address] = (
    ("name", lambda address: address.name),
    ("address1", lambda address: address.address1),
    ("address2", lambda address: address.address2),
    ("postCode", lambda address: address.post_code),
    ("city", lambda address: address.city),
    ("countryCode", lambda address: address.country_code),
    ("advanced.emailNotification", lambda address: address.email),
    ("advanced.smsNotification", lambda address: address.mobile),
)

LINE_FIELDS: Table[OrderLine] = (
    ("rowNumber", lambda line: line.row_number),
    ("articleNumber", lambda line: line.article_number),
    ("numberOfItems", lambda line: line.quantity),
    ("prices.customerLinePrice", lambda line: line.customer_line_price),
    ("prices.linePrice", lambda line: line.line_price),
    ("prices.currencyCode", lambda line: line.currency),
)

ARTICLE_FIELDS: Table[Article] = (
    ("articleNumber", lambda article: article.number),
    ("articleName", lambda article: article.name),
    ("productCode", lambda article: article.product_code),
    ("unitCode", lambda article: article.unit_code),
    ("articleClassesInfo.classes", lambda article: article.categories),
    ("isStockArticle", lambda article: article.is_stock),
    ("barCodeInfo.barCode", lambda article: article.barcode),
    ("barCodeInfo.barCodePackage", lambda article: article.package_barcode),
    ("barCodeInfo.alternativeBarCodes", lambda article: article.more_barcodes),
    ("weight", lambda article: article.weight_kg),
    ("length", lambda article: article.length_m),
    ("width", lambda article: article.width_m),
    ("height", lambda article: article.height_m),
    ("customerPrice", lambda article: article.customer_price),
    ("countryOfOriginCode", lambda article: article.country_of_origin),
    ("statisticsNumber", lambda article: article.tariff_number),
    ("linkToPicture", lambda article: article.picture),
    ("structureDefinition.articleKind", lambda article: "Structure" if article.parts else None),
    ("structureDefinition.rows", lambda article: article.parts),
)
SUPPLIER_FIELDS: Table[Supplier] = (
    ("supplierInfo.supplierNumber", lambda supplier: supplier.number),
    ("supplierInfo.supplierName", lambda supplier: supplier.name),
    ("supplierInfo.advanced.supplierAddress.address", lambda supplier: supplier.address),
    ("supplierInfo.advanced.supplierAddress.postCode", lambda supplier: supplier.post_code),
    ("supplierInfo.advanced.supplierAddress.city", lambda supplier: supplier.city),
    ("supplierInfo.advanced.supplierAddress.countryCode", lambda supplier: supplier.country_code),
)

NUMBERS = frozenset(
    (
        *("goodsOwnerOrderId", "orderNumber", "rowNumber", "articleNumber", "productCode", "consignee.customerNumber"),
        *("supplierInfo.supplierNumber", "purchaseOrderNumber", "supplierOrderNumber", "externalOrderLineId"),
    )
)
"""What records are found by."""
WITH_LINES = frozenset(
    (
        *(
            "orderRemark",
            "purchaseOrderRemark",
            "deliveryInstruction",
            "warehouseInstruction",
            "consignee.remark",
            "advanced.communication",
            "description",
        ),
        *("freeText1", "freeText2", "freeText3", "customsDescription", "customsExportConditions"),
        *(f"freeValues.freeText{number}" for number in range(1, 9)),
        *(f"article{step}HandlingComment" for step in ("Inbound", "Picking", "Packing", "Return")),
    )
)
"""Texts that may have line breaks. All others are one line in the WMS, and on a label."""


@dataclass(frozen=True)
class Body:
    """What is sent, as plain JSON types; `cuts` says which texts were cut."""

    json: dict[str, Any]
    cuts: tuple[str, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of what is sent: the same content is never sent twice."""
        return hashlib.sha256(orjson.dumps(self.json, option=orjson.OPT_SORT_KEYS)).hexdigest()


def order_body(order: Order, goods_owner_id: int, settings: OngoingSettings) -> Body:
    """The whole order for `PUT /orders`; to be sent only when `order_problems` finds nothing."""
    draft = Draft({"goodsOwnerId": goods_owner_id}, settings.text_limits)
    draft.put_all(ORDER_FIELDS, order)
    draft.json.setdefault("consignee", {})
    draft.put_all(ADDRESS_FIELDS, order.consignee, "consignee.")
    if order.invoice_address is not None:
        draft.put_all(ADDRESS_FIELDS, order.invoice_address, "consignee.invoiceAddress.")
    draft.json["orderLines"] = [_line(line, order.currency) for line in order.lines]
    if order.by_weight:
        draft.json.pop("transporter", None)  # not decided yet: it is when the order's weight is known
        draft.json.pop("returnTransporter", None)
        draft.cuts["transporter"] = "the carrier is chosen by the order's weight, when it is sent"
    draft.put_extra(order.extra, ORDER_EXTRAS)
    return draft.done()


def _line(line: OrderLine, order_currency: str) -> dict[str, Any]:
    draft = Draft({}, {})
    draft.put("prices.currencyCode", order_currency)  # always sent, also where the line names none
    draft.put_all(LINE_FIELDS, line)
    draft.put_extra(line.extra, LINE_EXTRAS)
    if "code" not in draft.json.get("vat", {}):
        draft.json.pop("vat", None)  # upstream: a VAT without its code is refused
    return draft.json


def article_body(article: Article, goods_owner_id: int, settings: OngoingSettings) -> Body:
    """The whole article for `PUT /articles`; to be sent only when `article_problems` finds nothing."""
    draft = Draft({"goodsOwnerId": goods_owner_id}, settings.text_limits)
    draft.put_all(ARTICLE_FIELDS, article)
    if article.supplier is not None:
        draft.put_all(SUPPLIER_FIELDS, article.supplier)
    draft.put_extra(article.extra, ARTICLE_EXTRAS)
    return draft.done()


def thin_article_body(line: OrderLine, goods_owner_id: int, settings: OngoingSettings) -> Body:
    """An article made from an order line. Only for a number that a read has shown to be missing: a thin PUT may blank fields."""
    article = Article(
        source_id="",
        modified_at=None,
        number=line.article_number,
        name=line.article_name,
        product_code=line.product_code or "",
    )
    return article_body(article, goods_owner_id, settings)


@dataclass
class Draft:
    """A body in the making."""

    json: dict[str, Any]
    limits: Mapping[str, int]
    cuts: dict[str, str] = field(default_factory=dict)

    def put_all(self, table: Table[T], record: T, prefix: str = "") -> None:
        for path, value_of in table:
            self.put(prefix + path, value_of(record))

    def put_extra(self, extra: Mapping[str, Any], writable: Mapping[str, ValueKind]) -> None:
        """Puts configured extra fields in place, over the table's. What cannot be written is left out, and is a problem."""
        for path, value in extra.items():
            if path in writable:
                try:
                    self.put(path, extra_value(value, writable[path]))
                except NotOfThisKind:
                    continue

    def put(self, path: str, value: Value) -> None:
        plain = _plain(self._cut(path, _text(path, value)) if isinstance(value, str) else value)
        if plain in (None, "", []):
            return
        *parents, name = path.split(".")
        place = self.json
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = plain

    def _cut(self, path: str, text: str) -> str:
        """The WMS counts as its database does, in UTF-16 units: most emoji are two."""
        limit = self.limits.get(path)
        self.cuts.pop(path, None)
        encoded = text.encode("utf-16-le")
        if limit is None or len(encoded) <= 2 * limit:
            return text
        self.cuts[path] = f"{path} was cut from {len(text)} to {limit} characters"
        return encoded[: 2 * limit].decode("utf-16-le", errors="ignore").rstrip()

    def done(self) -> Body:
        return Body(self.json, tuple(self.cuts.values()))


def _plain(value: Value) -> Any:
    match value:
        case Decimal():
            is_whole = value == value.to_integral_value() and abs(value) <= MOST_WHOLE
            return int(value) if is_whole else float(value)
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
        case Notification():
            return _notification(value)
        case tuple():
            return [_row(each) for each in value]
        case _:
            return value


def _row(row: Row) -> dict[str, Any]:
    match row:
        case Category():
            return {"code": row.code, "name": one_line(row.name)}
        case BarCode():
            return {"barCode": row.code, **({"quantityPerBarCode": _plain(row.quantity)} if row.quantity is not None else {})}
        case Part():
            return {"articleNumber": row.number, "numberOfItems": _plain(row.quantity)}


def _text(path: str, value: str) -> str:
    if path in NUMBERS:
        return value.strip()
    if path in WITH_LINES:
        return visible(value).strip()
    return one_line(value, ", " if _STREET.search(path) else " ")


def _notification(notification: Notification) -> dict[str, Any] | None:
    """Nothing without an address or number to notify; without the flag when that is left to the warehouse."""
    value = one_line(notification.value)
    if not value:
        return None
    flag = {} if notification.to_be_notified is None else {"toBeNotified": notification.to_be_notified}
    return {**flag, "value": value}
