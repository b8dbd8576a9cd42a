"""What happens on the warehouse's floor: orders are allocated, picked, shipped, and their status moves with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from app.sandbox.ongoing.config import CANCELLED
from app.sandbox.ongoing.records import Order, Parcel, PickedItem, Tracking

ALLOCATED = 320
PICKED = 400
SENT = 450
RETURNED = 800

NextId = Callable[[], int]


def move(order: Order, status: int, at: datetime, next_id: NextId) -> None:
    """Bring the order to `status` with everything that lies on the way.

    From 320 goods are allocated, from 400 they are picked (all of them, unless some were picked before: then it stays a short
    pick), from 450 the order is shipped. On the way back the same is undone. A cancelled order holds nothing.
    """
    if status == CANCELLED or status < ALLOCATED:
        _release(order)
    elif status < RETURNED:
        _allocate(order)
    if PICKED <= status < RETURNED and not any(line.picked for line in order.lines):
        pick(order, {line.row_number: line.to_be_picked for line in order.lines}, at, next_id)
    if status < PICKED or status == CANCELLED:
        for line in order.lines:
            line.picked = line.packed = 0.0
            line.picked_items.clear()
    if SENT <= status < RETURNED:
        order.shipped = order.shipped or at
        for line in order.lines:
            line.packed = line.picked
    elif status < SENT:
        order.shipped = None
    set_status(order, status, at)


def set_status(order: Order, status: int, at: datetime) -> None:
    """The number alone."""
    if order.status != status:
        order.status = status
        order.status_changed = at
    order.updated = at


def pick(order: Order, quantities: Mapping[str, float], at: datetime, next_id: NextId) -> None:
    """Pick what is still missing to reach `quantities`, the total picked per row number."""
    for row_number, quantity in quantities.items():
        line = order.line(row_number)
        more = quantity - line.picked
        if more <= 0:
            continue
        line.picked_items.append(PickedItem(next_id(), more, at))
        line.picked = quantity
        line.allocated = max(line.allocated, quantity)
        order.last_picked = at
    order.updated = at


def track(order: Order, waybill: str | None, parcels: tuple[str, ...], at: datetime, next_id: NextId) -> None:
    """The carrier's numbers: the waybill is added to those there are, and becomes the order's own."""
    if waybill is not None:
        order.way_bill = waybill
        order.tracking.append(Tracking(waybill, f"https://carrier.example/{waybill}", at))
    order.parcels.extend(Parcel(next_id(), number) for number in parcels)
    order.updated = at


def _allocate(order: Order) -> None:
    for line in order.lines:
        line.allocated = max(line.allocated, line.to_be_picked)


def _release(order: Order) -> None:
    for line in order.lines:
        line.allocated = 0.0


def allocated_but_not_picked(order: Order) -> bool:
    return any(line.allocated > line.picked for line in order.lines)
