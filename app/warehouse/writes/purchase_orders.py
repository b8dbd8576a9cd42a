"""Purchase orders: what is written to Ongoing WMS, one line a field, and what the WMS would refuse.

requirement: purchase orders and receipts. Upstream: `PUT /purchaseOrders`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from app.characters import visible
from app.domain import Problem, PurchaseLine, PurchaseOrder, Supplier
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import Body, Draft, Table
from app.warehouse.writes.writable import PURCHASE_EXTRAS, extra_value_problems

MOST = Decimal(10) ** 12
"""Quantities and prices stay below it."""

PURCHASE_FIELDS: Table[PurchaseOrder] = (
    ("purchaseOrderNumber", lambda order: order.number),
    ("supplierOrderNumber", lambda order: order.supplier_order_number),
    ("goodsOwnerReference", lambda order: order.goods_owner_reference),
    ("referenceNumber", lambda order: order.reference),
    ("inDate", lambda order: _midnight(order.expected_on)),
    ("purchaseOrderRemark", lambda order: order.remark),
    ("purchaseOrderType.code", lambda order: order.type_code),
    ("invoiceNumber", lambda order: order.invoice_number),
    ("advanced.container", lambda order: order.container),
    ("advanced.orderDate", lambda order: _midnight(order.ordered_on)),
    ("advanced.advisedDate", lambda order: _midnight(order.advised_on)),
    ("advanced.purchaseOrderIsReturnType", lambda order: order.is_return or None),
    ("warehouseId", lambda order: None if order.warehouse_id is None else Decimal(order.warehouse_id)),
)
SUPPLIER_FIELDS: Table[Supplier] = (
    ("supplierInfo.supplierNumber", lambda supplier: supplier.number),
    ("supplierInfo.supplierName", lambda supplier: supplier.name),
    ("supplierInfo.supplierAddress.address", lambda supplier: supplier.address),
    ("supplierInfo.supplierAddress.postCode", lambda supplier: supplier.post_code),
    ("supplierInfo.supplierAddress.city", lambda supplier: supplier.city),
    ("supplierInfo.supplierAddress.countryCode", lambda supplier: supplier.country_code),
)
LINE_FIELDS: Table[PurchaseLine] = (
    ("rowNumber", lambda line: line.row_number),
    ("articleNumber", lambda line: line.article_number),
    ("numberOfItems", lambda line: line.quantity),
    ("externalOrderLineId", lambda line: line.external_id),
    ("comment", lambda line: line.comment),
    ("rowPrice", lambda line: line.price),
    ("currencyCode", lambda line: line.currency),
    ("inDate", lambda line: _midnight(line.expected_on)),
    ("batchNumber", lambda line: line.batch),
    ("serialNumber", lambda line: line.serial),
    ("expiryDate", lambda line: _midnight(line.expires_on)),
    ("productionDate", lambda line: _midnight(line.produced_on)),
    ("returnCause.code", lambda line: line.return_cause),
)


def purchase_order_body(order: PurchaseOrder, goods_owner_id: int, settings: OngoingSettings) -> Body:
    """The whole purchase order for `PUT /purchaseOrders`; to be sent only when `purchase_order_problems` finds nothing."""
    draft = Draft({"goodsOwnerId": goods_owner_id}, settings.text_limits)
    draft.put_all(PURCHASE_FIELDS, order)
    if order.supplier is not None:
        draft.put_all(SUPPLIER_FIELDS, order.supplier)
    draft.json["purchaseOrderLines"] = [_line(line) for line in order.lines]
    if order.waybills:
        draft.json["tracking"] = [{"waybill": waybill} for waybill in order.waybills]
    draft.put_extra(order.extra, PURCHASE_EXTRAS)
    return draft.done()


def _line(line: PurchaseLine) -> dict[str, Any]:
    draft = Draft({}, {})
    draft.put_all(LINE_FIELDS, line)
    return draft.json


def _midnight(day: date | None) -> datetime | None:
    """The WMS takes a date and time where a day is meant."""
    return None if day is None else datetime.combine(day, time.min, UTC)


# --- what the WMS would refuse ----------------------------------------------------------------------------------------------


def purchase_order_problems(order: PurchaseOrder, settings: OngoingSettings) -> Iterator[Problem]:
    """`field` of each is the path in the body that a caller puts."""
    yield from _number(order.number, "number", "order-number", settings.max_order_number)
    if not order.lines:
        yield Problem("order-without-lines", "lines", "the purchase order has no lines", "give at least one line")
    yield from extra_value_problems(order.extra, PURCHASE_EXTRAS)
    times = Counter(line.row_number for line in order.lines)
    for index, line in enumerate(order.lines):
        yield from _line_problems(line, times[line.row_number], f"lines[{index}]", settings)


def _line_problems(line: PurchaseLine, times: int, field: str, settings: OngoingSettings) -> Iterator[Problem]:
    yield from _number(line.row_number, f"{field}.row_number", "row-number", settings.max_row_number)
    if times > 1:
        words = f"row {line.row_number} occurs {times} times; the WMS would keep one of them"
        yield Problem("row-number-twice", f"{field}.row_number", words, "give every line a row number of its own")
    number = f"{field}.article_number"
    yield from _number(line.article_number, number, "article-number", settings.max_article_number)
    forbidden = sorted(set(line.article_number) & set(settings.forbidden_in_article_number))
    if forbidden:
        words = f"article number {line.article_number!r} holds {' '.join(forbidden)}, which are search wildcards in the WMS"
        yield Problem("article-number-forbidden-character", number, words, "use the number that the article has in the WMS")
    if not line.quantity.is_finite() or not 0 < line.quantity < MOST:
        words = f"row {line.row_number} has no quantity that can be sent: {line.quantity}"
        yield Problem("line-quantity-wrong", f"{field}.quantity", words, "give a quantity above 0, of at most 12 digits")
    if line.price is not None and (not line.price.is_finite() or not 0 <= line.price < MOST):
        words = f"row {line.row_number} has no price that can be sent: {line.price}"
        yield Problem("number-impossible", f"{field}.price", words, "give a price of at least 0, of at most 12 digits")


_UNCLEAN = {
    "order-number": "order-number-unclean",
    "row-number": "line-without-row-number",
    "article-number": "article-number-unclean",
}


def _number(number: str, field: str, kind: str, limit: int) -> Iterator[Problem]:
    if not number.strip() or number != visible(number).strip() or not number.isprintable():
        words = f"{number!r} is empty, has blanks around it or characters that cannot be seen"
        yield Problem(_UNCLEAN[kind], field, words, "remove them; the WMS would not find the number again")
    elif len(number) > limit:
        words = f"{number[:20]!r}… has {len(number)} characters, and the WMS takes {limit}"
        yield Problem(f"{kind}-too-long", field, words, "give a shorter one")
