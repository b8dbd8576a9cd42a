"""Goods that came back, in the two ways that are records of their own: return orders, and purchase orders marked as returns.

Upstream: goods owner REST API, `GET /returnOrders`, `GET /purchaseOrders`. The third way, returned quantities on the outbound
order, is part of the order (`resources`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.json_reading import decimal, flag, moment, objects, required_id, required_text, section, text, whole
from app.warehouse.reads.resources import ReturnedItems


@dataclass(frozen=True)
class ReturnOrderLine:
    """`announced` and `returned` are totals in pieces; of `returned`, `removed` were scrapped and are not in stock again.

    `order_line_id` is the WMS's id of the line of the order they were sold with, `order_row_number` our own of it.
    """

    line_id: int
    row_number: str
    order_line_id: int | None
    order_row_number: str
    article_number: str
    announced: Decimal
    returned: Decimal
    removed: Decimal
    cause_code: str
    cause_name: str
    returned_items: tuple[ReturnedItems, ...] = ()


@dataclass(frozen=True)
class ReturnOrder:
    """A return that was announced. It refers to exactly one order, by the WMS's id of it. `raw` is the answer itself."""

    return_order_id: int
    number: str
    status_number: int | None
    order_id: int | None
    order_number: str
    lines: tuple[ReturnOrderLine, ...]
    comment: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class ReceivedItem:
    """Pieces of a line that the WMS keeps apart. `expires_on`: a date as text; the codes of a status are the warehouse's own."""

    item_id: int | None
    quantity: Decimal
    received_at: datetime | None = None
    batch: str = ""
    serial: str = ""
    expires_on: str = ""
    status_code: str = ""
    status_name: str = ""
    is_locked: bool = False
    is_locked_for_sale: bool = False
    container: str = ""
    location: str = ""
    comment: str = ""


@dataclass(frozen=True)
class PurchaseOrderLine:
    """Totals in pieces. `reported` is what this side has confirmed of `received`; `items` what is in stock of it, or was."""

    line_id: int | None
    row_number: str
    external_id: str
    article_number: str
    advised: Decimal
    received: Decimal
    reported: Decimal
    items: tuple[ReceivedItem, ...] = ()


@dataclass(frozen=True)
class PurchaseOrder:
    """Goods that are to come, or have come. `is_return` marks a customer's return; `raw` is the answer itself."""

    purchase_order_id: int
    number: str
    goods_owner_id: int | None
    status_number: int | None
    is_return: bool
    reference_number: str
    goods_owner_reference: str
    lines: tuple[PurchaseOrderLine, ...]
    status_text: str = ""
    supplier_number: str = ""
    supplier_name: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


def read_return_order(raw: Mapping[str, Any]) -> ReturnOrder:
    """Raises Unreadable without the id or the number of the return order, or without the id of one of its lines."""
    info, order = section(raw, "returnOrderInfo"), section(raw, "customerOrderInfo")
    return ReturnOrder(
        return_order_id=required_id(info, "returnOrderId"),
        number=required_text(info, "returnOrderNumber"),
        status_number=whole(section(info, "returnOrderStatus"), "number"),
        order_id=whole(order, "orderId"),
        order_number=text(order, "orderNumber"),
        lines=tuple(_read_return_line(line) for line in objects(raw, "returnOrderLines")),
        comment=text(info, "comment"),
        raw=dict(raw),
    )


def _read_return_line(line: Mapping[str, Any]) -> ReturnOrderLine:
    sold, cause = section(line, "customerOrderLine"), section(line, "returnCause")
    return ReturnOrderLine(
        line_id=required_id(line, "returnOrderLineId"),
        row_number=text(line, "returnOrderRowNumber"),
        order_line_id=whole(sold, "orderLineId"),
        order_row_number=text(sold, "customerOrderRowNumber"),
        article_number=text(section(line, "article"), "articleNumber"),
        announced=decimal(line, "toBeReturnedNumberOfItems") or Decimal(0),
        returned=decimal(line, "returnedNumberOfItems") or Decimal(0),
        removed=decimal(line, "returnedRemovedByInventoryNumberOfItems") or Decimal(0),
        cause_code=text(cause, "code"),
        cause_name=text(cause, "name"),
        returned_items=tuple(_read_items(item) for item in objects(line, "returnedArticleItems")),
    )


