"""One simulated shop, and what a test or a demo does with it without going over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox.mystore.config import Clock, MystoreConfig
from app.sandbox.mystore.model.catalogue import Catalogue
from app.sandbox.mystore.model.orders import Line, Orders
from app.sandbox.mystore.model.site import Name, Site
from app.sandbox.mystore.model.webhooks import Sent
from app.sandbox.mystore.wire.resource import Related, Resource

Document = dict[str, Any]


class Shop:
    """One shop. What is done to it is done under `lock`, so that a test may do it while the shop answers calls in its own thread.

    The methods answer the record as its webhook would show it: `{"type", "id", "attributes", "relationships"}`.
    """

    def __init__(self, name: str, config: MystoreConfig, clock: Clock, lock: threading.RLock) -> None:
        self.name = name
        self.config = config
        self.lock = lock
        self.site = Site(name, config, clock)
        self.tables = self.site.tables
        self.webhooks = self.site.webhooks
        self.catalogue = Catalogue(self.site)
        self.orders = Orders(self.site, self.catalogue)

    # Products

    def add_product(
        self,
        sku: str | None,
        name: Name = "Ulljakke",
        variants: Sequence[Mapping[str, Any]] = (),
        quantity: int = 0,
        **attributes: Any,
    ) -> Document:
        """A variant is `{"sku", "ean", "cost", "quantity", "options": {"Størrelse": "M"}}`. `name` may be one by language."""
        with self.lock:
            return self.site.show(self.catalogue.add_product(sku, name, variants, quantity, **attributes))

    def add_variant(self, product_id: int, variant: Mapping[str, Any]) -> Document:
        with self.lock:
            return self.site.show(self.catalogue.add_variant(product_id, variant))

    def change_product(self, product_id: int, **attributes: Any) -> Document:
        return self._changed("products", product_id, attributes)

    def change_variant(self, variant_id: int, **attributes: Any) -> Document:
        return self._changed("product-variants", variant_id, attributes)

    def delete_product(self, product_id: int) -> None:
        with self.lock:
            self.catalogue.delete_product(product_id)

    def delete_variant(self, variant_id: int) -> None:
        with self.lock:
            self.catalogue.delete_variant(variant_id)

    # Orders

    def place_order(
        self, lines: Sequence[Line] = (), freight: float = 0, status: int | str | None = None, **attributes: Any
    ) -> Document:
        """A customer's order; `lines` as `model.orders.Line`. Its lines are `lines_of`."""
        with self.lock:
            return self.site.show(self.orders.place(lines, freight, status, **attributes))

    def edit_order(
        self, order_id: int, quantities: Mapping[int, int | None] | None = None, more: Sequence[Line] = (), **attributes: Any
    ) -> Document:
        """`quantities` by the id of the line; None takes the line off."""
        with self.lock:
            return self.site.show(self.orders.edit(order_id, quantities, more, **attributes))

    def set_status(self, order_id: int, status: int | str, comments: str = "", *, captures: bool = True) -> Document:
        """By id or name, on the order's page; `captures` False is the edit view, which does not capture payment."""
        with self.lock:
            return self.site.show(self.orders.set_status(order_id, status, comments, captures=captures))

    def delete_order(self, order_id: int) -> None:
        with self.lock:
            self.orders.delete(order_id)

    # Anything

    def put(
        self, kind: str, attributes: dict[str, Any], related: dict[str, Related] | None = None, record_id: int | None = None
    ) -> Document:
        """A record as it stands, silently."""
        with self.lock:
            return self.site.show(self.tables[kind].add(attributes, related, record_id))

    def find(self, kind: str, record_id: int | str) -> Document:
        """Raises Refused (404)."""
        with self.lock:
            return self.site.show(self.tables[kind].find(int(record_id)))

    def lines_of(self, order_id: int | str) -> list[Document]:
        return self.parts_of("order-products", "order", order_id)

    def parts_of(self, kind: str, relation: str, record_id: int | str) -> list[Document]:
        """`parts_of("order-status-history", "order", 10001)`."""
        with self.lock:
            return [self.site.show(one) for one in self.tables[kind].of(relation, int(record_id))]

    async def deliver(self) -> None:
        """Sends every webhook that waits, also while the queue is paused, and returns when it has been answered."""
        await self.webhooks.run()

    @property
    def deliveries(self) -> list[Sent]:
        """Every delivery sent, oldest first."""
        return list(self.webhooks.log)

    def _changed(self, kind: str, record_id: int, attributes: dict[str, Any]) -> Document:
        with self.lock:
            resource: Resource = self.tables[kind].find(record_id)
            self.catalogue.change(resource, **attributes)
            return self.site.show(resource)
