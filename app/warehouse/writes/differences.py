"""Whether the WMS already has what we sent: asked after a refusal or an unknown outcome, before anything is written again.

In doubt there is a difference. A write too many is harmless, because PUT is an upsert; a change that is wrongly taken for
transferred is lost. Fields that the WMS takes but never shows are left out of the comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any, Final

from app.json_reading import moment, number, objects
from app.warehouse.reads.resources import WarehouseArticle, WarehouseOrder
from app.warehouse.reads.returns import PurchaseOrder as WarehousePurchase

_MISSING: Final = object()

# Where the read side has another name for what was written, longest path first. Upstream: `GET /orders` against `PUT /orders`.
_ORDER_SHOWN_AT = (
    ("goodsOwnerId", "goodsOwner.id"),
    ("consignee", "consignee"),
    ("transporter.transporterCode", "transporter.code"),
    ("transporter.transporterServiceCode", "transporter.serviceCode"),
    ("returnTransporter.transporterCode", "returnTransporter.code"),
    ("returnTransporter.transporterServiceCode", "returnTransporter.serviceCode"),
    ("warehouseId", "orderInfo.warehouse.id"),
    ("classes", "classes"),
    ("", "orderInfo"),
)
_ORDER_NOT_SHOWN = (
    "advanced.wayOfDeliveryString",
    "advanced.communication",
    "advanced.transporterOrderNumber",
    "advanced.termsOfDeliveryString",
    "advanced.termsOfPaymentString",
    "advanced.arrivalDateFrom",
    "consignee.advanced.externalCustomerCode",
    "consignee.organisationNumber",
    "consignee.vatNumber",
    "consignee.customerGroup",
    "languageCode",
    "transporterBulkId",
)
_LINE_SHOWN_AT = (
    ("articleNumber", "article.articleNumber"),
    ("numberOfItems", "orderedNumberOfItems"),
    ("lineFreeValues", "freeValues"),
    ("", ""),
)
_LINE_NOT_SHOWN = ("prices.totalVat",)
_ARTICLE_SHOWN_AT = (
    ("goodsOwnerId", "goodsOwner.id"),
    ("articleClassesInfo.classes", "classes"),
    ("structureDefinition.articleKind", "articleKind"),
    ("articleInboundHandlingComment", "articleHandlingComments.articleInboundHandlingComment"),
    ("articlePickingHandlingComment", "articleHandlingComments.articlePickingHandlingComment"),
    ("articleReturnHandlingComment", "articleHandlingComments.articleReturnHandlingComment"),
    ("", ""),
)
_ARTICLE_NOT_SHOWN = (
    "articlePackingHandlingComment",
    "freeValues.freeDateTime1",
    "quantityPerLayerOnPallet",
    "structureDefinition.rows",
    "supplierInfo.advanced",
)
_PURCHASE_SHOWN_AT = (
    ("goodsOwnerId", "goodsOwner.id"),
    ("supplierInfo", "supplierInfo"),
    ("sellerInfo", "sellerInfo"),
    ("warehouseId", "purchaseOrderInfo.warehouse.id"),
    ("freeValues.freeBoolean1", "purchaseOrderInfo.freeValues.freeBool1"),
    ("freeValues.freeBoolean2", "purchaseOrderInfo.freeValues.freeBool2"),
    ("", "purchaseOrderInfo"),
)
_PURCHASE_NOT_SHOWN = ("tracking", "customsInfo", "supplierInfo.supplierAddress", "supplierInfo.remark")
_PURCHASE_LINE_SHOWN_AT = (
    ("articleNumber", "article.articleNumber"),
    ("numberOfItems", "advisedNumberOfItems"),
    ("", ""),
)
_DAYS = frozenset({"inDate", "advanced.orderDate", "advanced.advisedDate"})
"""Of purchase orders: days, which the WMS shows with a time of day."""
_TIMES = frozenset({"orderFreeDateTime1", "advanced.arrivalDate"})

ShownAt = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Difference:
    """One field that was sent and that the WMS shows otherwise. A row that is missing, or too many, is one too."""

    field: str
    sent: Any
    shown: Any
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.field}: sent {self.sent!r}, the warehouse has {self.shown!r}"


def differences_order(body: Mapping[str, Any], read: WarehouseOrder) -> list[str]:
    """What we sent (`order_body(...).json`) and the WMS does not show, a line each; empty when it has all of it.

    A row that the WMS has and we did not send is one too. Holds personal data where that differs.
    """
    return [str(each) for each in compared_order(body, read)]


def compared_order(body: Mapping[str, Any], read: WarehouseOrder) -> list[Difference]:
    """The same, field by field."""
    header = {key: value for key, value in body.items() if key not in ("deliveryDate", "orderLines")}
    return [
        *_compare_delivery_date(body.get("deliveryDate"), read),
        *_compare(header, read.raw, _ORDER_SHOWN_AT, _ORDER_NOT_SHOWN),
        *_compare_lines(body.get("orderLines") or [], objects(read.raw, "orderLines"), _LINE_SHOWN_AT, "orderedNumberOfItems"),
    ]


def differences_article(body: Mapping[str, Any], read: WarehouseArticle) -> list[str]:
    """What we sent (`article_body(...).json`) and the WMS does not show, a line each; empty when it has all of it."""
    return [str(each) for each in compared_article(body, read)]


def compared_article(body: Mapping[str, Any], read: WarehouseArticle) -> list[Difference]:
    """The same, field by field."""
    return list(_compare(body, read.raw, _ARTICLE_SHOWN_AT, _ARTICLE_NOT_SHOWN))


def differences_purchase_order(body: Mapping[str, Any], read: WarehousePurchase) -> list[str]:
    """What we sent (`purchase_order_body(...).json`) and the WMS does not show, a line each; empty when it has all of it."""
    header = {key: value for key, value in body.items() if key != "purchaseOrderLines"}
    lines = objects(read.raw, "purchaseOrderLines")
    found = [
        *_compare(header, read.raw, _PURCHASE_SHOWN_AT, _PURCHASE_NOT_SHOWN),
        *_compare_lines(body.get("purchaseOrderLines") or [], lines, _PURCHASE_LINE_SHOWN_AT, "advisedNumberOfItems"),
    ]
    return [str(each) for each in found]


def _compare_delivery_date(sent: Any, read: WarehouseOrder) -> Iterator[Difference]:
    """The WMS may show the date without its time of day, and the time in a field of its own."""
    shown = _look_up(read.raw, "orderInfo.deliveryDate")
    with_time = _look_up(read.raw, "orderInfo.advanced.deliveryDateWithTime")
    if shown is _MISSING or moment(sent) in (None, moment(shown), moment(with_time)):
        return
    day = moment(shown)
    is_bare = day is not None and day.time() == time.min and moment(with_time) is None
    if not is_bare or sent[:10] != shown[:10]:
        yield Difference("deliveryDate", sent, shown)


def _compare_lines(
    sent: list[Mapping[str, Any]], shown: list[Mapping[str, Any]], shown_at: ShownAt, quantity: str
) -> Iterator[Difference]:
    """`quantity`: what the WMS calls the number of pieces that was sent."""
    by_row = {line.get("rowNumber"): line for line in shown}
    times = Counter(line.get("rowNumber") for line in shown)
    for line in sent:
        row = line["rowNumber"]
        if row not in by_row:
            yield Difference(
                f"row {row}",
                _pieces(line.get("articleNumber"), line.get("numberOfItems")),
                None,
                f"row {row}: the warehouse does not have it",
            )
            continue
        if times[row] > 1:
            yield Difference(f"row {row}, times", 1, times[row], f"row {row}: the warehouse has it {times[row]} times")
        for found in _compare(line, by_row[row], shown_at, _LINE_NOT_SHOWN):
            yield replace(found, field=f"row {row}, {found.field}")
    wanted = {line["rowNumber"] for line in sent}
    for line in shown:
        if line.get("rowNumber") not in wanted and number(line.get(quantity)) != 0:
            there = _pieces(_look_up(line, "article.articleNumber"), line.get(quantity))
            row = line.get("rowNumber")
            yield Difference(f"row {row}", None, there, f"row {row}: the warehouse has it, and it was not sent")


def _pieces(article_number: Any, quantity: Any) -> str:
    return f"{quantity} of {article_number}"


def _compare(
    sent: Mapping[str, Any], shown: Mapping[str, Any], shown_at: ShownAt, not_shown: tuple[str, ...]
) -> Iterator[Difference]:
    for path, value in _leaves(sent):
        if any(path == hidden or path.startswith(f"{hidden}.") for hidden in not_shown):
            continue
        there = _look_up(shown, _shown_path(path, shown_at))
        if there is not _MISSING and not _same(path, value, there):
            yield Difference(path, value, there)


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _shown_path(path: str, shown_at: ShownAt) -> str:
    for written, shown in shown_at:
        if not written:
            return f"{shown}.{path}" if shown else path
        if path == written or path.startswith(f"{written}."):
            return shown + path[len(written) :]
    return path


def _look_up(shown: Any, path: str) -> Any:
    """The value; None where it or an object around it is null; _MISSING where the answer has no such member at all."""
    for step in path.split("."):
        if shown is None:
            return None
        if not isinstance(shown, Mapping) or step not in shown:
            return _MISSING
        shown = shown[step]
    return shown


def _same(path: str, sent: Any, there: Any) -> bool:
    if path in _TIMES:
        return moment(sent) == moment(there)
    if path in _DAYS:
        return isinstance(there, str) and sent[:10] == there[:10]
    match sent:
        case bool():
            return there is sent
        case int() | float():
            return _rounded(sent) == _rounded(there)
        case str():
            return isinstance(there, str | int | float) and _line_ends(sent) == _line_ends(str(there))
        case list():
            return isinstance(there, list) and all(any(_holds(row, wanted) for row in there) for wanted in sent)
        case _:
            return bool(sent == there)


def _rounded(value: Any) -> Decimal | None:
    """Less than a ten-thousandth is a matter of storage, not a change that anybody made."""
    found = number(value)
    return None if found is None else round(found, 4)


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _holds(row: Any, wanted: Mapping[str, Any]) -> bool:
    return isinstance(row, Mapping) and all(row.get(key) == value for key, value in wanted.items() if key in row)
