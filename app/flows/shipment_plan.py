"""What is to be reported of a source order's shipments. Pure: from what the WMS shows and the connection's policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.shipment import PartialDeliveries, Shipment, TrackingNumber


@dataclass(frozen=True)
class Acknowledgement:
    """A quantity that was read in the WMS and is confirmed there once the shop has it."""

    wms_order_id: int
    line_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Sent:
    """How much of one row of the source order was shipped, in pieces. What was ordered is that of the order in the WMS."""

    row_number: str
    article_number: str
    shipped: Decimal
    ordered: Decimal


@dataclass(frozen=True)
class ShipmentPlan:
    """`short` names the row numbers that are not shipped in full, with (shipped, ordered). `sent` has all rows.

    `goes_on`: the WMS says that more is to be sent, whatever was picked by now.
    """

    is_made: bool
    closes: bool
    held: bool
    tracking: tuple[TrackingNumber, ...]
    carrier: str
    short: tuple[tuple[str, Decimal, Decimal], ...]
    acknowledgements: tuple[Acknowledgement, ...]
    sent: tuple[Sent, ...] = ()
    goes_on: bool = False


def plan_shipments(shipments: Sequence[Shipment], policy: PartialDeliveries) -> ShipmentPlan:
    """Plans the report of all shipments of one source order.

    Each tracking number is reported once. The order is closed when all is shipped, or when the policy says that no more will come
    (requirement: partial deliveries).
    """
    made = [shipment for shipment in shipments if shipment.is_made and not shipment.is_cancelled]
    sent = _sent(shipments, made)
    short = tuple((each.row_number, each.shipped, each.ordered) for each in sent if each.shipped < each.ordered)
    goes_on = any(shipment.is_part for shipment in made)
    full = bool(made) and not short and not goes_on
    tracking = {number.number: number for shipment in reversed(made) for number in reversed(shipment.tracking)}
    return ShipmentPlan(
        is_made=bool(made),
        closes=full or (bool(made) and policy is PartialDeliveries.GOODS_OWNER_CONTROLLED),
        held=bool(made) and not full and policy is PartialDeliveries.NONE,
        tracking=tuple(reversed(tracking.values())),
        carrier=next((shipment.carrier for shipment in made if shipment.carrier), ""),
        short=short,
        sent=sent,
        goes_on=goes_on,
        acknowledgements=tuple(
            Acknowledgement(shipment.wms_order_id, line.line_id, line.picked) for shipment in made for line in shipment.lines
        ),
    )


def _sent(shipments: Sequence[Shipment], made: Sequence[Shipment]) -> tuple[Sent, ...]:
    """The rows of the first order. A back order's rows are part of the first one's."""
    ordered: dict[str, Decimal] = defaultdict(Decimal)
    numbers: dict[str, str] = {}
    for shipment in shipments:
        if not shipment.is_back_order:
            for line in shipment.lines:
                ordered[line.row_number] += line.ordered
                numbers[line.row_number] = line.article_number
    shipped: dict[str, Decimal] = defaultdict(Decimal)
    for shipment in made:
        for line in shipment.lines:
            shipped[line.row_number] += line.picked
    return tuple(Sent(row, numbers[row], shipped[row], wanted) for row, wanted in ordered.items())
