"""The orders of a simulated shop: placed, edited, blocked, deleted, and written by callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.sandbox.nettbutikk24.model.catalogue import Catalogue
from app.sandbox.nettbutikk24.model.customers import Customers
from app.sandbox.nettbutikk24.model.site import Site, entered
from app.sandbox.nettbutikk24.wire.kinds import LINE, ORDER
from app.sandbox.nettbutikk24.wire.records import Line, Order, Variant
from app.sandbox.nettbutikk24.wire.values import kept
from app.sandbox.nettbutikk24.wire.views import unique_id_of

Wanted = Mapping[str, Any]
"""A line to order: `{"article_no" or "unique_product_id", "quantity": 1, "unit_price", "discount", …}`.

A `unique_product_id` that the shop lacks stands for a product that was taken away; it needs `unit_price`.
"""

_MADE = ("order_no", "customer_id", "deleted", "total_amount_gross", "total_vat")
_MADE_OF_LINE = ("id", "order_no", "attributes", "total_amount_gross", "total_vat")
_DEFAULTS = {
    "payment_method_id": 2, "payment_method": "Kort", "payment_addition": "0", "shipping_method": 3,
    "shipping_method_text": "Posten – hentested", "shipping_costs": "0", "shipping_svalbard": "0", "vat": "25",
    "addition_vat": "25", "effected": "0", "paid": "1", "deleted": "0", "blocked": "0", "tripletex_sent": "0", "rest": "0",
    "currency": "NOK", "exchange_rate": "1",
}  # fmt: skip
_LINE_DEFAULTS = {"quantity": 1, "discount": 0, "vat": 25, "extra_price": 0, "blocked": "0", "sent": "0", "quantity_sent": 0}
CENT = Decimal("0.01")


class Orders:
    """By order number."""

    def __init__(self, site: Site, catalogue: Catalogue, customers: Customers) -> None:
        self._site = site
        self._catalogue = catalogue
        self._customers = customers
        self.all: dict[int, Order] = {}

    # What people do

    def place(self, lines: Sequence[Wanted], customer_id: int | None = None, **fields: Any) -> Order:
        """A new customer buys, when none is named. Raises KeyError, TypeError or ValueError."""
        site = self._site
        made = {"status": site.config.statuses[0], "order_date": site.today(), "order_time": site.time()}
        values = entered({**_DEFAULTS, **made, **fields}, ORDER, without=set(_MADE) - {"deleted"})
        values["customer_id"] = self._customers.add().key if customer_id is None else self._customers.all[customer_id].key
        order = Order(site.next_id("orders"), values, site.now(), [self._line(one) for one in lines])
        for line in order.lines:
            self._sell(line, line.quantity)
        self._add_up(order)
        self.all[order.key] = order
        return order

    def edit(
        self, order_no: int, quantities: Mapping[int, Any] | None = None, more: Sequence[Wanted] = (), **fields: Any
    ) -> Order:
        """`quantities` by the id of the line; None takes the line off. Raises KeyError, TypeError or ValueError."""
        order = self.all[order_no]
        order.values.update(entered(fields, ORDER, without=_MADE))
        for line_id, quantity in (quantities or {}).items():
            self._change_quantity(order, self.line(order, line_id), quantity)
        for one in more:
            order.lines.append(self._line(one))
            self._sell(order.lines[-1], order.lines[-1].quantity)
        self._add_up(order)
        order.modified = self._site.now()
        return order

    def edit_line(self, order_no: int, line_id: int, **fields: Any) -> Order:
        """Anything but the quantity. Raises KeyError, TypeError or ValueError."""
        order = self.all[order_no]
        self.line(order, line_id).values.update(entered(fields, LINE, without=(*_MADE_OF_LINE, "quantity")))
        self._add_up(order)
        order.modified = self._site.now()
        return order

    def delete(self, order_no: int, by: str) -> Order:
        """It is marked as deleted, and its goods come back."""
        order = self.all[order_no]
        if not order.is_deleted:
            for line in order.lines:
                self._sell(line, -line.quantity)
        order.values.update(deleted=True, deletion_date=self._site.today(), deleted_by=by)
        order.modified = self._site.now()
        return order

    # What callers do

    def write(self, order: Order, values: Mapping[str, Any]) -> None:
        """Members of a PATCH, read already."""
        order.values.update(values)
        order.modified = self._site.now()

    def write_line(self, order: Order, line: Line, values: Mapping[str, Any]) -> None:
        line.values.update(values)
        if self._site.config.sent_fills_quantity and values.get("sent") and "quantity_sent" not in values:
            line.values["quantity_sent"] = line.quantity
        if self._site.config.line_touches_order:
            order.modified = self._site.now()

    def visible(self) -> list[Order]:
        """Those that the API shows."""
        is_listed = self._site.config.deleted_orders == "listed"
        return [order for order in self.all.values() if is_listed or not order.is_deleted]

    def line(self, order: Order, line_id: int) -> Line:
        """Raises KeyError."""
        for line in order.lines:
            if line.id == line_id:
                return line
        raise KeyError(f"order {order.key} has no line {line_id}")

    # Lines

    def _line(self, wanted: Wanted) -> Line:
        variant = self._wanted(wanted)
        product = {} if variant is None else _of_variant(variant)
        given = {name: value for name, value in wanted.items() if name != "article_no"}
        values = entered({**_LINE_DEFAULTS, **product, **given}, LINE, without=_MADE_OF_LINE)
        if variant is not None:
            values.update(product_id=variant.product.key, unique_product_id=unique_id_of(variant, self._site.config))
            values["attributes"] = dict(variant.options) or None
        if values.get("unit_price") is None:
            raise ValueError("a line needs a unit_price")
        return Line(self._site.next_id("lines"), values)

    def _wanted(self, wanted: Wanted) -> Variant | None:
        if (article_no := wanted.get("article_no")) is not None:
            variant = self._catalogue.with_article_no(article_no)
            if variant is None:
                raise KeyError(f"there is no article {article_no}")
            return variant
        return self._catalogue.variants.get(int(wanted.get("unique_product_id") or 0))

    def _change_quantity(self, order: Order, line: Line, quantity: Any) -> None:
        new = kept("quantity", 0 if quantity is None else quantity)
        self._sell(line, new - line.quantity)
        line.values["quantity"] = new
        if quantity is None:
            order.lines.remove(line)

    def _sell(self, line: Line, quantity: Decimal) -> None:
        product_id, unique_id = line.values.get("product_id"), line.values.get("unique_product_id")
        if unique_id is None and product_id is not None:
            unique_id = next((one.key for one in self._catalogue.of_product(product_id)), None)
        self._catalogue.move_stock(unique_id, -quantity)

    # Sums

    def _add_up(self, order: Order) -> None:
        """Totals with VAT; the shipping costs bear the VAT of additions."""
        for line in order.lines:
            net = line.quantity * line.values["unit_price"] - line.values["discount"]
            line.values["total_amount_gross"], line.values["total_vat"] = self._with_vat(net, line.values["vat"])
        added = sum((order.values[name] or Decimal() for name in ("shipping_costs", "payment_addition")), Decimal())
        gross, vat = self._with_vat(added, order.values["addition_vat"] or Decimal())
        order.values["total_amount_gross"] = sum((one.values["total_amount_gross"] for one in order.lines), gross)
        order.values["total_vat"] = sum((one.values["total_vat"] for one in order.lines), vat)

    def _with_vat(self, amount: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
        """The amount with VAT, and the VAT in it."""
        gross = amount if self._site.config.prices_include_vat else amount * (100 + rate) / 100
        return _to_cents(gross), _to_cents(gross * rate / (100 + rate))


def _of_variant(variant: Variant) -> dict[str, Any]:
    """What a line takes over from what is sold."""
    values = variant.merged
    return {
        "product_name": values.get("name"),
        "unit_price": values.get("sales_price") or values.get("price"),
        "vat": values.get("vat"),
    }


def _to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
