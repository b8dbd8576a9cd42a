"""Pieces that were refunded before they were sent, taken off an order. The same for every system (requirement: orders)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from app.domain import Order, OrderLine, Refunded, ShopState
from app.integrations.protocol import ConnectionSettings, PartRefund

_CENT = Decimal("0.01")
ALL_REFUNDED = "all pieces refunded"


def take_off(order: Order, refunded: Mapping[str, Decimal], settings: ConnectionSettings) -> Order:
    """The order without the refunded pieces, given by row number.

    All pieces refunded is refunded in full: the order is cancelled, whatever its status is called. Only an order that is wanted
    is changed. One that the shop has completed keeps its lines, and names the pieces: they were sent.
    """
    if settings.part_refund is PartRefund.IGNORE or order.state not in (ShopState.WANTED, ShopState.COMPLETED):
        return order
    found = tuple(
        Refunded(line.row_number, line.article_number, min(pieces, line.quantity), line.quantity)
        for line in order.lines
        if (pieces := refunded.get(line.row_number, Decimal(0))) > 0
    )
    if not found:
        return order
    if order.state is ShopState.COMPLETED:
        return replace(order, refunded=found)
    off = {each.row_number: each.pieces for each in found}
    left = tuple(
        _kept(line, line.quantity - off.get(line.row_number, Decimal(0)))
        for line in order.lines
        if line.row_number not in off or off[line.row_number] < line.quantity
    )
    if not left:
        return replace(order, refunded=found, state=ShopState.CANCELLED, status=f"{order.status}, {ALL_REFUNDED}")
    return replace(order, refunded=found, lines=left, asks_about_refunds=settings.part_refund is PartRefund.HOLD)


def _kept(line: OrderLine, quantity: Decimal) -> OrderLine:
    """The line with fewer pieces, and their share of its price."""
    if quantity == line.quantity:
        return line
    price = line.customer_line_price
    share = None if price is None else (price * quantity / line.quantity).quantize(_CENT, ROUND_HALF_UP)
    return replace(line, quantity=quantity, customer_line_price=share)
