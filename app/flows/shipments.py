"""Shipments back to the shop. Tracking is told as it arrives, each number once.

The order is completed when all is shipped, or when no more will come.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain import Problem, ShopState
from app.domain.shipment import Shipment, TrackingNumber
from app.flows.outcomes import Outcome
from app.flows.report import AWAITS_PICKUP, Acknowledge, Delivery, Intent, Kind, Reported, ShopPort, held_report
from app.flows.rest import SHORT_SHIPMENT, has_ended, with_short
from app.flows.shipment_plan import ShipmentPlan, plan_shipments
from app.integrations.protocol import (
    KeepsTracking,
    ShopOrderState,
    StatusSet,
    TakesQuantities,
    Tracking,
    TrackingShown,
    find_note,
    find_tracking,
)
from app.integrations.protocol.shipments import (
    Delivered,
    DeliveredLine,
    MovesStock,
    OrderBeforeNotes,
    TakesDeliveries,
    TellsOfParts,
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
    if port.was_partly and has_ended(shipments):
        plan = replace(plan, is_made=True, closes=True, held=False)  # the warehouse has cancelled the rest
    if not plan.is_made:
        return _nothing_yet(shipments, port)
    acknowledge = _acknowledge(plan)
    order = await port.read(ORDER_STATE, lambda: port.shop.order_state(port.source_id))
    if order is None:
        return Reported(
            Outcome.SKIPPED, Delivery.REPORTED, "gone", f"The {port.noun} has deleted the order", acknowledge=acknowledge
        )
    if order.state in CLOSED_IN_SHOP:
        # Refunded or cancelled after it was completed: there is nothing left to report.
        return _as_before(acknowledge) if port.was_completed else held_report(_turned_away(order.status, port.noun))
    if isinstance(shop := port.shop, TakesDeliveries):
        delivered = _delivered(shipments, plan, port)
        return with_short(await _deliver(shop, order, (plan, delivered), acknowledge, port), plan)
    return with_short(await _tell_all(order, plan, acknowledge, port), plan)


async def _tell_all(order: ShopOrderState, plan: ShipmentPlan, acknowledge: tuple[Acknowledge, ...], port: ShopPort) -> Reported:
    """Quantities, tracking and status. What was told before is not told again, so that another try goes on."""
    notes_first = not isinstance(port.shop, OrderBeforeNotes)
    told = await _tell_quantities(plan, port)
    told += await _tell_tracking(order, plan, port) if notes_first else 0
    found = await _write_order(order, plan, port)
    if found is not None and found.is_closed:
        return held_report(_turned_away(found.status, port.noun))
    told += await _tell_tracking(order, plan, port) if not notes_first else 0
    told += int(found is not None and found.written)
    outcome, closes = Outcome.UPDATED if told else Outcome.UNCHANGED, _closes(plan, port)
    if not closes and (plan.held or port.shipments.note_parts):
        await _note_short(order, plan, port)
    warning = _to_look_at(found, port)
    if closes:
        return Reported(outcome, Delivery.REPORTED, completed=True, acknowledge=acknowledge, warning=warning)
    if plan.held:
        return replace(held_report(_short(plan), acknowledge), warning=warning)
    return Reported(outcome, Delivery.PARTLY, "partly-shipped", _short(plan).message, acknowledge=acknowledge, warning=warning)


def _to_look_at(found: StatusSet | None, port: ShopPort) -> str | None:
    """What a person should look at. Of an order's status once, and of each note that the shop has refused."""
    of_status = found.warning if found is not None and not port.was_completed else ""
    of_notes = port.shop.refused_note(port.source_id) if isinstance(port.shop, OrderBeforeNotes) else ""
    return ". ".join(each for each in (of_status, of_notes) if each) or None


async def _deliver(
    shop: TakesDeliveries,
    order: ShopOrderState,
    sent: tuple[ShipmentPlan, Delivered],
    acknowledge: tuple[Acknowledge, ...],
    port: ShopPort,
) -> Reported:
    """Tells what was sent of each line, step by step. Only what the order lacks is written, so that another try goes on."""
    plan, delivered = sent
    if (problem := shop.delivery_waits()) is not None:
        return held_report(problem)
    warnings, steps = [], shop.delivery_steps(order, delivered)
    for step in steps:
        request = {"place": step.place, **step.change}
        warnings.append(await port.write(SET_STATUS, request, functools.partial(shop.take_step, step)))
    outcome = Outcome.UPDATED if steps else Outcome.UNCHANGED
    moved = shop.moved_by(order) if isinstance(shop, MovesStock) and (steps or not port.was_completed) else ()
    if not _closes(plan, port) and not plan.held and not port.was_partly and isinstance(shop, TellsOfParts):
        warnings.append(shop.part_notice(order, delivered))
    more: dict[str, Any] = {"acknowledge": acknowledge, "moved": moved}
    more["warning"] = " ".join(dict.fromkeys(each for each in warnings if each)) or None
    if _closes(plan, port):
        return Reported(outcome, Delivery.REPORTED, completed=True, **more)
    if plan.held:
        return replace(held_report(_short(plan)), **more)
    return Reported(outcome, Delivery.PARTLY, "partly-shipped", _short(plan).message, **more)


