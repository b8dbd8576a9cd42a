"""Fulfilment: orders are allocated, picked and shipped, goods come back, and the order's status follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.sandbox.ongoing.config import CANCELLED, ReturnCause
from app.sandbox.ongoing.model.records import Order, OrderLine, Parcel, PickedItem, Tracking

ALLOCATED = 320
PICKED = 400
PARTLY_SENT = 425
SENT = 450
AT_PICKUP = 451
RETURNED = 800

NextId = Callable[[], int]


class Package(NamedTuple):
    """One package as the carrier's label names it. Links and waybills of packages are not what every carrier gives."""

    number: str
    url: str | None = None
    waybill: str | None = None
    is_return: bool = False


def move(order: Order, status: int, at: datetime, next_id: NextId) -> None:
    """Bring the order to `status` with everything that lies on the way.

    From 320 goods are allocated, from 400 they are picked (all of them, unless some were picked before: then it stays a short
    pick), from 450 the order is shipped, at 425 what is picked of it. One that waits for pick-up (451) is not. On the way
    back the same is undone. A cancelled order holds nothing.
    """
    if status == CANCELLED or status < ALLOCATED:
        _release(order)
    elif status < RETURNED:
        _allocate(order)
    if PICKED <= status < RETURNED and not any(line.picked for line in order.lines):
        pick(order, {line.row_number: line.to_be_picked for line in order.lines}, at, next_id)
    if status < PICKED or status == CANCELLED:
        for line in order.lines:
            line.picked = line.packed = line.returned = line.restocked = 0.0
            line.picked_items.clear()
    if status == PARTLY_SENT or (SENT <= status < RETURNED and status != AT_PICKUP):
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
        if order.status >= SENT:
            line.packed = quantity
        order.last_picked = at
    order.updated = at


def bring_back(line: OrderLine, quantity: float, cause: ReturnCause | None, at: datetime, next_id: NextId) -> None:
    """`quantity` of what was picked comes back now; it goes into stock again unless the cause is one for scrapping.

    Raises ValueError for more than is still out.
    """
    if not 0 < quantity <= line.picked - line.returned:
        raise ValueError(f"row {line.row_number}: {quantity:g} cannot come back, {line.picked - line.returned:g} are out")
    line.returned += quantity
    if cause is None or not cause.is_remove_cause:
        line.restocked += quantity
    left = quantity
    for item in [item for item in line.picked_items if item.returned is None]:
        if left <= 0:
            break
        back = _split_off(line, item, min(left, item.number_of_items), next_id)
        back.returned, back.return_cause = at, (cause.code, cause.name) if cause else None
        left -= back.number_of_items


def _split_off(line: OrderLine, item: PickedItem, quantity: float, next_id: NextId) -> PickedItem:
    """The goods themselves, or a part of them that is counted apart from now on."""
    if quantity == item.number_of_items:
        return item
    item.number_of_items -= quantity
    apart = PickedItem(next_id(), quantity, item.picked, original_id=item.original_id or item.id)
    line.picked_items.append(apart)
    return apart


def track(order: Order, waybill: str | None, url: str | None, packages: Sequence[Package], at: datetime, next_id: NextId) -> None:
    """The carrier's numbers: the waybill is added to those there are, and becomes the order's own."""
    if waybill is not None:
        order.way_bill = waybill
        order.tracking.append(Tracking(waybill, url, at))
    order.parcels.extend(Parcel(next_id(), one.number, one.is_return, one.url, one.waybill) for one in packages)
    order.updated = at


def label_return(order: Order, waybill: str, url: str | None, at: datetime) -> None:
    """The number of the return label that lies in the package."""
    order.return_way_bill = waybill
    order.tracking.append(Tracking(waybill, url, at, is_return=True))
    order.updated = at


def _allocate(order: Order) -> None:
    for line in order.lines:
        line.allocated = max(line.allocated, line.to_be_picked)


def _release(order: Order) -> None:
    for line in order.lines:
        line.allocated = 0.0


def allocated_but_not_picked(order: Order) -> bool:
    return any(line.allocated > line.picked for line in order.lines)
