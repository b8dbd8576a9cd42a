"""Orders: how they are placed, edited and given a status, and what each of that does to goods and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.sandbox.mystore.config import Way
from app.sandbox.mystore.model.catalogue import Catalogue
from app.sandbox.mystore.model.site import Site
from app.sandbox.mystore.model.totals import rows_of
from app.sandbox.mystore.wire.documents import Written
from app.sandbox.mystore.wire.kinds import ADDRESSES
from app.sandbox.mystore.wire.refusals import wrong_value
from app.sandbox.mystore.wire.resource import Resource

KARI = {
    "name": "Kari Nordmann", "company": None, "address": "Storgata 1", "zipcode": "0155", "city": "Oslo", "state": None,
    "country": "Norway",
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    **{f"{prefix}_address_{part}": value for prefix in ADDRESSES for part, value in KARI.items()},
    "customer_address_phone": "90000000", "customer_address_email": "kari@example.no", "currency_value": 1,
    "payment_method": "Klarna", "payment_module": "klarna", "shipping_method": "servicepakke_servicepakke",
}  # fmt: skip
LINE_PARTS = ("name", "sku", "quantity", "original_price", "price", "final_price", "tax_rate")

Line = Mapping[str, Any]
"""A line to place: `sku`, `quantity`, and where they differ from the product's `name`, `price`, `final_price`, `tax_rate`, and
`options` (`{"Farge": "Rød"}`) for a line that is no variant."""


class Orders:
    """The shop's orders with their lines, totals and log."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        self._site = site
        self._catalogue = catalogue
        self._tables = site.tables

    # What people do in the shop's own pages

    def place(self, lines: Sequence[Line], freight: float = 0, status: int | str | None = None, **attributes: Any) -> Resource:
        """A customer's order. Goods are reserved, the order is announced."""
        self._site.check_names("orders", attributes)
        now, email = self._site.now(), attributes.get("customer_address_email", DEFAULTS["customer_address_email"])
        customer = self._tables["customers"].having("email", email) or self._tables["customers"].add(
            {"email": email, "name": attributes.get("customer_address_name", KARI["name"]), "created_at": now}
        )
        order = self._tables["orders"].add(
            {**DEFAULTS, "currency": self._site.config.currency, **attributes, "created_at": now, "updated_at": now},
            {"customer": customer.id, "order-status": self._chosen(status)},
        )
        order.attributes.update(freight=freight, goods="reserved")
        for line in lines:
            self._add_line(order, line)
        self._total(order)
        self._log(order, "")
        self._site.announce("create", order)
        return order

    def edit(
        self, order_id: int, quantities: Mapping[int, int | None] | None = None, more: Sequence[Line] = (), **attributes: Any
    ) -> Resource:
        """`quantities` by the id of the line; None takes the line off. Goods follow, the order is announced."""
        self._site.check_names("orders", attributes)
        order = self._tables["orders"].find(order_id)
        for line_id, quantity in (quantities or {}).items():
            self._edit_line(order, self._tables["order-products"].find(line_id), quantity)
        for line in more:
            self._add_line(order, line)
        order.attributes.update(attributes)
        self._total(order)
        self._site.touched(order)
        return order

    def set_status(self, order_id: int, status: int | str, comments: str = "", *, captures: bool = True) -> Resource:
        """On the order's page. `captures` False is the edit view, which does not capture payment."""
        order = self._tables["orders"].find(order_id)
        if self._moved(order, self._chosen(status), "panel") and captures:
            self._capture(order)
        self._log(order, comments)
        self._site.touched(order)
        return order

    def delete(self, order_id: int) -> None:
        """The order and everything of it are gone."""
        order = self._tables["orders"].find(order_id)
        self._site.announce("delete", order)
        self._release(order)
        for kind in ("order-product-attributes", "order-products", "order-totals", "order-status-history", "order-tags"):
            for one in self._tables[kind].of("order", order_id):
                self._tables[kind].remove(one)
        self._tables["orders"].remove(order)

    def lines(self, order_id: int) -> list[Resource]:
        return self._tables["order-products"].of("order", order_id)

    # What is written over the API

    def create(self, written: Written) -> Resource:
        """`POST /orders`: the header alone."""
        now = self._site.now()
        related = {"order-status": self._site.status(role="standard").id, **written.related}
        order = self._tables["orders"].add({**written.attributes, "created_at": now, "updated_at": now}, related)
        order.attributes.update(freight=0)
        self._site.announce("create", order)
        return order

    def add_part(self, kind: str, written: Written) -> Resource:
        """`POST /order-products`, `/order-totals` and the like. Goods are left alone."""
        order = self._order_of(written)
        if kind == "order-products":
            written.attributes.setdefault("quantity", 1)
        made = self._tables[kind].add(written.attributes, dict(written.related))
        self._site.touched(order)
        return made

    def write_line(self, line: Resource, written: Written) -> None:
        """`PATCH /order-products/ID` changes what was bought."""
        line.attributes.update(written.attributes)
        order = self._tables["orders"].find(line.one("order") or 0)
        self._total(order)
        self._site.touched(order)

    def write(self, order: Resource, written: Written) -> None:
        """`PATCH /orders/ID`. Raises Refused (422)."""
        attributes, related = dict(written.attributes), dict(written.related)
        status = related.pop("order-status", None)
        self._check_tracking(attributes)
        if status is not None:
            self.set_by(order, int(str(status)), "order", announce=False)
        order.attributes.update(attributes)
        self._tables["orders"].relate(order, related)
        self._site.touched(order)

    def write_history(self, written: Written) -> Resource:
        """`POST /order-status-history`. Raises Refused (422)."""
        order = self._order_of(written)
        status = written.related.get("order-status")
        if isinstance(status, int) and status != order.one("order-status"):
            self.set_by(order, status, "history", announce=False)
        related = {"order": order.id, "order-status": status if status is not None else order.one("order-status")}
        made = self._tables["order-status-history"].add(
            {"comments": written.attributes.get("comments"), "created_at": self._site.now()}, related
        )
        self._site.touched(order)
        return made

    def complete(self, order: Resource) -> None:
        """`PATCH /orders/ID/complete`. Raises Refused (422)."""
        self.set_by(order, self._site.status(role="completed").id, "complete")

    def set_by(self, order: Resource, status_id: int, way: Way, *, announce: bool = True) -> None:
        """A status written in one of the ways that there are (A13). Raises Refused (422) where the way is refused."""
        config = self._site.config
        if way in config.status_refused:
            raise wrong_value("The order status cannot be set here")
        if way in config.status_takes and self._moved(order, status_id, way) and way in config.captures:
            self._capture(order)
        if announce:
            self._site.touched(order)

    def _check_tracking(self, attributes: dict[str, Any]) -> None:
        """Takes the number off what is written where the shop ignores it (A15)."""
        config = self._site.config
        number = attributes.get("tracking_number")
        if number is None:
            return
        if config.tracking == "refuses" or len(number) > config.tracking_length:
            raise wrong_value("The attribute tracking_number is invalid")
        if config.tracking == "ignores":
            del attributes["tracking_number"]

    # Status

    def _chosen(self, status: int | str | None) -> int:
        return self._site.status(role="standard").id if status is None else self._site.status(status).id

    def _moved(self, order: Resource, status_id: int, way: Way) -> bool:
        """Gives the order its status, moves the goods, and says whether it was completed by that."""
        self._tables["orders"].relate(order, {"order-status": status_id})
        role = self._site.role_of(status_id)
        if role == "completed":
            self._ship(order)
        elif role == "cancelled":
            self._release(order)
        return role == "completed"

    def _capture(self, order: Resource) -> None:
        if order["finished_at"] is None:
            order.attributes["finished_at"] = self._site.now()

    def _ship(self, order: Resource) -> None:
        if order["goods"] == "reserved":
            for line in self.lines(order.id):
                self._site.stock.ship(line)
            order.attributes["goods"] = "shipped"

    def _release(self, order: Resource) -> None:
        if order["goods"] == "reserved":
            for line in self.lines(order.id):
                self._site.stock.take(line, -line["quantity"])
            order.attributes["goods"] = "released"

    def _log(self, order: Resource, comments: str) -> None:
        related = {"order": order.id, "order-status": order.one("order-status")}
        self._tables["order-status-history"].add({"comments": comments, "created_at": self._site.now()}, dict(related))

    def _order_of(self, written: Written) -> Resource:
        order_id = written.related.get("order")
        if not isinstance(order_id, int):
            raise wrong_value("The relationship order is missing")
        return self._tables["orders"].find(order_id)

    # Lines

    def _add_line(self, order: Resource, given: Line) -> None:
        if unknown := set(given) - {*LINE_PARTS, "options"}:
            raise TypeError(f"a line has no {min(unknown)}")
        sold = self._catalogue.with_sku(given["sku"]) if given.get("sku") else None
        variant = sold if sold is not None and sold.kind == "product-variants" else None
        product = self._tables["products"].get(variant.one("product")) if variant else sold
        price = given.get("price", product["price"] if product else 0)
        name = self._text(product["name"]) if product else given.get("sku")
        attributes = {
            "name": name, "quantity": 1, "original_price": price, "price": price, "final_price": price, "tax_rate": 25,
            **{part: given[part] for part in LINE_PARTS if part in given},
        }  # fmt: skip
        related = {"order": order.id, "product": product.id if product else None, "variant": variant.id if variant else None}
        line = self._tables["order-products"].add(attributes, dict(related))
        self._add_options(order, line, variant, given.get("options", {}))
        if order["goods"] == "reserved":
            self._site.stock.take(line, line["quantity"])

    def _add_options(self, order: Resource, line: Resource, variant: Resource | None, options: Mapping[str, str]) -> None:
        """The variant's options with the names they have now, and those that were only typed."""
        for one in self._catalogue.options_of(variant) if variant else ():
            ids = {name: one.one(name) for name in ("product-option", "product-option-value")}
            names = [self._text(self._tables[f"{kind}s"].find(found or 0)["name"]) for kind, found in ids.items()]
            self._add_option(order, line, (names[0], names[1]), ids)
        for name, value in options.items():
            self._add_option(order, line, (name, value), {})

    def _add_option(self, order: Resource, line: Resource, names: tuple[str, str], ids: Mapping[str, int | None]) -> None:
        self._tables["order-product-attributes"].add(
            {"option_name": names[0], "option_value_name": names[1], "option_values_price": 0,
             "option_values_price_prefix": "+", "track_stock": 1},
            {"order": order.id, "order-product": line.id, **ids},
        )  # fmt: skip

    def _edit_line(self, order: Resource, line: Resource, quantity: int | None) -> None:
        if order["goods"] == "reserved":
            self._site.stock.take(line, (quantity or 0) - line["quantity"])
        if quantity is not None:
            line.attributes["quantity"] = quantity
            return
        for one in self._tables["order-product-attributes"].of("order-product", line.id):
            self._tables["order-product-attributes"].remove(one)
        self._tables["order-products"].remove(line)

    def _total(self, order: Resource) -> None:
        """The rows under the order are made anew."""
        totals = self._tables["order-totals"]
        for one in totals.of("order", order.id):
            totals.remove(one)
        rows = rows_of(self.lines(order.id), Decimal(str(order["freight"])))
        for row in rows:
            totals.add(dict(row), {"order": order.id})
        order.attributes["total_price"] = rows[-1]["value"]

    def _text(self, name: dict[str, str]) -> str:
        return name.get(self._site.config.default_language) or next(iter(name.values()))
