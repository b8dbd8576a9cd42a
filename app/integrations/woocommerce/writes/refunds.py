"""Returned goods as refunds. Observed on WooCommerce 11.0.1.

`amount` is with tax, and it counts. A line's `refund_total` is without tax; its taxes are given by rate. `api_refund` and
`api_restock` are true when they are left out, so both are always sent. A refusal comes as 500 and is final.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.domain import Problem
from app.errors import Malformed, Refused
from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import RefundLine, RefundPlan, RefundRequest, RefundSeen, ShopOrderLine, ShopOrderState
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.rest.resources import meta
from app.integrations.woocommerce.shop import Shop
from app.integrations.woocommerce.writes.shipments import amount, tax_amounts, written_id
from app.json_reading import Body, number, objects, text

_CENT = Decimal("0.01")
_LOOK = "compare the return with the order in the shop, and refund it there by hand"


class Refunds(Shop):
    """Implements `MakesRefunds`."""

    async def refunds(self, source_id: str) -> tuple[RefundSeen, ...]:
        """Reads one page. An order has fewer refunds than that."""
        listed = await self._calls.listed(f"orders/{part(source_id)}/refunds", [("per_page", "100")])
        return tuple(refund_seen(each) for each in listed)

    def plan_refund(self, order: ShopOrderState, returned: Mapping[str, int], already: Sequence[RefundSeen]) -> RefundPlan:
        return refund_plan(order, returned, already)

    async def refund(self, source_id: str, request: RefundRequest) -> str:
        """Raises Refused for what the shop will never do. Raises Malformed when it entered another amount than was asked for."""
        path = f"orders/{part(source_id)}/refunds"
        if not self._version.makes_refunds:
            message = f"the shop's REST API ({self._version.name}) cannot refund single lines with their taxes"
            raise Refused(message, system=SYSTEM, call=f"POST {path}")
        made = await self._calls.write("POST", path, self._body(request))
        made_id = written_id(made.get("id"), f"POST {path}")
        if number(made.get("amount")) != request.amount:
            message = f"refund {made_id} has {text(made, 'amount')} instead of {_money(request.amount)}"
            raise Malformed(message, system=SYSTEM, call=f"POST {path}")
        return made_id

    def _body(self, request: RefundRequest) -> Record:
        lines: Any = [_listed_line(line) for line in request.lines]
        if not self._version.lists_refund_lines:
            lines = {line.line_id: _keyed_line(line) for line in request.lines}
        restock = {"api_restock": request.restock} if self._version.chooses_restock else {}
        return {
            "amount": _money(request.amount),
            "reason": request.text,
            "api_refund": request.api_refund,
            **restock,
            "line_items": lines,
        }


def _listed_line(line: RefundLine) -> Record:
    taxes = [{"id": int(rate), "refund_total": float(tax)} for rate, tax in line.taxes.items()]
    return {"id": int(line.line_id), "quantity": line.quantity, "refund_total": float(line.amount), "refund_tax": taxes}


def _keyed_line(line: RefundLine) -> Record:
    """As `wc_create_refund` takes it, which REST APIs before WooCommerce 5.1 hand their lines to (its source; not run)."""
    taxes = {rate: float(tax) for rate, tax in line.taxes.items()}
    return {"qty": line.quantity, "refund_total": float(line.amount), "refund_tax": taxes}


def _money(value: Decimal) -> str:
    return f"{value.quantize(_CENT, ROUND_HALF_UP)}"


def refund_seen(body: Body) -> RefundSeen:
    """A refund as it is listed: quantities and totals of its lines are negative there, `amount` is not."""
    lines = (_line_seen(each) for each in objects(body, "line_items"))
    return RefundSeen(
        text(body, "id"), text(body, "reason"), abs(amount(body.get("amount"))), tuple(line for line in lines if line.line_id)
    )


def _line_seen(body: Body) -> RefundLine:
    taxes = {rate: abs(tax) for rate, tax in tax_amounts(body).items()}
    quantity = abs(int(number(body.get("quantity")) or 0))
    return RefundLine(meta(body, "_refunded_item_id"), quantity, abs(amount(body.get("total"))), taxes)


# --- what goes back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Left:
    """What of a line has not been refunded."""

    quantity: int
    amount: Decimal
    taxes: Mapping[str, Decimal]


def refund_plan(order: ShopOrderState, returned: Mapping[str, int], already: Sequence[RefundSeen]) -> RefundPlan:
    """Each returned piece's share of what its line has left, in amount and every tax; the last piece takes the rest.

    So the parts of a line add up to it whatever was rounded before. Pure.
    """
    lines = {line.line_id: line for line in order.lines}
    parts: list[RefundLine] = []
    problems: list[Problem] = []
    for line_id, pieces in returned.items():
        if pieces <= 0:
            continue
        if line_id not in lines:
            problems.append(_problem("return-line-unknown", line_id, f"the order has no line {line_id}"))
            continue
        left = _left(lines[line_id], already)
        if pieces > left.quantity:
            message = f"{pieces} pieces of line {line_id} came back, and {left.quantity} are left to refund"
            problems.append(_problem("returned-more-than-sold", line_id, message))
            continue
        parts.append(_part(line_id, pieces, left))
    problems += _too_much(order, parts, already)
    return RefundPlan(tuple(parts), tuple(problems))


def _left(line: ShopOrderLine, already: Sequence[RefundSeen]) -> _Left:
    before = [part for refund in already for part in refund.lines if part.line_id == line.line_id]
    taxes = {
        rate: max(Decimal(0), tax - sum((part.taxes.get(rate, Decimal(0)) for part in before), Decimal(0)))
        for rate, tax in line.taxes.items()
    }
    return _Left(
        max(0, line.quantity - sum(part.quantity for part in before)),
        max(Decimal(0), line.total - sum((part.amount for part in before), Decimal(0))),
        taxes,
    )


def _part(line_id: str, pieces: int, left: _Left) -> RefundLine:
    def share(value: Decimal) -> Decimal:
        if pieces == left.quantity:
            return value
        return (value * pieces / left.quantity).quantize(_CENT, ROUND_HALF_UP)

    return RefundLine(line_id, pieces, share(left.amount), {rate: share(tax) for rate, tax in left.taxes.items() if tax})


def _too_much(order: ShopOrderState, parts: Sequence[RefundLine], already: Sequence[RefundSeen]) -> list[Problem]:
    """A refund without lines (a compensation) lowers what is left of the order, not of any line."""
    rest = order.total - sum((refund.amount for refund in already), Decimal(0))
    wanted = sum((part.total for part in parts), Decimal(0))
    if wanted <= rest:
        return []
    message = f"{_money(wanted)} {order.currency} would be refunded, and {_money(rest)} of the order are left"
    return [Problem("refund-exceeds-order", "refunds", message, _LOOK)]


def _problem(code: str, line_id: str, message: str) -> Problem:
    return Problem(code, f"line_items[{line_id}]", message, _LOOK)
