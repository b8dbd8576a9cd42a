"""What is new of a purchase order's received goods: the difference to what was read before, line by line.

Requirement: Ongoing WMS, purchase orders and receipts; an expiry date on a received line is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.warehouse.reads.returns import PurchaseOrder, PurchaseOrderLine, ReceivedItem


@dataclass(frozen=True)
class KnownLine:
    """One line as it was read last: pieces received in all, and pieces of each of the WMS's article items."""

    received: Decimal
    items: Mapping[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class NewLine:
    """`quantity`: pieces that came in since the last read; negative when the warehouse has corrected what it had received.
    `items`: of these pieces, those that the WMS keeps apart (batch, serial number, expiry date, status)."""

    line: PurchaseOrderLine
    quantity: Decimal
    items: tuple[ReceivedItem, ...]


def known_now(line: PurchaseOrderLine) -> KnownLine:
    """What is to be remembered of a line."""
    return KnownLine(line.received, {each.item_id: each.quantity for each in line.items if each.item_id is not None})


def new_lines(order: PurchaseOrder, known: Mapping[int, KnownLine]) -> list[NewLine]:
    """The lines of which something came in, or was corrected, since they were read last.

    A line that is not known yet begins with what somebody has confirmed to the WMS already: another program has taken that.
    """
    found = []
    for line in order.lines:
        if line.line_id is None:
            continue
        before = known.get(line.line_id) or KnownLine(line.reported)
        quantity = line.received - before.received
        if quantity:
            found.append(NewLine(line, quantity, _new_items(line, before, quantity)))
    return found


def _new_items(line: PurchaseOrderLine, before: KnownLine, quantity: Decimal) -> tuple[ReceivedItem, ...]:
    """The items that are new or have grown; none for a correction."""
    found = []
    for each in line.items:
        more = each.quantity - before.items.get(each.item_id or 0, Decimal(0))
        if more > 0:
            found.append(replace(each, quantity=more))
    return tuple(found) if quantity > 0 else ()


def content_of(order: PurchaseOrder, lines: list[NewLine], read_at: datetime) -> dict[str, Any]:
    """The receipt as callers are given it: plain JSON types, quantities as numbers, times as ISO 8601 text in UTC."""
    came = [each.received_at for new in lines for each in new.items if each.received_at is not None]
    return {
        "purchase_order_number": order.number,
        "purchase_order_id": order.purchase_order_id,
        "goods_owner_reference": order.goods_owner_reference or None,
        "reference_number": order.reference_number or None,
        "supplier_number": order.supplier_number or None,
        "supplier_name": order.supplier_name or None,
        "status": {"number": order.status_number, "text": order.status_text or None},
        "is_complete": all(line.received >= line.advised for line in order.lines),
        "received_at": as_text(max(came, default=read_at)),
        "lines": [_line(each) for each in lines],
    }


def _line(new: NewLine) -> dict[str, Any]:
    line = new.line
    return {
        "line_id": line.line_id,
        "row_number": line.row_number or None,
        "external_line_id": line.external_id or None,
        "article_number": line.article_number or None,
        "quantity": as_number(new.quantity),
        "received": as_number(line.received),
        "advised": as_number(line.advised),
        "difference": as_number(line.received - line.advised),
        "items": [_item(each) for each in new.items],
    }


def _item(item: ReceivedItem) -> dict[str, Any]:
    has_status = bool(item.status_code or item.status_name)
    return {
        "quantity": as_number(item.quantity),
        "batch": item.batch or None,
        "serial": item.serial or None,
        "expires_on": item.expires_on or None,
        "status": {"code": item.status_code or None, "name": item.status_name or None} if has_status else None,
        "is_locked": item.is_locked,
        "is_locked_for_sale": item.is_locked_for_sale,
        "container": item.container or None,
        "location": item.location or None,
        "comment": item.comment or None,
        "received_at": as_text(item.received_at) if item.received_at is not None else None,
    }


def as_number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def as_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
