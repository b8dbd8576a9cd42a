"""Returns back to the shop: what came back is refunded line by line, each piece once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain import Problem
from app.errors import Refused
from app.flows.outcomes import Outcome
from app.flows.report import Acknowledge, Intent, Kind, Reported, ShopPort, held_report
from app.flows.shipments import ORDER_STATE
from app.integrations.protocol import RefundRequest, RefundSeen, find_refund

REFUND = "POST shop refund"
REFUNDS = "GET shop refunds"

Pieces = Mapping[str, Decimal]
"""How many came back, in total, by the source's id of the order line."""


def came_back(on_the_order: Pieces, announced: Pieces, purchased: Pieces) -> dict[str, Decimal]:
    """Adds up what came back.

    A return order's goods may stand on the outbound order as well, and are counted once. Goods that came in on a purchase order
    stand nowhere else.
    """
    rows = dict.fromkeys([*on_the_order, *announced, *purchased])
    none = Decimal(0)
    total = {row: max(on_the_order.get(row, none), announced.get(row, none)) + purchased.get(row, none) for row in rows}
    return {row: pieces for row, pieces in total.items() if pieces > 0}


async def refund_returns(totals: Pieces, acknowledge: tuple[Acknowledge, ...], port: ShopPort) -> Reported:
    """Refunds what of `totals` is not refunded yet. `acknowledge` is confirmed to the WMS once everything is.

    The intents show what was refunded: they say how many pieces had come back then. Raises RemoteError when a call failed in a
    way that is worth another try. requirement: returns to the shop.
    """
    fresh = not_yet_refunded(totals, refunded_before(await port.intents(Kind.REFUND)))
    if not fresh:
        return Reported(Outcome.UNCHANGED, None, acknowledge=acknowledge)
    if uneven := [row for row, pieces in fresh.items() if pieces != pieces.to_integral_value()]:
        return held_report(_fraction(uneven, port.noun))
    order = await port.read(ORDER_STATE, lambda: port.refunds.order_state(port.source_id))
    if order is None:
        await _never_refund(totals, "gone", port)
        return Reported(Outcome.SKIPPED, None, "gone", f"The {port.noun} has deleted the order", acknowledge=acknowledge)
    already = await port.read(REFUNDS, lambda: port.refunds.refunds(port.source_id))
    if await _find_unknown(already, port):
        fresh = not_yet_refunded(totals, refunded_before(await port.intents(Kind.REFUND)))
        if not fresh:
            return Reported(Outcome.UPDATED, None, acknowledge=acknowledge)
    plan = port.refunds.plan_refund(order, {row: int(pieces) for row, pieces in fresh.items()}, already)
    if plan.problems:
        return held_report(plan.problems[0])
    reference = _reference(totals, port)
    request = RefundRequest(reference, port.returns.reason, plan.lines, port.returns.api_refund, port.returns.restock)
    return await _refund(request, totals, acknowledge, port)


def refunded_before(intents: Mapping[str, Intent]) -> dict[str, Decimal]:
    """How many pieces of each line had come back at the last refund."""
    done: dict[str, Decimal] = {}
    for intent in intents.values():
        if intent.remote_id is not None:
            for row, pieces in intent.request.get("pieces", {}).items():
                done[row] = max(done.get(row, Decimal(0)), Decimal(pieces))
    return done


def not_yet_refunded(totals: Pieces, done: Pieces) -> dict[str, Decimal]:
    """The part of the totals that is new."""
    return {row: pieces - done.get(row, Decimal(0)) for row, pieces in totals.items() if pieces > done.get(row, Decimal(0))}


def as_text(totals: Pieces) -> dict[str, str]:
    return {row: f"{pieces.normalize():f}" for row, pieces in sorted(totals.items())}


async def _never_refund(totals: Pieces, why: str, port: ShopPort) -> None:
    """Stores that these are never refunded."""
    key = f"{why} {_reference(totals, port)}"
    await port.intend(Kind.REFUND, key, {"pieces": as_text(totals)})
    await port.done(Kind.REFUND, key, why)


async def _find_unknown(already: Sequence[RefundSeen], port: ShopPort) -> bool:
    """Returns whether the shop has a refund whose answer we never saw.

    More may have come back since: its goods would be refunded twice.
    """
    found = False
    for intent in (await port.intents(Kind.REFUND)).values():
        if intent.remote_id is None and (there := find_refund(already, intent.key)) is not None:
            await port.done(Kind.REFUND, intent.key, there.id)
            found = True
    return found


def _reference(totals: Pieces, port: ShopPort) -> str:
    """A reference that is the same for the same goods, however often the refund is tried."""
    digest = hashlib.sha256(repr(sorted(as_text(totals).items())).encode()).hexdigest()[:8]
    return f"R-{port.source_id}-{digest}"


async def _refund(request: RefundRequest, totals: Pieces, acknowledge: tuple[Acknowledge, ...], port: ShopPort) -> Reported:
    said: dict[str, Any] = {
        "reference": request.reference,
        "amount": str(request.amount),
        "lines": [{"line": line.line_id, "quantity": line.quantity, "total": str(line.total)} for line in request.lines],
        "pieces": as_text(totals),
    }
    await port.intend(Kind.REFUND, request.reference, said)
    try:
        refund_id = await port.write(REFUND, said, lambda: port.refunds.refund(port.source_id, request))
    except Refused as refusal:
        return held_report(_refused(refusal, port.noun))
    await port.done(Kind.REFUND, request.reference, refund_id)
    return Reported(Outcome.CREATED, None, acknowledge=acknowledge)


def _refused(refusal: Refused, noun: str) -> Problem:
    return Problem(
        "refund-refused",
        "refund",
        f"The {noun} refused the refund: {refusal.message}",
        f"Refund it in the {noun} by hand, then resolve it here; or correct what it names and release it",
    )


def _fraction(rows: Sequence[str], noun: str) -> Problem:
    return Problem(
        "returned-fraction",
        "lines",
        f"Part of a piece came back (order lines {', '.join(rows)})",
        f"Refund it in the {noun} by hand",
    )