def _delivered(shipments: Sequence[Shipment], plan: ShipmentPlan, port: ShopPort) -> Delivered:
    tells = port.shipments.tracking is not TrackingShown.NONE
    times = [each.shipped_at for each in shipments if each.is_made and not each.is_cancelled and each.shipped_at is not None]
    return Delivered(
        lines=tuple(DeliveredLine(each.row_number, each.shipped, each.ordered) for each in plan.sent),
        tracking=tuple(each.number for each in plan.tracking) if tells else (),
        sets_status=_closes(plan, port) or not plan.held,
        shipped_at=max(times, default=None),
        closes=_closes(plan, port),
        goes_on=plan.goes_on and not _closes(plan, port),
        was_completed=port.was_completed,
    )


def _closes(plan: ShipmentPlan, port: ShopPort) -> bool:
    """Whether the order is completed now, and no rest is to come."""
    return port.released or (plan.closes and not plan.held)


async def _write_order(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> StatusSet | None:
    """Its tracking, and the status when no rest is to come, in one call. None: nothing is to be written."""
    kept, completes = _to_keep(order, plan, port), _closes(plan, port)
    if kept is not None:
        return await _write_kept(kept, port, completes=completes)
    if completes:
        return await port.write(SET_STATUS, {"order": port.source_id}, lambda: port.shop.complete(port.source_id))
    return None


def _as_before(acknowledge: tuple[Acknowledge, ...]) -> Reported:
    return Reported(Outcome.UNCHANGED, Delivery.REPORTED, acknowledge=acknowledge)


def _nothing_yet(shipments: Sequence[Shipment], port: ShopPort) -> Reported:
    """What is said of an order of which nothing counts as shipped now. What was told before stands."""
    if port.was_completed:
        return _as_before(())
    if port.was_partly:
        return Reported(Outcome.UNCHANGED, Delivery.PARTLY, "partly-shipped", "A part was sent; the rest is to come")
    if any(shipment.is_at_pickup for shipment in shipments):
        words = "Ready for pick-up; nothing is told before the customer has it"
        return Reported(Outcome.UNCHANGED, Delivery.WAITING, AWAITS_PICKUP, words)
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
        SHORT_SHIPMENT,
        "lines",
        f"Not everything was sent: {_lines(plan)}",
        "Send the rest, or release the order to close it as it is",
    )


def _lines(plan: ShipmentPlan) -> str:
    if not plan.short:
        return "the warehouse has it as sent in part"
    return ", ".join(f"line {row} {shipped.normalize():f} of {ordered.normalize():f}" for row, shipped, ordered in plan.short)


# --- delivered quantities ---------------------------------------------------------------------------------------------------


async def _tell_quantities(plan: ShipmentPlan, port: ShopPort) -> int:
    """Tells how much of each line was sent, where the shop has a place for it. Returns how many were new."""
    shop = port.shop
    if not isinstance(shop, TakesQuantities) or not shop.takes_quantities:
        return 0
    pieces = {each.row_number: each.shipped for each in plan.sent}
    request = {"order": port.source_id, "pieces": {row: str(each) for row, each in pieces.items()}}
    return await port.write(SET_STATUS, request, lambda: shop.write_delivered(port.source_id, pieces))


# --- tracking on the order itself ----------------------------------------------------------------------------------------


