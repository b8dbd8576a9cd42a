"""What the warehouse has made of an order: shipments with their tracking, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class CountsAsShipped(StrEnum):
    """When a shipment counts as made (requirement: processes)."""

    BOOKED = "booked"
    """The order has reached the status at which the shipment is booked."""
    SENT = "sent"
    """The order was marked sent in the WMS."""
    TRACKING = "tracking"
    """A tracking number has been received."""
    COLLECTED = "collected"
    """The carrier has collected it."""


class PartialDeliveries(StrEnum):
    """How the gateway reports and closes when not all is shipped at once (requirement: partial deliveries)."""

    NONE = "none"
    """The order ships in full; a short shipment is shown to the operator and not closed by itself."""
    STOCK_BASED = "stock-based"
    """What is available ships, the rest later, from the same order or a back order of the WMS."""
    GOODS_OWNER_CONTROLLED = "goods-owner-controlled"
    """The warehouse ships what it has and no more will come from this order."""


@dataclass(frozen=True)
class TrackingNumber:
    """`url` is empty when the WMS gives none."""

    number: str
    url: str = ""


@dataclass(frozen=True)
class ShipmentLine:
    """Quantities in pieces. `line_id` is the WMS's own, `row_number` the source's line id."""

    line_id: int
    row_number: str
    ordered: Decimal
    picked: Decimal
    returned: Decimal
    article_number: str = ""


@dataclass(frozen=True)
class Shipment:
    """One order of the WMS that belongs to a source order: the first one, or a back order that points at it. Times in UTC."""

    wms_order_id: int
    number: str
    status: int
    is_back_order: bool
    is_cancelled: bool
    is_made: bool
    """Counts as shipped by the connection's setting, in full or in part."""
    shipped_at: datetime | None
    carrier: str
    tracking: tuple[TrackingNumber, ...]
    lines: tuple[ShipmentLine, ...]
    is_part: bool = False
    """The WMS says that more of it is to be sent, whatever is picked by now."""
    is_at_pickup: bool = False
    """Ready for pick-up: the customer has not got it yet."""
