"""The table of refunds, and how one is entered in its order (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.wire.meta import merge_meta
from app.sandbox.woocommerce.wire.money import decimal, text
from app.sandbox.woocommerce.wire.php import number, to_int

Resource = dict[str, Any]
# Line, pieces, amount without tax, tax.
RefundLine = tuple[Resource, int, Decimal, Decimal]


class Refunds(dict[int, list[Resource]]):
    """The refunds of each order, newest first."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site

    def refund_rest(self, order: Resource) -> None:
        """The refund the shop makes by itself when the status is set to refunded: all that is left, without lines. Nothing is
        restocked."""
        if rest := remaining(order):
            self.book(order, rest, "Order fully refunded.", [])

    def book(self, order: Resource, amount: Decimal, reason: str, lines: list[RefundLine]) -> Resource:
        """Enters a refund in the order; the caller stores the order."""
        refund: Resource = {"id": self._site.next_id()}
        self._site.stamp(refund, "date_created")
        kind = "full" if amount == remaining(order) else "partial"
        tax = sum((part[3] for part in lines), Decimal(0))
        refund.update(
            amount=text(amount), reason=reason, refunded_by=1, refunded_payment=False,
            meta_data=[{"id": self._site.next_meta_id(), "key": "_refund_type", "value": kind}],
            line_items=[self._line(*part) for part in lines], shipping_lines=[],
            tax_lines=self._tax_lines(order, lines), fee_lines=[],
        )  # fmt: skip
        total = {"id": refund["id"], "reason": reason, "total": text(-amount), "total_tax": text(-tax if tax else Decimal(0))}
        order["refunds"].insert(0, total)
        self.setdefault(order["id"], []).insert(0, refund)
        return refund

    def _line(self, line: Resource, pieces: int, goods: Decimal, tax: Decimal) -> Resource:
        """A refunded line: quantity and amounts are negative, the price is not."""
        minus, minus_tax = text(-goods), text(-tax if tax else Decimal(0))
        meta: list[Resource] = []
        merge_meta(meta, [{"key": "_refunded_item_id", "value": line["id"]}], self._site.next_meta_id, shows=True)
        taxes = [{"id": part["id"], "total": minus_tax, "subtotal": minus_tax} for part in line["taxes"]] if tax else []
        return {
            **line, "id": self._site.next_item_id(), "quantity": -pieces, "subtotal": minus, "subtotal_tax": minus_tax,
            "total": minus, "total_tax": minus_tax, "taxes": taxes, "meta_data": meta,
            "price": number(float(goods / pieces)) if pieces else 0,
        }  # fmt: skip

    def _tax_lines(self, order: Resource, lines: list[RefundLine]) -> list[Resource]:
        taxes: dict[int, Decimal] = {}
        for line, _, _, tax in lines:
            for part in line["taxes"]:
                taxes[part["id"]] = taxes.get(part["id"], Decimal(0)) + tax
        return [
            {
                **line, "id": self._site.next_item_id(), "tax_total": text(-taxes[line["rate_id"]]),
                "shipping_tax_total": "0.00",
            }
            for line in order["tax_lines"]
            if taxes.get(to_int(line["rate_id"]))
        ]  # fmt: skip


def remaining(order: Resource) -> Decimal:
    """What has not been refunded yet, with tax."""
    return decimal(order["total"]) + sum((decimal(refund["total"]) for refund in order["refunds"]), Decimal(0))


def chosen_lines(order: Resource, given: list[Resource]) -> list[RefundLine]:
    """(line, pieces, amount without tax, tax) for each line that is refunded."""
    lines = {line["id"]: line for line in order["line_items"]}
    return [
        (
            lines[part["id"]],
            part.get("quantity") or 0,
            decimal(part.get("refund_total")) if part.get("refund_total") is not None else Decimal(0),
            sum((decimal(tax.get("refund_total", 0)) for tax in part.get("refund_tax") or []), Decimal(0)),
        )
        for part in given
        if part.get("id") in lines
    ]
