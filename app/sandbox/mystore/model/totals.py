"""The rows under an order: subtotal, freight, VAT and total. Prices are without VAT, values with it (the vendor's own sample)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.sandbox.mystore.wire.resource import Resource

CENT = Decimal("0.01")
FREIGHT_RATE = Decimal(25)
Row = dict[str, object]


def rows_of(lines: Sequence[Resource], freight: Decimal) -> list[Row]:
    """`freight` is without VAT."""
    vat: dict[Decimal, Decimal] = defaultdict(Decimal)
    net = Decimal(0)
    for line in lines:
        price = Decimal(str(line["final_price"] or 0)) * line["quantity"]
        net += price
        rate = Decimal(str(line["tax_rate"] or 0))
        vat[rate] += _part(price, rate)
    goods = net + sum(vat.values())
    rows = [_row("Sub-Total:", "ot_subtotal", 10, goods, net)]
    if freight:
        with_tax = freight + _part(freight, FREIGHT_RATE)
        vat[FREIGHT_RATE] += with_tax - freight
        rows.append({**_row("Frakt:", "ot_shipping", 20, with_tax, freight), "tax_rate": "25", "order_total_type": "line"})
    rows += [_row(f"Herav {rate:g}% mva:", "ot_tax", 40, amount, amount) for rate, amount in sorted(vat.items()) if amount]
    total = net + freight + sum(vat.values())
    return [*rows, _row("Totalsum:", "ot_total", 50, total, net + freight)]


def _part(amount: Decimal, percent: Decimal) -> Decimal:
    return (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)


def _row(title: str, kind: str, sort: int, value: Decimal, without_tax: Decimal) -> Row:
    value, without_tax = value.quantize(CENT, ROUND_HALF_UP), without_tax.quantize(CENT, ROUND_HALF_UP)
    return {
        "title": title, "text": f"{value:.2f}".replace(".", ","), "value": float(value), "value_without_tax": float(without_tax),
        "sort": sort, "tax_rate": "", "class": kind, "order_total_type": "total",
    }  # fmt: skip
