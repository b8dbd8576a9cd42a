"""Returns back to the shop: what came back is refunded line by line, each returned quantity once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain import Problem
from app.domain.shipment import Shipment
from app.errors import Refused
from app.flows.report import Acknowledge, Kind, ReportDesk, Reported, held_report
from app.flows.result import Outcome
from app.flows.shipments import ORDER_STATE
from app.integrations.protocol import RefundRequest, find_refund

REFUND = "POST shop refund"
REFUNDS = "GET shop refunds"


async def refund_returns(shipments: Sequence[Shipment], settled: Mapping[int, Decimal], desk: ReportDesk) -> Reported:
    """Refunds what has come back beyond `settled` (pieces by the WMS's line id that were refunded before).

    Raises RemoteError when a call failed in a way that is worth another try. requirement: WooCommerce returns.
    """
    fresh = _fresh(shipments, settled)
    if not fresh:
        return Reported(Outcome.UNCHANGED, None)
    uneven = [line for line, (_, pieces) in fresh.items() if pieces != pieces.to_integral_value()]
    if uneven:
        return held_report(_fraction(uneven))
    order = await desk.read(ORDER_STATE, lambda: desk.shop.order_state(desk.source_id))
    if order is None:
        return Reported(
            Outcome.SKIPPED, None, "gone", "The shop has deleted the order", acknowledge=_acknowledge(shipments, fresh)
        )
    already = await desk.read(REFUNDS, lambda: desk.refunds.refunds(desk.source_id))
    reference = _reference(shipments, fresh)
    if (there := find_refund(already, reference)) is not None:
        # A call of ours whose answer was lost.
        await desk.intend(Kind.REFUND, reference, {})
        await desk.done(Kind.REFUND, reference, there.id)
        return Reported(Outcome.UPDATED, None, acknowledge=_acknowledge(shipments, fresh))
    plan = desk.refunds.plan_refund(order, _by_row(fresh), already)
    if plan.problems:
        return held_report(plan.problems[0])
    return await _refund(
        RefundRequest(reference, desk.returns.reason, plan.lines, desk.returns.api_refund, desk.returns.restock),
        shipments,
        fresh,
        desk,
    )


Fresh = dict[int, tuple[str, Decimal]]
"""By the WMS's line id: the row number, and the pieces that have come back and were not refunded yet."""


def _fresh(shipments: Sequence[Shipment], settled: Mapping[int, Decimal]) -> Fresh:
    return {
        line.line_id: (line.row_number, line.returned - settled.get(line.line_id, Decimal(0)))
        for shipment in shipments
        for line in shipment.lines
        if line.returned > settled.get(line.line_id, Decimal(0))
    }


def _by_row(fresh: Fresh) -> dict[str, int]:
    pieces: dict[str, int] = {}
    for row, quantity in fresh.values():
        pieces[row] = pieces.get(row, 0) + int(quantity)
    return pieces


def _reference(shipments: Sequence[Shipment], fresh: Fresh) -> str:
    """The same for the same goods, however often this is tried: made of the lines' totals."""
    totals = sorted(
        (line.line_id, str(line.returned.normalize())) for each in shipments for line in each.lines if line.line_id in fresh
    )
    digest = hashlib.sha256(repr(totals).encode()).hexdigest()[:8]
    return f"R-{shipments[0].wms_order_id}-{digest}"


def _acknowledge(shipments: Sequence[Shipment], fresh: Fresh) -> tuple[Acknowledge, ...]:
    return tuple(
        Acknowledge("returned", shipment.wms_order_id, line.line_id, line.returned)
        for shipment in shipments
        for line in shipment.lines
        if line.line_id in fresh
    )


async def _refund(request: RefundRequest, shipments: Sequence[Shipment], fresh: Fresh, desk: ReportDesk) -> Reported:
    plain: dict[str, Any] = {
        "reference": request.reference,
        "amount": str(request.amount),
        "lines": [{"line": line.line_id, "quantity": line.quantity, "total": str(line.total)} for line in request.lines],
    }
    await desk.intend(Kind.REFUND, request.reference, plain)
    try:
        made = await desk.write(REFUND, plain, lambda: desk.refunds.refund(desk.source_id, request))
    except Refused as refusal:
        return held_report(_refused(refusal))
    await desk.done(Kind.REFUND, request.reference, made)
    return Reported(Outcome.CREATED, None, acknowledge=_acknowledge(shipments, fresh))


def _refused(refusal: Refused) -> Problem:
    return Problem(
        "refund-refused",
        "refund",
        f"The shop refused the refund: {refusal.message}",
        "Refund it in the shop by hand, then resolve it here; or correct what it names and release it",
    )


def _fraction(lines: Sequence[int]) -> Problem:
    return Problem(
        "returned-fraction",
        "lines",
        f"Part of a piece came back (WMS lines {', '.join(map(str, lines))})",
        "Refund it in the shop by hand",
    )
