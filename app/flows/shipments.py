"""Shipments back to the shop: tracking as it arrives, each number once; completed when all is shipped or no more will come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain import Problem
from app.domain.shipment import Shipment, TrackingNumber
from app.flows.report import Acknowledge, Delivery, Kind, ReportDesk, Reported, held_report
from app.flows.result import Outcome
from app.flows.shipment_plan import ShipmentPlan, plan_shipments
from app.integrations.protocol import (
    ShopOrderState,
    Tracking,
    TrackingShown,
    TrackingVia,
    find_note,
    find_tracking,
)

ORDER_STATE = "GET shop order"
SET_STATUS = "PUT shop order status"
ADD_TRACKING = "POST shop tracking"
ADD_NOTE = "POST shop note"
TURNED_AWAY = frozenset({"cancelled", "refunded", "failed", "trash"})
"""Statuses that are left as they are: the shop has decided otherwise."""


async def report_shipments(shipments: Sequence[Shipment], desk: ReportDesk) -> Reported:
    """Reports what the WMS shows of one source order. Raises RemoteError when a call failed in a way that is worth another try.

    requirement: WooCommerce shipments; Ongoing tracking numbers and partial deliveries.
    """
    plan = plan_shipments(shipments, desk.shipments.partial_deliveries)
    if not plan.is_made:
        return _nothing_yet(shipments)
    order = await desk.read(ORDER_STATE, lambda: desk.shop.order_state(desk.source_id))
    if order is None:
        return Reported(
            Outcome.SKIPPED, Delivery.REPORTED, "gone", "The shop has deleted the order", acknowledge=_acknowledge(plan)
        )
    if order.status in TURNED_AWAY:
        return held_report(_turned_away(order))
    told = await _tell_tracking(order, plan, desk) if desk.shipments.tracking is not TrackingShown.NONE else 0
    acknowledge = _acknowledge(plan)
    if plan.held and not desk.released:
        await _note_short(order, plan, desk)
        return held_report(_short(plan), acknowledge)
    if not (plan.closes or desk.released):
        outcome = Outcome.UPDATED if told else Outcome.UNCHANGED
        return Reported(outcome, Delivery.PARTLY, "partly-shipped", _short(plan).message, acknowledge=acknowledge)
    completed = await desk.write(SET_STATUS, {"order": desk.source_id}, lambda: desk.shop.complete(desk.source_id))
    outcome = Outcome.UPDATED if told or completed.written else Outcome.UNCHANGED
    return Reported(outcome, Delivery.REPORTED, completed=True, acknowledge=acknowledge)


def _nothing_yet(shipments: Sequence[Shipment]) -> Reported:
    if any(shipment.shipped_at is not None and not shipment.is_cancelled for shipment in shipments):
        return Reported(Outcome.UNCHANGED, Delivery.WAITING, "awaiting-tracking", "Sent; waits for its tracking number")
    return Reported(Outcome.UNCHANGED, Delivery.NONE)


def _acknowledge(plan: ShipmentPlan) -> tuple[Acknowledge, ...]:
    return tuple(Acknowledge("picked", each.wms_order_id, each.line_id, each.quantity) for each in plan.acknowledgements)


def _turned_away(order: ShopOrderState) -> Problem:
    return Problem(
        "not-open-in-shop",
        "status",
        f"The warehouse has sent the order, but the shop has it as {order.status!r}",
        "Decide in the shop: open it again, or take the goods back",
    )


def _short(plan: ShipmentPlan) -> Problem:
    return Problem(
        "short-shipment",
        "lines",
        f"Not everything was sent: {_lines(plan)}",
        "Send the rest, or release the order to close it as it is",
    )


def _lines(plan: ShipmentPlan) -> str:
    return ", ".join(f"line {row} {shipped.normalize():f} of {ordered.normalize():f}" for row, shipped, ordered in plan.short)


# --- tracking -------------------------------------------------------------------------------------------------------------


async def _tell_tracking(order: ShopOrderState, plan: ShipmentPlan, desk: ReportDesk) -> int:
    """Tells the shop each number once; returns how many were new."""
    known = await desk.intents(Kind.TRACKING)
    told = 0
    for number in plan.tracking:
        intent = known.get(number.number)
        if intent is not None and intent.remote_id is not None:
            continue
        told += await _tell(order, number, plan.carrier, desk)
    return told


async def _tell(order: ShopOrderState, number: TrackingNumber, carrier: str, desk: ReportDesk) -> int:
    shown = desk.shipments.tracking
    tracking = Tracking(
        number=number.number,
        link=number.url if shown in (TrackingShown.LINKS, TrackingShown.BOTH) else "",
        provider=carrier,
    )
    if desk.shop.tracking_via is TrackingVia.NOTE:
        text = desk.shop.tracking_note(desk.order_number, [tracking])
        return await write_note(Kind.TRACKING, number.number, text, desk.shipments.note_to_customer, desk)
    if (there := find_tracking(order.tracking, number.number)) is not None:
        # Entered by hand, or by a call of ours whose answer was lost.
        await desk.intend(Kind.TRACKING, number.number, _plain(tracking))
        await desk.done(Kind.TRACKING, number.number, there.id)
        return 0
    return await _write_tracking(tracking, desk)


def _plain(tracking: Tracking) -> dict[str, Any]:
    return {"number": tracking.number, "link": tracking.link, "provider": tracking.provider}


async def _write_tracking(tracking: Tracking, desk: ReportDesk) -> int:
    intent = await desk.intend(Kind.TRACKING, tracking.number, _plain(tracking))
    if not intent.is_new:
        entries = await desk.read(ADD_TRACKING, lambda: desk.shop.tracking_entries(desk.source_id))
        if (there := find_tracking(entries, tracking.number)) is not None:
            await desk.done(Kind.TRACKING, tracking.number, there.id)
            return 1
    entry = await desk.write(ADD_TRACKING, _plain(tracking), lambda: desk.shop.add_tracking(desk.source_id, tracking))
    await desk.done(Kind.TRACKING, tracking.number, entry)
    return 1


async def write_note(kind: Kind, key: str, text: str, to_customer: bool, desk: ReportDesk) -> int:
    """A note on the order, once. Every POST would make another, so an unknown outcome is looked up among the notes."""
    if not text:
        return 0
    request = {"note": text, "to_customer": to_customer}
    intent = await desk.intend(kind, key, request)
    if intent.remote_id is not None:
        return 0
    if not intent.is_new:
        notes = await desk.read(ADD_NOTE, lambda: desk.shop.notes(desk.source_id))
        taken = {each.remote_id for each in (await desk.intents(kind)).values() if each.remote_id}
        if (there := find_note(notes, text, taken)) is not None:
            await desk.done(kind, key, there.id)
            return 1
    note = await desk.write(ADD_NOTE, request, lambda: desk.shop.add_note(desk.source_id, text, to_customer))
    await desk.done(kind, key, note)
    return 1


async def _note_short(order: ShopOrderState, plan: ShipmentPlan, desk: ReportDesk) -> None:
    """One private note about a short shipment, for each state of it."""
    text = desk.shipments.short_note_text.format(lines=_lines(plan), order=order.number)
    await write_note(Kind.NOTE, f"short:{_lines(plan)}"[:200], text, False, desk)
