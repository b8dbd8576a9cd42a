"""One simulated shop, and what a test or a demo does with it without going over HTTP."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox.kit.faults import Faults
from app.sandbox.kit.journal import Journal
from app.sandbox.nettbutikk24.config import Clock, NettbutikkConfig
from app.sandbox.nettbutikk24.model.catalogue import Catalogue
from app.sandbox.nettbutikk24.model.customers import Customers
from app.sandbox.nettbutikk24.model.orders import Orders, Wanted
from app.sandbox.nettbutikk24.model.pace import Pace
from app.sandbox.nettbutikk24.model.site import Site
from app.sandbox.nettbutikk24.wire.views import Row, customer_row, order_row, product_row, variant_row

Number = int | str
"""An id or an order number, as it stands in a row or as a whole number."""


class Shop:
    """One shop. What is done to it is done under `lock`, so that a test may do it while the shop answers calls in its own thread.

    The methods answer the record as the API shows it. They raise KeyError for a record that there is not, TypeError for a field,
    and ValueError for a value.
    """

    def __init__(self, config: NettbutikkConfig, clock: Clock) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.journal = Journal()
        self.faults = Faults()
        self.pace = Pace(config, clock)
        self.token: str | None = config.token
        self.site = Site(config, clock)
        self.catalogue = Catalogue(self.site)
        self.customers = Customers(self.site)
        self.orders = Orders(self.site, self.catalogue, self.customers)

    def change(self, **settings: Any) -> None:
        """It behaves so from now on. Raises KeyError for a setting that does not exist, ValueError for a wrong value."""
        with self.lock:
            self.config.change(**settings)

    def replace_token(self, token: str | None = None) -> str:
        """The one that there was is worth nothing from now on. Answers the new one, made up when none is given."""
        with self.lock:
            self.token = token or secrets.token_hex(20)
            return self.token

    def remove_token(self) -> None:
        """Its row is deleted, and nobody has opened the page that makes a new one: no token is right."""
        with self.lock:
            self.token = None

    # Products

    def add_product(
        self,
        article_no: str | None,
        name: str = "Ulljakke",
        variants: Sequence[Mapping[str, Any]] = (),
        stock: int = 0,
        **fields: Any,
    ) -> Row:
        """A variant is `{"options": {"Størrelse": "M"}, "article_no", "stock", …}`. Answers the row of the whole product."""
        with self.lock:
            return product_row(self.catalogue.add(article_no, name, variants, stock, **fields), self.config)

    def add_variant(self, product_id: Number, options: Mapping[str, str], **fields: Any) -> Row:
        with self.lock:
            product = self.catalogue.products[int(product_id)]
            return variant_row(self.catalogue.add_variant(product, options, **fields), self.config)

    def change_product(self, product_id: Number, **fields: Any) -> Row:
        with self.lock:
            return product_row(self.catalogue.change(int(product_id), **fields), self.config)

    def change_variant(self, unique_id: Number, options: Mapping[str, str] | None = None, **fields: Any) -> Row:
        with self.lock:
            return variant_row(self.catalogue.change_variant(int(unique_id), options, **fields), self.config)

    def delete_product(self, product_id: Number) -> None:
        with self.lock:
            self.catalogue.delete(int(product_id))

    def delete_variant(self, unique_id: Number) -> None:
        with self.lock:
            self.catalogue.delete_variant(int(unique_id))

    def variant(self, article_no: str) -> Row:
        """The flat row with this article number."""
        with self.lock:
            variant = self.catalogue.with_article_no(article_no)
            if variant is None:
                raise KeyError(f"there is no article {article_no}")
            return variant_row(variant, self.config)

    def variants(self, product_id: Number) -> list[Row]:
        """The flat rows of a product."""
        with self.lock:
            return [variant_row(one, self.config) for one in self.catalogue.products[int(product_id)].variants]

    def stock(self, article_no: str) -> int:
        with self.lock:
            variant = self.catalogue.with_article_no(article_no)
            if variant is None:
                raise KeyError(f"there is no article {article_no}")
            return int(variant.values["stock"])

    # Customers

    def add_customer(self, **fields: Any) -> Row:
        """Kari Nordmann in Oslo, but for what is given."""
        with self.lock:
            return customer_row(self.customers.add(**fields), self.config)

    def change_customer(self, customer_id: Number, **fields: Any) -> Row:
        with self.lock:
            return customer_row(self.customers.change(int(customer_id), **fields), self.config)

    def customer(self, customer_id: Number) -> Row:
        with self.lock:
            return customer_row(self.customers.all[int(customer_id)], self.config)

    # Orders

    def place_order(self, lines: Sequence[Wanted] = (), customer_id: Number | None = None, **fields: Any) -> Row:
        """Lines as `model.orders.Wanted`; a new customer buys when none is named."""
        with self.lock:
            customer = None if customer_id is None else int(customer_id)
            return order_row(self.orders.place(lines, customer, **fields), self.config)

    def edit_order(
        self, order_no: Number, quantities: Mapping[Any, Any] | None = None, more: Sequence[Wanted] = (), **fields: Any
    ) -> Row:
        """`quantities` by the id of the line; None takes the line off. `status`, `blocked`, `rest` are fields like others."""
        with self.lock:
            by_id = {int(line): quantity for line, quantity in (quantities or {}).items()}
            return order_row(self.orders.edit(int(order_no), by_id, more, **fields), self.config)

    def edit_line(self, order_no: Number, line_id: Number, **fields: Any) -> Row:
        """Anything but the quantity."""
        with self.lock:
            return order_row(self.orders.edit_line(int(order_no), int(line_id), **fields), self.config)

    def block_order(self, order_no: Number, *, blocked: bool = True) -> Row:
        return self.edit_order(order_no, blocked=int(blocked))

    def delete_order(self, order_no: Number, by: str = "customer") -> Row:
        """It is marked as deleted; whether the API still shows it is a setting."""
        with self.lock:
            return order_row(self.orders.delete(int(order_no), by), self.config)

    def remove_order(self, order_no: Number) -> None:
        """It is gone without a trace."""
        with self.lock:
            del self.orders.all[int(order_no)]

    def order(self, order_no: Number) -> Row:
        with self.lock:
            return order_row(self.orders.all[int(order_no)], self.config)
