"""What holds a purchase order, in words, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import Problem, PurchaseLine, PurchaseOrder

ARTICLE_MISSING = "article-missing"
"""Waits for an article: looked at again when one has come."""
RECEIVING_BEGUN = "receiving-begun"
MOST_NAMED = 10


def articles_missing(lines: Sequence[PurchaseLine], noun: str) -> Problem:
    named = ", ".join(f"{line.article_number} (row {line.row_number})" for line in lines[:MOST_NAMED])
    more = f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
    return Problem(
        ARTICLE_MISSING,
        "lines",
        f"The warehouse does not have these articles, and none of them waits here to be sent: {named}{more}",
        f"Make them articles in the {noun}, or correct the lines",
    )


def receiving_begun(order: PurchaseOrder, status: str) -> Problem:
    return Problem(
        RECEIVING_BEGUN,
        "number",
        f"Purchase order {order.number} was changed after the warehouse had begun to receive it ({status})",
        "Tell the warehouse, or put it as it was; what was sent before stands",
    )


def too_late_to_cancel(order: PurchaseOrder, status: str) -> Problem:
    return Problem(
        RECEIVING_BEGUN,
        "number",
        f"Purchase order {order.number} was taken back after the warehouse had begun to receive it ({status})",
        "Tell the warehouse to close it; what was received stays in stock",
    )


def number_taken(order: PurchaseOrder, owner: str) -> Problem:
    return Problem(
        "purchase-number-taken",
        "number",
        f"Purchase order number {order.number} belongs to {owner}",
        "Take it back here, and put it under another number",
    )


def made_elsewhere(order: PurchaseOrder) -> Problem:
    return Problem(
        "purchase-made-elsewhere",
        "number",
        f"The WMS has a purchase order {order.number} that was not sent from here, with other content",
        "Release it to write over that one, or put it under another number",
    )


def cancelled_there(order: PurchaseOrder, *, taken_back: bool) -> Problem:
    if taken_back:
        return Problem(
            "reopened-after-cancel",
            "number",
            f"Purchase order {order.number} was put again after it was cancelled in the warehouse",
            "Put it under another number; or open it in the WMS, then release it here",
        )
    return Problem(
        "cancelled-in-warehouse",
        "number",
        f"The warehouse has cancelled purchase order {order.number}",
        "Take it back here too; or open it in the WMS, then release it here",
    )


def vanished(order: PurchaseOrder) -> Problem:
    return Problem(
        "vanished",
        "number",
        f"Purchase order {order.number} was sent, but the WMS has it no longer",
        "Look for it in the WMS; release it here to send it again",
    )


def elsewhere(order: PurchaseOrder) -> Problem:
    return Problem(
        "unknown-elsewhere",
        "number",
        f"Purchase order {order.number} was sent before the connection was moved, and it is not known whether it arrived",
        "Look for it where the connection was before; release it here once it is not there, or cancelled",
    )
