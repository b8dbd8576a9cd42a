"""The refunded pieces of an order, by its line items (what `reads/refunded.py` has read beside it)."""

from __future__ import annotations

from decimal import Decimal

from app.domain import Problem
from app.integrations.woocommerce.rest.resources import REFUNDS, UNREAD
from app.json_reading import Body, identity, number, objects, text


def refunded_pieces(body: Body) -> dict[str, Decimal]:
    """Pieces by the line item's id.

    A refund's line that does not say which line item it refunds (older versions) means the only one of that product.
    """
    found: dict[str, Decimal] = {}
    for refund in objects(body, REFUNDS):
        for piece in objects(refund, "pieces"):
            line = text(piece, "line") or _only_line_of(body, text(piece, "product"))
            found[line] = found.get(line, Decimal(0)) + (number(piece.get("quantity")) or Decimal(0))
    return found


def unread_refunds(body: Body) -> tuple[Problem, ...]:
    """The problem of refunds that the shop does not let us read: the order might be sent with pieces that nobody has paid for."""
    said = next((text(refund, UNREAD) for refund in objects(body, REFUNDS) if UNREAD in refund), None)
    if said is None:
        return ()
    message = f"the order has refunds, and of which pieces cannot be read: {said}"
    return (Problem("refunds-unreadable", "refunds", message, "let the key read refunds, then resync the order"),)


def _only_line_of(body: Body, product: str) -> str:
    """Empty when none or several have the product."""
    lines = [
        identity(line.get("id")) or ""
        for line in objects(body, "line_items")
        if product and product in (identity(line.get("variation_id")), identity(line.get("product_id")))
    ]
    return lines[0] if len(lines) == 1 else ""
