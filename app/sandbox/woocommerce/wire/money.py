"""Amounts are kept as text with up to six decimals, and shown with as many as were asked for (two)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

KEPT = Decimal("0.000001")
CENT = Decimal("0.01")


def decimal(value: Any) -> Decimal:
    """Whatever stands for an amount; 0 when it is none, as the shop has it."""
    try:
        found = Decimal(str(value).strip() or "0")
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def kept(amount: Decimal) -> Decimal:
    """Six decimals, the shop's inner precision."""
    return amount.quantize(KEPT, ROUND_HALF_UP)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """An amount as it is stored: at least two decimals, at most six."""
    exact = kept(amount)
    rounded = cents(exact)
    return str(rounded if rounded == exact else exact)


def bare(amount: Decimal) -> str:
    """Without trailing zeros: coupon lines show `100`, not `100.00` (observed)."""
    return f"{cents(amount).normalize():f}"


def shown(stored: str, decimals: int) -> str:
    """`stored` with `decimals` decimals; empty text stays empty."""
    if not stored or (decimals == 2 and stored[-3:-2] == "."):
        return stored
    return str(Decimal(stored).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
