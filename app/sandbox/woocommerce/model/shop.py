"""One simulated shop, and what a test or a demo does with it without going over HTTP."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from app.sandbox.kit.faults import Faults
from app.sandbox.kit.journal import Journal
from app.sandbox.woocommerce.config import Clock, ShopConfig
from app.sandbox.woocommerce.model.categories import Categories
from app.sandbox.woocommerce.model.customers import Customers
from app.sandbox.woocommerce.model.deliveries import Deliveries, Sent
from app.sandbox.woocommerce.model.front import Front
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.sales import tracking
from app.sandbox.woocommerce.model.sales.notes import Notes
from app.sandbox.woocommerce.model.sales.orders import Orders
from app.sandbox.woocommerce.model.sales.refunds import Refunds
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.model.webhooks import Webhook, Webhooks
from app.sandbox.woocommerce.wire.errors import RestError

Resource = dict[str, Any]
Payload = Callable[[Products, str, Resource, Resource], Any]


def _new_secret() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(50))


class Shop:
    """One shop. Writes are made under `lock`, so that a test may make them while the shop answers calls in its own thread.

    `owner_has_rights` set to False is the user who made the webhooks losing their rights: deliveries then hold an error.
    `events` are those that webhooks can be made for; `payload` turns a resource into what a webhook of this shop's version holds.
    """

    def __init__(self, config: ShopConfig, clock: Clock, events: Sequence[str], payload: Payload) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.journal = Journal()
        self.faults = Faults()
        self.front = Front()
        self.front.change(permalinks=config.permalinks, rest_api=config.rest_api, maintenance=config.maintenance)
        self.webhooks = Webhooks(_new_secret, events)
        self.queue = Deliveries(config, clock, self.webhooks, self._delivery_body)
        self.site = Site(config, clock, self.queue.fire)
        self.zone = self.site.zone
        self.categories = Categories()
        self.products = Products(self.site, self.categories)
        self.customers = Customers(self.site)
        self.notes = Notes(self.site)
        self.refunds = Refunds(self.site)
        self.orders = Orders(self.site, self.products, self.customers, self.notes, self.refunds)
        self.tracking_providers = tracking.providers_of(config)
        self.owner_has_rights = True
        self._payload = payload

    def now(self) -> datetime:
        """The shop's clock, UTC, in whole seconds."""
        return self.site.now()

    # What a test or a demo does without HTTP. Everything fires its webhooks, but what is put in raw.

    def put_order_raw(self, resource: Resource) -> None:
        """Loads a recorded order with its own id, silently; a customer it names is made up if the shop does not have it."""
        with self.lock:
            self.orders.put_raw(resource)

    def put_product_raw(self, resource: Resource) -> None:
        """Loads a recorded product or variation (in either of its shapes) with its own id, silently."""
        with self.lock:
            self.products.put_raw(resource)

    def add_order(self, body: Resource) -> Resource:
        """As `POST /orders` with a checked body."""
        with self.lock:
            return self.orders.create(body)

    def change_order(self, record_id: int, body: Resource) -> Resource:
        """As `PUT /orders/ID`. Raises RestError."""
        with self.lock:
            return self.orders.change(record_id, body)

    def checkout(self, body: Resource) -> Resource:
        """A customer's own order in the storefront; the body is that of `POST /orders`."""
        with self.lock:
            return self.orders.checkout(body)

    def trash_order(self, record_id: int) -> None:
        with self.lock:
            self.orders.trash(record_id)

    def restore_order(self, record_id: int) -> None:
        """Taken back from the trash in the shop's own pages: `order.restored`."""
        with self.lock:
            self.orders.restore(record_id)

    def delete_order(self, record_id: int) -> None:
        """For good: no webhook tells of it."""
        with self.lock:
            self.orders.delete(record_id)

    def add_product(self, body: Resource) -> Resource:
        with self.lock:
            return self.products.create(body)

    def add_variation(self, parent: int, body: Resource) -> Resource:
        with self.lock:
            return self.products.create_variation(parent, body)

    def change_product(self, record_id: int, body: Resource) -> Resource:
        with self.lock:
            return self.products.change(record_id, body)

    def restore_product(self, record_id: int) -> None:
        with self.lock:
            self.products.restore(record_id)

    def fire(self, topic: str, record_id: int) -> None:
        """Queues the deliveries of an event."""
        self.queue.fire(topic, record_id)

    async def run_queue(self) -> None:
        """Delivers everything that waits, also while the queue is paused, and returns when it has been answered."""
        await self.queue.run()

    def pause_queue(self, paused: bool = True) -> None:
        """Keeps deliveries waiting until `run_queue` or `pause_queue(False)`."""
        self.queue.paused = paused

    def drop_queue(self) -> int:
        """Loses what waits, as a shop whose cron is broken does, and says how many deliveries that were."""
        return self.queue.drop()

    @property
    def deliveries(self) -> list[Sent]:
        """Every ping and delivery sent, oldest first."""
        return list(self.queue.log)

    def _delivery_body(self, webhook: Webhook, record_id: int) -> Any:
        """The resource as it is now; an error object when it is gone or may not be seen any more (observed)."""
        kind, event = webhook.topic.split(".", 1)
        if event == "deleted":
            return {"id": record_id}
        if not self.owner_has_rights:
            return RestError(403, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.").body()
        table: Orders | Products = self.orders if kind == "order" else self.products
        with self.lock:
            try:
                stored = table.find(record_id)
            except RestError as gone:
                return gone.body()
            return self._payload(self.products, kind, stored, table.show(stored, self.config.home))
