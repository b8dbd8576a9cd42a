"""What came back, as it is kept: the lines of a return in each of the three ways, and what of them was scrapped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.records.connections import Connection
from app.records.mappings import Mapping
from app.records.returned import keeping
from app.records.returned.keeping import CameBack, ReturnRecord
from app.warehouse.reads.resources import ReturnedItems, WarehouseOrder
from app.warehouse.reads.returns import PurchaseOrder, ReturnOrder, ReturnOrderLine


def on_order(connection: Connection, mapping: Mapping, order: WarehouseOrder) -> CameBack:
    """What stands on the lines of an order. Whether it was scrapped is found by its cause, when it is reported."""
    lines = tuple(
        keeping.line(each.row_number, each.article_number, float(each.returned), None, _items(each.returned_items))
        for each in order.lines
        if each.returned
    )
    latest = _latest([item for each in order.lines for item in each.returned_items])
    place = (connection.id, mapping.id, connection.lane, keeping.ORDER, order.number, order.order_id)
    digest = keeping.fingerprint(order.order_id, ((each.line_id, each.returned, Decimal(0)) for each in order.lines))
    return CameBack(*place, order.number, lines, latest, digest)


def of_return_order(order: ReturnOrder) -> str:
    """By which what came back on it is known again."""
    pieces = ((each.line_id, each.returned, each.removed) for each in order.lines)
    return keeping.fingerprint(order.return_order_id, pieces)


def of_purchase_order(order: PurchaseOrder) -> str:
    """By which what came back on it is known again."""
    return keeping.fingerprint(order.purchase_order_id, ((each.line_id, each.received, Decimal(0)) for each in order.lines))


def on_return_order(
    connection: Connection, mapping: Mapping, order: ReturnOrder, rows: Sequence[tuple[ReturnOrderLine, str]], reason: str | None
) -> CameBack:
    """`rows`: the lines of which something came back, each with its row of the order; empty text where there is none."""
    lines = tuple(
        keeping.line(row, each.article_number, float(each.returned), float(each.removed), _items(_with_cause(each)))
        for each, row in rows
    )
    latest = _latest([item for each, _ in rows for item in each.returned_items])
    place = (connection.id, mapping.id, connection.lane, keeping.RETURN_ORDER, order.number, order.return_order_id)
    return CameBack(*place, mapping.number or order.order_number, lines, latest, of_return_order(order), reason)


def _with_cause(line: ReturnOrderLine) -> Sequence[ReturnedItems]:
    """What the warehouse booked; the announced cause where it booked nothing in particular."""
    if line.returned_items or not line.cause_code:
        return line.returned_items
    return (ReturnedItems(line.returned, None, line.cause_code, line.cause_name),)


def on_purchase_order(
    connection: Connection,
    mapping: Mapping | None,
    order: PurchaseOrder,
    rows: Sequence[tuple[str, str, float]],
    reason: str | None,
) -> CameBack:
    """`rows`: row of the order (empty: none), article, pieces. A purchase order does not say what was scrapped."""
    lines = tuple(keeping.line(row, article, pieces, None, ()) for row, article, pieces in rows)
    known = mapping.id if mapping is not None else None
    place = (connection.id, known, connection.lane, keeping.PURCHASE_ORDER, order.number, order.purchase_order_id)
    number = mapping.number if mapping is not None else None
    return CameBack(*place, number, lines, None, of_purchase_order(order), reason)


def _items(items: Sequence[ReturnedItems]) -> list[dict[str, Any]]:
    return [
        {
            "quantity": float(each.quantity),
            "returned_at": each.returned_at.isoformat() if each.returned_at else None,
            "cause": {"code": each.cause_code, "name": each.cause_name} if each.cause_code else None,
            "condition": {"code": each.condition_code, "name": each.condition_name} if each.condition_code else None,
            "is_scrapped": each.is_scrapped,
            "batch": each.batch or None,
            "serial": each.serial or None,
        }
        for each in items
    ]


def _latest(items: Sequence[ReturnedItems]) -> datetime | None:
    return max((each.returned_at for each in items if each.returned_at is not None), default=None)


# --- scrapped -------------------------------------------------------------------------------------------------------------


def asks_for_causes(records: Sequence[ReturnRecord]) -> bool:
    """Whether a line's goods have a cause and nothing says yet whether they were scrapped."""
    return any(_is_unclear(line) for each in records for line in each.lines or ())


def _is_unclear(line: dict[str, Any]) -> bool:
    return line["scrapped"] is None and any(item["cause"] and item["is_scrapped"] is None for item in line["items"])


def cleared(record: ReturnRecord, scrapping_codes: Collection[str]) -> list[dict[str, Any]]:
    """The lines with what of them was scrapped, by their causes."""
    lines = []
    for line in record.lines or ():
        if not _is_unclear(line):
            lines.append(line)
            continue
        items = [
            {**item, "is_scrapped": item["cause"]["code"] in scrapping_codes} if item["cause"] else item for item in line["items"]
        ]
        scrapped = sum(item["quantity"] for item in items if item["is_scrapped"])
        lines.append({**line, "items": items, "scrapped": min(scrapped, line["returned"])})
    return lines


def scrapped_of(records: Sequence[ReturnRecord]) -> dict[str, Decimal]:
    """Scrapped pieces in total, by row. What stands on an order and on its return orders is counted once."""
    ways: dict[str, dict[str, Decimal]] = {}
    for record in records:
        for line in record.lines or ():
            pieces = ways.setdefault(record.way, {})
            pieces[line["row"]] = pieces.get(line["row"], Decimal(0)) + Decimal(str(line["scrapped"] or 0))
    on_the_order, announced = ways.get(keeping.ORDER, {}), ways.get(keeping.RETURN_ORDER, {})
    purchased = ways.get(keeping.PURCHASE_ORDER, {})
    none = Decimal(0)
    rows = dict.fromkeys([*on_the_order, *announced, *purchased])
    total = {row: max(on_the_order.get(row, none), announced.get(row, none)) + purchased.get(row, none) for row in rows}
    return {row: pieces for row, pieces in total.items() if pieces > 0}
