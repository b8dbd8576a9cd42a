"""VAT rates as people write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def rate_of(text: str) -> Decimal | None:
    """In per cent: 25, 25.00 and 25,0 % are one rate. None for what is no rate from 0 to 100."""
    try:
        rate = Decimal(text.strip().rstrip("%").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and 0 <= rate <= 100 else None
