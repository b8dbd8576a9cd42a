"""Returns back to the shop: what came back is refunded line by line, each piece once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.domain import Problem
from app.errors import Refused
from app.flows.outcomes import Outcome
from app.flows.report import Acknowledge, Intent, Kind, Reported, ShopPort, held_report
from app.flows.shipments import ORDER_STATE
from app.integrations.protocol import MakesRefunds, RefundRequest, RefundSeen, find_refund

REFUND = "POST shop refund"
REFUNDS = "GET shop refunds"

GIVEN = "given"
"""In place of a refund's id: the caller was told, and refunds it in a system that cannot be asked to."""

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


@dataclass(frozen=True)
class Returns:
    """What came back of an order in total, what of it was scrapped, and what is confirmed to the WMS when it is dealt with."""

    totals: Pieces
    scrapped: Pieces
    acknowledge: tuple[Acknowledge, ...]


async def report_returns(back: Returns, port: ShopPort) -> Reported:
    """Refunds what is not refunded yet. Where the system makes no refunds, what came back is given to the caller, once.

    The intents show what was dealt with: they say how many pieces had come back then. Raises RemoteError when a call failed in
    a way that is worth another try. requirement: returns.
    """
    done = await port.intents(Kind.REFUND)
    fresh = not_yet_refunded(back.totals, refunded_before(done))
    if not fresh:
        return Reported(Outcome.UNCHANGED, None, acknowledge=back.acknowledge)
    refunds = port.refunds
    if refunds is None:
        await _never_refund(back, GIVEN, done, port)
        return Reported(Outcome.UPDATED, None, "returned", _given(port.noun), acknowledge=back.acknowledge)
    if uneven := [row for row, pieces in fresh.items() if pieces != pieces.to_integral_value()]:
        return held_report(_fraction(uneven, port.noun))
    while True:
        reported = await _refund_next(back, refunds, port)
        done = await port.intents(Kind.REFUND)
        if reported.outcome is not Outcome.CREATED or not not_yet_refunded(back.totals, refunded_before(done)):
            return reported


async def _refund_next(back: Returns, refunds: MakesRefunds, port: ShopPort) -> Reported:
    """Makes one refund. Where the shop raises its own stock, scrapped pieces have one of their own that raises none."""
    order = await port.read(ORDER_STATE, lambda: refunds.order_state(port.source_id))
    if order is None:
        await _never_refund(back, "gone", await port.intents(Kind.REFUND), port)
        return Reported(Outcome.SKIPPED, None, "gone", f"The {port.noun} has deleted the order", acknowledge=back.acknowledge)
    already = await port.read(REFUNDS, lambda: refunds.refunds(port.source_id))
    await _find_unknown(already, port)
    done = await port.intents(Kind.REFUND)
    fresh = not_yet_refunded(back.totals, refunded_before(done))
    if not fresh:
        return Reported(Outcome.UPDATED, None, acknowledge=back.acknowledge)
    totals, restock = back.totals, port.returns.restock
    scrapped = scrapped_now(fresh, back, done)
    if restock and scrapped and scrapped != fresh:
        totals = {row: pieces - scrapped.get(row, Decimal(0)) for row, pieces in back.totals.items()}
        fresh = {row: more for row, pieces in fresh.items() if (more := pieces - scrapped.get(row, Decimal(0))) > 0}
        scrapped = {}
    plan = refunds.plan_refund(order, {row: int(pieces) for row, pieces in fresh.items()}, already)
    if plan.problems:
        return held_report(plan.problems[0])
    reference = _reference(totals, port)
    request = RefundRequest(reference, port.returns.reason, plan.lines, port.returns.api_refund, restock and not scrapped)
    return await _refund(request, replace(back, totals=totals), scrapped, refunds, port)


def scrapped_now(fresh: Pieces, back: Returns, done: Mapping[str, Intent]) -> dict[str, Decimal]:
    """What of the fresh pieces was scrapped, beside what was refunded as scrapped before."""
    before: dict[str, Decimal] = {}
    for intent in done.values():
        for row, pieces in intent.request.get("scrapped", {}).items() if intent.remote_id is not None else ():
            before[row] = before.get(row, Decimal(0)) + Decimal(pieces)
    left = {row: min(fresh.get(row, Decimal(0)), pieces - before.get(row, Decimal(0))) for row, pieces in back.scrapped.items()}
    return {row: pieces for row, pieces in left.items() if pieces > 0}


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


async def _never_refund(back: Returns, why: str, done: Mapping[str, Intent], port: ShopPort) -> None:
    """Stores that these are never refunded here."""
    key = f"{why} {_reference(back.totals, port)}"
    await port.intend(Kind.REFUND, key, settled_request(back, done))
    await port.done(Kind.REFUND, key, why)


def settled_request(back: Returns, done: Mapping[str, Intent]) -> dict[str, Any]:
    """What is stored of goods that a person, or nobody, refunds."""
    fresh = not_yet_refunded(back.totals, refunded_before(done))
    return {"pieces": as_text(back.totals), "scrapped": as_text(scrapped_now(fresh, back, done))}


async def _find_unknown(already: Sequence[RefundSeen], port: ShopPort) -> None:
    """Finds refunds whose answer we never saw. More may have come back since: its goods would be refunded twice."""
    for intent in (await port.intents(Kind.REFUND)).values():
        if intent.remote_id is None and (there := find_refund(already, intent.key)) is not None:
            await port.done(Kind.REFUND, intent.key, there.id)


def _reference(totals: Pieces, port: ShopPort) -> str:
    """A reference that is the same for the same goods, however often the refund is tried."""
    digest = hashlib.sha256(repr(sorted(as_text(totals).items())).encode()).hexdigest()[:8]
    return f"R-{port.source_id}-{digest}"


async def _refund(request: RefundRequest, back: Returns, scrapped: Pieces, refunds: MakesRefunds, port: ShopPort) -> Reported:
    said: dict[str, Any] = {
        "reference": request.reference,
        "amount": str(request.amount),
        "lines": [{"line": line.line_id, "quantity": line.quantity, "total": str(line.total)} for line in request.lines],
        "pieces": as_text(back.totals),
        **({"scrapped": as_text(scrapped)} if scrapped else {}),
    }
    await port.intend(Kind.REFUND, request.reference, said)
    try:
        refund_id = await port.write(REFUND, said, lambda: refunds.refund(port.source_id, request))
    except Refused as refusal:
        return held_report(_refused(refusal, port.noun))
    await port.done(Kind.REFUND, request.reference, refund_id)
    return Reported(Outcome.CREATED, None, acknowledge=back.acknowledge)


def _given(noun: str) -> str:
    return f"Goods came back. The {noun} makes no refunds over its API: refund them there"


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
