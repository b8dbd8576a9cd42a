"""The WMS's orders as shipments: what counts as shipped is a setting, what is returned never counts as tracking."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from app.domain.shipment import CountsAsShipped, Shipment, ShipmentLine
from app.json_reading import section
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.tracking import tracking_numbers
from app.warehouse.settings import OngoingSettings


def shipment_of(order: WarehouseOrder, counts: CountsAsShipped, settings: OngoingSettings) -> Shipment:
    """`counts`: when a shipment counts as made (requirement: processes)."""
    tracking = tracking_numbers(order)
    cancelled = order.status_number in settings.cancelled_statuses
    return Shipment(
        wms_order_id=order.order_id,
        number=order.number,
        status=order.status_number,
        is_back_order=order.back_order_for is not None,
        is_cancelled=cancelled,
        is_made=not cancelled and _is_made(order, counts, bool(tracking), settings),
        shipped_at=order.shipped_at,
        carrier=order.carrier.name if order.carrier else "",
        tracking=tracking,
        lines=tuple(
            ShipmentLine(line.line_id, line.row_number, line.ordered, line.picked, line.returned, line.article_number)
            for line in order.lines
            if line.line_id is not None
        ),
        is_part=order.status_number in settings.partly_shipped_statuses,
        is_at_pickup=order.status_number in settings.pickup_statuses,
    )


def _is_made(order: WarehouseOrder, counts: CountsAsShipped, has_tracking: bool, settings: OngoingSettings) -> bool:
    status = order.status_number
    if status in settings.returned_statuses:
        return was_sent(order)
    is_sent = status in settings.shipped_statuses or status in settings.partly_shipped_statuses
    match counts:
        case CountsAsShipped.BOOKED:
            return status in settings.booked_statuses or status in settings.partly_shipped_statuses
        case CountsAsShipped.SENT:
            return is_sent
        case CountsAsShipped.COLLECTED:
            return status in settings.collected_statuses
        case CountsAsShipped.TRACKING:
            # A label may be printed before anything is picked: the order must also have been sent.
            return has_tracking and is_sent


def was_sent(order: WarehouseOrder) -> bool:
    """Whether an order at a status of returns went out: something was picked, and the WMS says when it was sent.

    A return is not by itself a shipment. Goods that were picked and put back never left the warehouse.
    """
    return order.shipped_at is not None and any(line.picked > 0 for line in order.lines)


def digest_of(shipment: Shipment) -> str:
    """SHA-256 over what a report of the shipment depends on. A rest that the WMS takes off changes it too."""
    lines = [
        (line.line_id, str(line.picked), *((str(line.ordered),) if line.picked < line.ordered else ())) for line in shipment.lines
    ]
    tracking = [(number.number, number.url) for number in shipment.tracking]
    facts = [shipment.is_made, shipment.is_cancelled, shipment.shipped_at is not None, shipment.carrier, lines, tracking]
    marks = [name for name, is_so in (("part", shipment.is_part), ("pick-up", shipment.is_at_pickup)) if is_so]
    return _digest(facts + ([marks] if marks else []))


def returns_digest_of(shipment: Shipment) -> str | None:
    """The same over what came back; None when nothing has."""
    lines = [(line.line_id, str(line.returned)) for line in shipment.lines if line.returned]
    return _digest(lines) if lines else None


def _digest(facts: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()


REPORTED_OF = ("goodsOwner", "orderLines", "tracking", "parcels", "transporter")
REPORTED_OF_INFO = (
    "orderId",
    "orderNumber",
    "goodsOwnerOrderId",
    "orderStatus",
    "shippedTime",
    "wayBill",
    "advanced",
)


def without_person(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An order as the WMS gave it, down to what a report needs: nothing that says who it goes to is kept."""
    kept = {name: raw[name] for name in REPORTED_OF if name in raw}
    info = section(raw, "orderInfo")
    return {**kept, "orderInfo": {name: info[name] for name in REPORTED_OF_INFO if name in info}}
