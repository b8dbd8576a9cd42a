"""One company's books, and what a test or a demo does with them without going over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig
from app.sandbox.sevenoffice24.model.catalogue import Catalogue
from app.sandbox.sevenoffice24.model.companies import Companies
from app.sandbox.sevenoffice24.model.orders import Orders, Wanted
from app.sandbox.sevenoffice24.model.saving import Saving
from app.sandbox.sevenoffice24.model.site import Site, copied
from app.sandbox.sevenoffice24.wire.tables import Values


class Tenant:
    """What is done here is done under the office's lock, so that a test may do it while calls are answered in another thread.

    The methods answer copies of the records, by the wire's names, with ints, Decimals, times in UTC and lists of dicts. They
    raise KeyError for a record that there is not, TypeError for a field, and ValueError for a value.
    """

    def __init__(self, config: SevenOfficeConfig, clock: Clock, lock: threading.RLock) -> None:
        self.lock = lock
        self.site = Site(config, clock)
        self.catalogue = Catalogue(self.site)
        self.companies = Companies(self.site)
        self.orders = Orders(self.site, self.catalogue, self.companies)
        self.saving = Saving(self.site, self.orders, self.companies)

    # Products

    def add_product(self, no: str | None, name: str = "Ullsokker", **fields: Any) -> Values:
        """`Stock`, `EAN1`, `CategoryId` and so on by their names. Stock is kept of it unless told otherwise."""
        with self.lock:
            return copied(self.catalogue.add(no, name, **fields))

    def change_product(self, product_id: int, **fields: Any) -> Values:
        with self.lock:
            return copied(self.catalogue.change(product_id, **fields))

    def delete_product(self, product_id: int) -> None:
        with self.lock:
            del self.catalogue.products[product_id]

    def add_category(self, name: str, **fields: Any) -> Values:
        with self.lock:
            return copied(self.catalogue.add_category(name, **fields))

    def product(self, product_id: int) -> Values:
        with self.lock:
            return copied(self.catalogue.products[product_id])

    def all_products(self) -> list[Values]:
        with self.lock:
            return [copied(one) for one in self.catalogue.products.values()]

    def stock(self, no: str) -> Decimal:
        """Of the first product with this number."""
        with self.lock:
            found = self.catalogue.with_no(no)
            if found is None:
                raise KeyError(f"there is no product {no}")
            quantity: Decimal = found.get("Stock", Decimal(0))
            return quantity

    # Companies

    def add_company(self, name: str = "Fjord Sport AS", **fields: Any) -> Values:
        """A business customer in Oslo with addresses, phones and e-mail, but for what is given."""
        with self.lock:
            return copied(self.companies.add(name, **fields))

    def change_company(self, company_id: int, **fields: Any) -> Values:
        with self.lock:
            return copied(self.companies.change(company_id, **fields))

    def delete_company(self, company_id: int) -> None:
        with self.lock:
            self.companies.delete(company_id)

    # Orders

    def place_order(self, rows: Sequence[Wanted] = (), customer_id: int | None = None, **fields: Any) -> Values:
        """Rows as `model.orders.Wanted`. It is confirmed unless `OrderStatus` is given; a new customer buys if none is named."""
        with self.lock:
            return copied(self.orders.place(rows, customer_id, **fields).values)

    def edit_order(
        self, order_id: int, quantities: Mapping[Any, Any] | None = None, more: Sequence[Wanted] = (), **fields: Any
    ) -> Values:
        """`quantities` by the id of the row; None takes the row off. `OrderStatus` is a field like others."""
        with self.lock:
            by_id = {int(row): quantity for row, quantity in (quantities or {}).items()}
            return copied(self.orders.edit(order_id, by_id, more, **fields).values)

    def refuse_order(self, order_id: int, reason: str | None = "Cannot insert the value NULL into column 'Dim2'") -> None:
        """SaveInvoices does not take it until somebody edits it. None: it is taken again."""
        with self.lock:
            self.orders.all[order_id].refusal = reason

    def delete_order(self, order_id: int) -> None:
        with self.lock:
            del self.orders.all[order_id]

    def order(self, order_id: int) -> Values:
        with self.lock:
            return copied(self.orders.all[order_id].values)

    def all_orders(self) -> list[Values]:
        with self.lock:
            return [copied(one.values) for one in self.orders.all.values()]

    def set_delivery_method(self, method_id: int, description: str) -> None:
        with self.lock:
            self.orders.methods[method_id] = description
