"""The VAT code of an order line, by its rate. Requirement: Ongoing WMS, customs (`vat.code`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.integrations.protocol.carriers.vat import rate_of


def line_extras(rate: Decimal | None, codes: Mapping[str, str], mapped: Mapping[str, Any]) -> dict[str, Any]:
    """Further fields of a line: the code of its rate in per cent, and what is `mapped`, which goes before it.

    A rate that is not known, or that has no code, gives none: the WMS's codes are its own.
    """
    code = None if rate is None else next((code for given, code in codes.items() if rate_of(given) == rate), None)
    found = {} if not code or rate is None else {"vat.code": code, "vat.percent": format(rate.normalize(), "f")}
    return {**found, **mapped}