def _read_items(item: Mapping[str, Any]) -> ReturnedItems:
    cause, condition = section(item, "returnCause"), section(item, "articleItemStatus")
    return ReturnedItems(
        quantity=decimal(item, "numberOfItems") or Decimal(0),
        returned_at=moment(item.get("returnTime")),
        cause_code=text(cause, "code"),
        cause_name=text(cause, "name"),
        condition_code=text(condition, "code"),
        condition_name=text(condition, "name"),
        is_scrapped=flag(item, "isReturnRemovedByInventory"),
        batch=text(item, "batch"),
        serial=text(item, "serial"),
    )


@dataclass(frozen=True)
class ReturnCause:
    """Why goods come back, as the warehouse lists it. What comes back for a `is_scrapping` cause is taken out of stock again."""

    code: str
    name: str
    is_scrapping: bool
    is_exchange: bool
    needs_comment: bool


def read_return_cause(raw: Mapping[str, Any]) -> ReturnCause:
    """Raises Unreadable without a code."""
    return ReturnCause(
        code=required_text(raw, "code"),
        name=text(raw, "name"),
        is_scrapping=flag(raw, "isRemoveCause") is True,
        is_exchange=flag(raw, "isChangeCause") is True,
        needs_comment=flag(raw, "isReturnCommentMandatory") is True,
    )


def read_purchase_order(raw: Mapping[str, Any]) -> PurchaseOrder:
    """Raises Unreadable without the id or the number of the purchase order."""
    info = section(raw, "purchaseOrderInfo")
    return PurchaseOrder(
        purchase_order_id=required_id(info, "purchaseOrderId"),
        number=required_text(info, "purchaseOrderNumber"),
        goods_owner_id=whole(section(raw, "goodsOwner"), "id"),
        status_number=whole(section(info, "purchaseOrderStatus"), "number"),
        status_text=text(section(info, "purchaseOrderStatus"), "text"),
        is_return=flag(section(info, "advanced"), "purchaseOrderIsReturnType") is True,
        reference_number=text(info, "referenceNumber"),
        goods_owner_reference=text(info, "goodsOwnerReference"),
        supplier_number=text(section(raw, "supplierInfo"), "supplierNumber"),
        supplier_name=text(section(raw, "supplierInfo"), "supplierName"),
        lines=tuple(_read_purchase_line(line) for line in objects(raw, "purchaseOrderLines")),
        raw=dict(raw),
    )


def _read_purchase_line(line: Mapping[str, Any]) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line_id=whole(line, "id"),
        row_number=text(line, "rowNumber"),
        external_id=text(line, "externalOrderLineId"),
        article_number=text(section(line, "article"), "articleNumber"),
        advised=decimal(line, "advisedNumberOfItems") or Decimal(0),
        received=decimal(line, "receivedNumberOfItems") or Decimal(0),
        reported=decimal(line, "reportedNumberOfItems") or Decimal(0),
        items=tuple(_read_received(item) for item in objects(line, "articleItems")),
    )


def _read_received(item: Mapping[str, Any]) -> ReceivedItem:
    status = section(item, "articleItemStatus")
    return ReceivedItem(
        item_id=whole(item, "originalArticleItemId"),
        quantity=decimal(item, "numberOfItems") or Decimal(0),
        received_at=moment(item.get("inDate")),
        batch=text(item, "batchNumber"),
        serial=text(item, "serial"),
        expires_on=text(item, "expiryDate")[:10],  # midnight, in a zone that is not said
        status_code=text(status, "code"),
        status_name=text(status, "name"),
        is_locked=flag(item, "isLocked") is True,
        is_locked_for_sale=flag(item, "isLockedForSale") is True,
        container=text(item, "container"),
        location=text(item, "location"),
        comment=text(item, "comment"),
    )