def _to_keep(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> str | None:
    """What goes on the order itself. None: nothing, or it is there."""
    shop, numbers = port.shop, [each.number for each in plan.tracking]
    return shop.tracking_to_keep(order, numbers) if isinstance(shop, KeepsTracking) else None


async def _write_kept(tracking: str, port: ShopPort, *, completes: bool) -> StatusSet:
    shop = port.shop
    assert isinstance(shop, KeepsTracking)
    request = {"order": port.source_id, "tracking": tracking}
    return await port.write(SET_STATUS, request, lambda: shop.keep_tracking(port.source_id, tracking, completes=completes))


# --- tracking -------------------------------------------------------------------------------------------------------------


async def _tell_tracking(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> int:
    """Reports each tracking number once, where the connection tells them. Returns how many were new."""
    if port.shipments.tracking is TrackingShown.NONE:
        return 0
    if port.shop.tracking_by_note:
        return await _tell_by_note(order, plan, port)
    told = await _find_notes(port)
    known = await port.intents(Kind.TRACKING)
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


async def _find_notes(port: ShopPort) -> int:
    """Looks up notes whose answer we never saw, from before the shop had tracking entries. Returns how many numbers they told."""
    told = 0
    for key, intent in (await _begun_notes(port)).items():
        if intent.remote_id is None and await _arrived(key, intent.request.get("note", ""), port):
            told += await _store_told(key, intent.request, port)
    return told


async def _find_entries(order: ShopOrderState, port: ShopPort) -> None:
    """Looks up entries whose answer we never saw, from before the shop was told by notes."""
    for number, intent in (await port.intents(Kind.TRACKING)).items():
        if intent.remote_id is None and (there := find_tracking(order.tracking, number)) is not None:
            await port.done(Kind.TRACKING, number, there.id)


async def _begun_notes(port: ShopPort) -> dict[str, Intent]:
    return {key: one for key, one in (await port.intents(Kind.NOTE)).items() if key.startswith(TRACKING_NOTE)}


async def _tell_by_note(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> int:
    """Reports all new numbers in one note: a note to the customer is an e-mail."""
    told = 0
    for key, intent in (await _begun_notes(port)).items():
        told += await _write_tracking_note(key, intent.request, port)
    await _find_entries(order, port)
    known = await _told(port)
    fresh = [_tracking(number, plan.carrier, port) for number in plan.tracking if number.number not in known]
    is_part = not _closes(plan, port)
    shown = [one for one in fresh if port.shop.tracking_note(port.order_number, [one], is_part=is_part)]
    if not shown:
        return told
    numbers = [one.number for one in shown]
    key = f"{TRACKING_NOTE}{hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]}"
    text = port.shop.tracking_note(port.order_number, shown, is_part=is_part)
    request = {"note": text, "to_customer": port.shipments.note_to_customer, "numbers": numbers}
    return told + await _write_tracking_note(key, request, port)


async def _told(port: ShopPort) -> set[str]:
    """The numbers that the shop has. One whose entry was not confirmed, and can be read no longer, is told again."""
    return {number for number, intent in (await port.intents(Kind.TRACKING)).items() if intent.remote_id is not None}


async def _write_tracking_note(key: str, request: Mapping[str, Any], port: ShopPort) -> int:
    """Writes the note, and stores that it reported each of its numbers. Returns how many were new."""
    numbers: list[str] = request.get("numbers", [])
    if not numbers or await _told(port) >= set(numbers):
        return 0
    await write_note(key, request["note"], request["to_customer"], port, numbers=numbers)
    return await _store_told(key, request, port)


async def _store_told(key: str, request: Mapping[str, Any], port: ShopPort) -> int:
    """Stores that the note has told its numbers. Returns how many were new."""
    numbers: list[str] = request.get("numbers", [])
    note = (await port.intents(Kind.NOTE)).get(key)
    if note is None or note.remote_id is None:
        return 0
    known = await _told(port)
    fresh = [number for number in numbers if number not in known]
    for number in fresh:
        await port.intend(Kind.TRACKING, number, {"number": number})
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
        # An earlier call may have written it. Settings or the reason may have changed since: we look for the text of then.
        request = intent.request if "note" in intent.request else request
        if await _arrived(key, request["note"], port):
            return 1
    text, to_customer = request["note"], request["to_customer"]
    note = await port.write(ADD_NOTE, request, lambda: shop.add_note(port.source_id, text, to_customer))
    await port.done(Kind.NOTE, key, note)
    return 1


async def _arrived(key: str, text: str, port: ShopPort) -> bool:
    """Whether the order has a note whose answer we never saw. If so, stores its id."""
    if (shop := port.notes_of) is None:
        return False
    notes = await port.read(ADD_NOTE, lambda: shop.notes(port.source_id))
    taken = {each.remote_id for each in (await port.intents(Kind.NOTE)).values() if each.remote_id}
    there = find_note(notes, text, taken)
    if there is not None:
        await port.done(Kind.NOTE, key, there.id)
    return there is not None


async def _note_short(order: ShopOrderState, plan: ShipmentPlan, port: ShopPort) -> None:
    """Writes one private note about a short shipment, for each state of it."""
    texts = {"lines": _lines(plan), "quantities": _quantities(plan), "order": order.number}
    text = port.shipments.short_note_text.format(**texts)
    await write_note(f"short:{_lines(plan)}"[:200], text, False, port)


def _quantities(plan: ShipmentPlan) -> str:
    """`SOKK-1 × 2/3`: article, sent and ordered, of each row."""
    return ", ".join(f"{each.article_number} × {each.shipped.normalize():f}/{each.ordered.normalize():f}" for each in plan.sent)
