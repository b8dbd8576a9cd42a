"""Refunded pieces of an order that the WMS still has, or has sent (requirement: orders, `part_refund`)."""

from __future__ import annotations

from decimal import Decimal

from app.domain import Order, Problem, Refunded
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.writes.differences import differences_order
from app.warehouse.writes.fields import Body

REFUNDED_IN_PART = "refunded-in-part"
REFUNDED_AFTER_SENDING = "refunded-after-sending"


def to_be_decided(order: Order, noun: str) -> Problem:
    """The connection asks a person before refunded pieces are taken off."""
    return Problem(
        REFUNDED_IN_PART,
        "refunds",
        f"The {noun} has refunded {words(order.refunded)}",
        "Release the order to send it without these pieces, or settle it in the warehouse by hand and resolve it here",
    )


def too_late(still_there: tuple[Refunded, ...], status: str, noun: str, *, is_started: bool = True) -> Problem:
    when = "after the warehouse had started on the order" if is_started else f"after the {noun} had completed the order"
    return Problem(
        REFUNDED_IN_PART,
        "refunds",
        f"The {noun} has refunded {words(still_there)}, {when} ({status})",
        "Take these pieces off the order in the warehouse by hand, or release it to try once more",
    )


def sent_before(refunded: tuple[Refunded, ...], noun: str) -> str:
    return f"The {noun} has refunded {words(refunded)}, which the warehouse has sent. Nothing is changed in the warehouse"


def still_in_warehouse(order: Order, seen: WarehouseOrder) -> tuple[Refunded, ...]:
    """The refunded lines of which the WMS has more pieces than are left."""
    there: dict[str, Decimal] = {}
    for line in seen.lines:
        there[line.row_number] = there.get(line.row_number, Decimal(0)) + line.ordered
    return tuple(each for each in order.refunded if there.get(each.row_number, Decimal(0)) > each.sold - each.pieces)


def differs_in_lines_only(body: Body, seen: WarehouseOrder) -> bool:
    """Whether the WMS has all of the order but its lines' quantities and prices."""
    return all(found.startswith("row ") for found in differences_order(body.json, seen))


def words(refunded: tuple[Refunded, ...]) -> str:
    return ", ".join(
        f"{each.pieces.normalize():f} of {each.sold.normalize():f} {each.article_number or f'(row {each.row_number})'}"
        for each in refunded
    )
