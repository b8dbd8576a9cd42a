"""The VAT code of an order line, by its rate. Requirement: Ongoing WMS, customs (`vat.code`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def line_extras(rate: Decimal | None, codes: Mapping[str, str], mapped: Mapping[str, Any]) -> dict[str, Any]:
    """Further fields of a line: the code of its rate in per cent, and what is `mapped`, which goes before it.

    A rate that is not known, or that has no code, gives none: the WMS's codes are its own.
    """
    code = None if rate is None else next((code for given, code in codes.items() if _same(given, rate)), None)
    found = {} if not code or rate is None else {"vat.code": code, "vat.percent": format(rate.normalize(), "f")}
    return {**found, **mapped}


def _same(given: str, rate: Decimal) -> bool:
    """25, 25.00 and 25,0 are one rate."""
    try:
        return Decimal(given.strip().rstrip("%").strip().replace(",", ".")) == rate
    except ArithmeticError:
        return False
