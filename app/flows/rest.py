"""The rest of an order that was sent in part: from which orders of the WMS it may still come, and how it is cancelled there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import Problem, WarehouseState
from app.domain.shipment import PartialDeliveries, Shipment
from app.errors import Refused
from app.flows.orders import CANCEL_ORDER, GET_ORDER
from app.flows.outcomes import WarehousePort
from app.flows.report import Delivery, Reported
from app.flows.shipment_plan import ShipmentPlan, plan_shipments
from app.warehouse.reads.states import warehouse_state
from app.warehouse.settings import OngoingSettings

NOT_CANCELLED = "rest-not-cancelled"
SHORT_SHIPMENT = "short-shipment"
"""Held: a part was sent, and the connection has a person decide about the rest."""


def waits_for_rest(delivery: str | None, code: str | None) -> bool:
    """Whether a part of the order was sent, and the rest is to come, or a person has to decide about it."""
    return delivery == Delivery.PARTLY or (delivery == Delivery.HELD and code == SHORT_SHIPMENT)


@dataclass(frozen=True)
class RestOrder:
    """An order of the WMS from which a rest may come. `can_be_cancelled`: as it was read last."""

    wms_order_id: int
    number: str
    status: int
    can_be_cancelled: bool


def with_short(reported: Reported, plan: ShipmentPlan) -> Reported:
    """The report with what was sent of each row, where that is not all."""
    is_told = reported.delivery in (Delivery.PARTLY, Delivery.REPORTED) or reported.code == SHORT_SHIPMENT
    return replace(reported, short=plan.sent) if is_told and (plan.short or plan.goes_on) else reported


def rest_of(shipments: Sequence[Shipment], settings: OngoingSettings) -> tuple[RestOrder, ...]:
    """The orders from which the rest may come: back orders that are not sent, and the first order for what no back order has.

    The WMS cancels whole orders, and only those on which the warehouse has not begun (upstream): so never the first one.
    """
    found = [_as_rest(each, settings) for each in _waiting(shipments)]
    first = _begun_with_rest(shipments)
    if first is not None:
        found.append(RestOrder(first.wms_order_id, first.number, first.status, can_be_cancelled=False))
    return tuple(found)


def _waiting(shipments: Sequence[Shipment]) -> list[Shipment]:
    return [each for each in shipments if each.is_back_order and not _is_over(each)]


def _begun_with_rest(shipments: Sequence[Shipment]) -> Shipment | None:
    first = next((each for each in shipments if not each.is_back_order), None)
    return first if first is not None and not first.is_cancelled and _is_missing_elsewhere(shipments) else None


def _is_over(shipment: Shipment) -> bool:
    is_out = (shipment.is_made or shipment.shipped_at is not None) and not (shipment.is_part or shipment.is_at_pickup)
    return is_out or shipment.is_cancelled


def _as_rest(shipment: Shipment, settings: OngoingSettings) -> RestOrder:
    is_open = warehouse_state(shipment.status, settings) is WarehouseState.OPEN
    return RestOrder(shipment.wms_order_id, shipment.number, shipment.status, can_be_cancelled=is_open)


def _is_missing_elsewhere(shipments: Sequence[Shipment]) -> bool:
    """Whether more is missing than back orders have, or had before they were cancelled."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for shipment in shipments:
        if shipment.is_back_order and (not shipment.is_made or shipment.is_part):
            for line in shipment.lines:
                moved[line.row_number] += line.ordered - (line.picked if shipment.is_made else 0)
    short = plan_shipments(shipments, PartialDeliveries.STOCK_BASED).short
    return any(ordered - shipped > moved[row] for row, shipped, ordered in short)


def has_ended(shipments: Sequence[Shipment]) -> bool:
    """Whether the WMS has cancelled what the rest was to come from, and no other order has any of it."""
    is_cancelled = any(each.is_cancelled for each in shipments)
    return is_cancelled and not _waiting(shipments) and _begun_with_rest(shipments) is None


def begun(number: str, status: int) -> Problem:
    """There is no call for this: what is to be done in the WMS instead."""
    return Problem(
        NOT_CANCELLED,
        "cancel_rest",
        f"Ongoing has no call that cancels the rest of order {number}: the warehouse has begun on it (status {status})",
        "Take the rest off in the WMS's own pages, or cancel the order there; it is closed when the WMS shows that",
    )


async def cancel_rest(number: str, wms_order_id: int, port: WarehousePort) -> Problem | None:
    """Cancels an order that has a rest, unless it is cancelled already. Returns why it could not be cancelled.

    It is read first: the warehouse may have begun since, and a second cancellation may be refused.
    """
    seen = await port.read(GET_ORDER, lambda: port.client.get_order(wms_order_id))
    state = warehouse_state(seen.status_number if seen else None, port.settings)
    if seen is None or state is WarehouseState.CANCELLED:
        return None
    if state is not WarehouseState.OPEN:
        return begun(number, seen.status_number)
    try:
        await port.write(CANCEL_ORDER, {"orderId": wms_order_id}, lambda: port.client.cancel_order(wms_order_id))
    except Refused as refusal:
        if port.client.is_started(refusal):
            return begun(number, seen.status_number)
        if not port.client.is_already_cancelled(refusal):
            message = f"The WMS refused to cancel order {number}, which has the rest: {refusal.message}"
            return Problem(NOT_CANCELLED, "cancel_rest", message, "Cancel it in the WMS's own pages")
    return None
