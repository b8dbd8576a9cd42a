"""Shipments back to the shop. Tracking is told as it arrives, each number once.

The order is completed when all is shipped, or when no more will come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain import Problem, ShopState
from app.domain.shipment import Shipment, TrackingNumber
from app.flows.outcomes import Outcome
from app.flows.report import Acknowledge, Delivery, Kind, Reported, ShopPort, held_report
from app.flows.shipment_plan import ShipmentPlan, plan_shipments
from app.integrations.protocol import (
    ShopOrderState,
    Tracking,
    TrackingShown,
    find_note,
    find_tracking,
)

ORDER_STATE = "GET shop order"
SET_STATUS = "PUT shop order status"
ADD_TRACKING = "POST shop tracking"
ADD_NOTE = "POST shop note"
TRACKING_NOTE = "tracking:"
"""The prefix of the keys of notes that give tracking numbers."""
CLOSED_IN_SHOP = frozenset({ShopState.CANCELLED, ShopState.GONE})
"""States in which the order is left as it is: the shop has decided otherwise."""


async def report_shipments(shipments: Sequence[Shipment], port: ShopPort) -> Reported:
    """Reports to the shop what the WMS shows of one source order. Raises RemoteError when another try may help.

    requirement: shipments to the shop; Ongoing tracking numbers and partial deliveries.
    """
    plan = plan_shipments(shipments, port.shipments.partial_deliveries)
    if not plan.is_made:
        return _nothing_yet(shipments)
    acknowledge = _acknowledge(plan)
    order = await port.read(ORDER_STATE, lambda: port.shop.order_state(port.source_id))
    if order is None:
        return Reported(
            Outcome.SKIPPED, Delivery.REPORTED, "gone", f"The {port.noun} has deleted the order", acknowledge=acknowledge
        )
    if order.state in CLOSED_IN_SHOP:
        # Refunded or cancelled after it was completed: there is nothing left to report.
        return _as_before(acknowledge) if port.was_completed else held_report(_turned_away(order.status, port.noun))
    told = await _tell_tracking(order, plan, port) if port.shipments.tracking is not TrackingShown.NONE else 0
    if plan.held and not port.released:
        await _note_short(order, plan, port)
        return held_report(_short(plan), acknowledge)
    if not (plan.closes or port.released):
        outcome = Outcome.UPDATED if told else Outcome.UNCHANGED
        return Reported(outcome, Delivery.PARTLY, "partly-shipped", _short(plan).message, acknowledge=acknowledge)
    return await _complete(bool(told), acknowledge, port)


async def _complete(told: bool, acknowledge: tuple[Acknowledge, ...], port: ShopPort) -> Reported:
    completed = await port.write(SET_STATUS, {"order": port.source_id}, lambda: port.shop.complete(port.source_id))
    if completed.is_closed:
        return held_report(_turned_away(completed.status, port.noun))
    outcome = Outcome.UPDATED if told or completed.written else Outcome.UNCHANGED
    return Reported(outcome, Delivery.REPORTED, completed=True, acknowledge=acknowledge)


def _as_before(acknowledge: tuple[Acknowledge, ...]) -> Reported:
    return Reported(Outcome.UNCHANGED, Delivery.REPORTED, acknowledge=acknowledge)


def _nothing_yet(shipments: Sequence[Shipment]) -> Reported:
    if any(shipment.shipped_at is not None and not shipment.is_cancelled for shipment in shipments):
        return Reported(Outcome.UNCHANGED, Delivery.WAITING, "awaiting-tracking", "Sent; waits for its tracking number")
    return Reported(Outcome.UNCHANGED, Delivery.NONE)


def _acknowledge(plan: ShipmentPlan) -> tuple[Acknowledge, ...]:
    return tuple(Acknowledge("picked", each.wms_order_id, each.line_id, each.quantity) for each in plan.acknowledgements)


def _turned_away(status: str, noun: str) -> Problem:
    return Problem(
        "not-open-in-shop",
        "status",
        f"The warehouse has sent the order, but the {noun} has it as {status!r}",
        f"Decide in the {noun}: open it again, or take the goods back",
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


async def _tell_tracking(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> int:
    """Reports each tracking number once. Returns how many were new."""
    if port.shop.tracking_by_note:
        return await _tell_by_note(plan, port)
    known = await port.intents(Kind.TRACKING)
    told = 0
    for number in plan.tracking:
        intent = known.get(number.number)
        if intent is None or intent.remote_id is None:
            told += await _tell(order, _tracking(number, plan.carrier, port), port)
    return told


def _tracking(number: TrackingNumber, carrier: str, port: ShopPort) -> Tracking:
    with_link = port.shipments.tracking in (TrackingShown.LINKS, TrackingShown.BOTH)
    return Tracking(number=number.number, link=number.url if with_link else "", provider=carrier)


async def _tell(order: ShopOrderState, tracking: Tracking, port: ShopPort) -> int:
    if (there := find_tracking(order.tracking, tracking.number)) is not None:
        # Somebody entered it by hand, or an earlier call did and its answer was lost.
        await port.intend(Kind.TRACKING, tracking.number, _plain(tracking))
        await port.done(Kind.TRACKING, tracking.number, there.id)
        return 0
    return await _write_tracking(tracking, port)


async def _tell_by_note(plan: ShipmentPlan, port: ShopPort) -> int:
    """Reports all new numbers in one note: a note to the customer is an e-mail."""
    begun = {key: one for key, one in (await port.intents(Kind.NOTE)).items() if key.startswith(TRACKING_NOTE)}
    told = 0
    for key, intent in begun.items():
        told += await _write_tracking_note(key, intent.request, port)
    known = await port.intents(Kind.TRACKING)
    fresh = [_tracking(number, plan.carrier, port) for number in plan.tracking if number.number not in known]
    shown = [one for one in fresh if port.shop.tracking_note(port.order_number, [one])]
    if not shown:
        return told
    numbers = [one.number for one in shown]
    key = f"{TRACKING_NOTE}{hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]}"
    text = port.shop.tracking_note(port.order_number, shown)
    request = {"note": text, "to_customer": port.shipments.note_to_customer, "numbers": numbers}
    return told + await _write_tracking_note(key, request, port)


async def _write_tracking_note(key: str, request: Mapping[str, Any], port: ShopPort) -> int:
    """Writes the note, and stores that it reported each of its numbers. Returns how many were new."""
    numbers: list[str] = request.get("numbers", [])
    if numbers:
        await write_note(key, request["note"], request["to_customer"], port, numbers=numbers)
    note = (await port.intents(Kind.NOTE)).get(key)
    known = await port.intents(Kind.TRACKING)
    fresh = [number for number in numbers if number not in known]
    for number in fresh:
        await port.intend(Kind.TRACKING, number, {"number": number})
    for number in numbers:
        if note is not None and note.remote_id is not None and (number in fresh or known[number].remote_id is None):
            await port.done(Kind.TRACKING, number, note.remote_id)
    return len(fresh)


def _plain(tracking: Tracking) -> dict[str, Any]:
    return {"number": tracking.number, "link": tracking.link, "provider": tracking.provider}


async def _write_tracking(tracking: Tracking, port: ShopPort) -> int:
    intent = await port.intend(Kind.TRACKING, tracking.number, _plain(tracking))
    if not intent.is_new:
        entries = await port.read(ADD_TRACKING, lambda: port.shop.tracking_entries(port.source_id))
        if (there := find_tracking(entries, tracking.number)) is not None:
            await port.done(Kind.TRACKING, tracking.number, there.id)
            return 1
    entry = await port.write(ADD_TRACKING, _plain(tracking), lambda: port.shop.add_tracking(port.source_id, tracking))
    await port.done(Kind.TRACKING, tracking.number, entry)
    return 1


async def write_note(key: str, text: str, to_customer: bool, port: ShopPort, **more: Any) -> int:
    """Writes a note on the order, once. Every POST would make another, so an unknown outcome is looked up among the notes.

    Returns how many were written, by this call or by an earlier one whose answer was lost; 0 where the system takes no notes.
    `more` is kept with the intent.
    """
    if (shop := port.notes_of) is None:
        return 0
    request = {"note": text, "to_customer": to_customer, **more}
    intent = await port.intend(Kind.NOTE, key, request)
    if intent.remote_id is not None:
        return 0
    if not intent.is_new:
        notes = await port.read(ADD_NOTE, lambda: shop.notes(port.source_id))
        taken = {each.remote_id for each in (await port.intents(Kind.NOTE)).values() if each.remote_id}
        if (there := find_note(notes, text, taken)) is not None:
            await port.done(Kind.NOTE, key, there.id)
            return 1
    note = await port.write(ADD_NOTE, request, lambda: shop.add_note(port.source_id, text, to_customer))
    await port.done(Kind.NOTE, key, note)
    return 1


async def _note_short(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> None:
    """Writes one private note about a short shipment, for each state of it."""
    text = port.shipments.short_note_text.format(lines=_lines(plan), order=order.number)
    await write_note(f"short:{_lines(plan)}"[:200], text, False, port)
