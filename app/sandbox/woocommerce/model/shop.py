"""The state of one simulated shop, and what a test or a demo does with it without going over HTTP."""

from __future__ import annotations

import itertools
import secrets
import string
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.kit.faults import Faults
from app.sandbox.kit.journal import Journal
from app.sandbox.woocommerce.config import Clock, ShopConfig, TaxRate, utc_now
from app.sandbox.woocommerce.http import php
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.http.front import Front
from app.sandbox.woocommerce.http.login import Doorkeeper
from app.sandbox.woocommerce.legacy import old_views, versions, views
from app.sandbox.woocommerce.model import orders, products, tracking
from app.sandbox.woocommerce.model.customers import new_customer
from app.sandbox.woocommerce.model.deliveries import Deliveries, Sent
from app.sandbox.woocommerce.model.table import Table
from app.sandbox.woocommerce.model.webhooks import EVENTS, Webhook, Webhooks
from app.sandbox.woocommerce.wire import product_view
from app.sandbox.woocommerce.wire.order_view import from_resource as order_from_resource
from app.sandbox.woocommerce.wire.order_view import show as show_order

Resource = dict[str, Any]

_UNCATEGORIZED = 15


def _counter(first: int) -> Callable[[], int]:
    numbers = itertools.count(first)
    return lambda: next(numbers)


def _new_secret() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(50))


class Shop:
    """One shop. Writes are made under `lock`, so that a test may make them while the shop answers calls in its own thread.

    `owner_has_rights` set to False is the user who made the webhooks losing their rights: deliveries then hold an error.
    """

    def __init__(self, config: ShopConfig, clock: Clock = utc_now) -> None:
        self.config = config
        self.zone = ZoneInfo(config.time_zone)
        self.lock = threading.RLock()
        self.journal = Journal()
        self.faults = Faults()
        self.doorkeeper = Doorkeeper(config, clock)
        self.products = Table()
        self.orders = Table()
        self.customers: dict[int, Resource] = {}
        self.categories: dict[int, Resource] = {}
        self.notes: dict[int, list[Resource]] = {}
        self.refunds: dict[int, list[Resource]] = {}
        self.before_trash: dict[tuple[str, int], str] = {}
        self.deleted_products: set[int] = set()
        self.owner_has_rights = True
        self.front = Front()
        self.front.change(permalinks=config.permalinks, rest_api=config.rest_api, maintenance=config.maintenance)
        self.tracking_providers = tracking.providers_of(config)
        events = EVENTS if versions.parse(config.version) >= versions.RESTORED_TOPICS else EVENTS[:-1]
        self.webhooks = Webhooks(_new_secret, events)
        self.queue = Deliveries(config, clock, self.webhooks, self._delivery_body)
        self._clock = clock
        self._slugs: dict[str, int] = {}
        self._next_id = config.first_id
        self.next_item_id = _counter(1)
        self.next_meta_id = _counter(1)
        self.next_note_id = _counter(1)
        self.next_customer_id = _counter(2)
        self.next_tracking_number = _counter(1)
        self.next_category_id = _counter(_UNCATEGORIZED)
        self.add_category("Uncategorized")

    def now(self) -> datetime:
        """The shop's clock, UTC, in whole seconds."""
        return self._clock().replace(microsecond=0)

    def next_id(self) -> int:
        """Products, variations, orders and refunds share one counter."""
        self._next_id += 1
        return self._next_id - 1

    def free_slug(self, wanted: str, but: int = 0) -> str:
        """`wanted`, or with `-2`, `-3` … when other products have it."""
        count = self._slugs[wanted] = self._slugs.get(wanted, 0) + 1
        return wanted if count == 1 or but else f"{wanted}-{count}"

    def rate(self, country: str, item: Resource) -> TaxRate | None:
        """The VAT on an item (its `tax_class` and `tax_status`) sent to a country; None when there is none."""
        if item.get("tax_status", "taxable") != "taxable":
            return None
        wanted = item.get("tax_class") or ""
        return next((r for r in self.config.tax_rates if r.country == country and r.tax_class == wanted), None)

    def taxed_as(self, line: Resource) -> Resource:
        """The tax class of an order line and the tax status of its product; a product that is not known is taxable."""
        product = self.products.get(line["variation_id"] or line["product_id"]) or {}
        return {"tax_class": line["tax_class"], "tax_status": product.get("tax_status", "taxable")}

    def add_category(self, name: str, slug: str = "") -> Resource:
        category: Resource = {"id": self.next_category_id(), "name": php.title(name), "slug": slug or php.slug(name), "parent": 0}
        category |= {"description": "", "display": "default", "image": None, "menu_order": 0, "count": 0}
        self.categories[category["id"]] = category
        return category

    # What a test or a demo does without HTTP. Everything fires its webhooks, but what is put in raw.

    def put_order_raw(self, resource: Resource) -> None:
        """Loads a recorded order with its own id, silently; a customer it names is made up if the shop does not have it."""
        with self.lock:
            customer = resource.get("customer_id", 0)
            if customer and customer not in self.customers:
                self.customers[customer] = {**new_customer(), "id": customer, "email": resource["billing"]["email"]}
            self.orders.put(order_from_resource(self, resource))
            self._next_id = max(self._next_id, resource["id"] + 1)

    def put_product_raw(self, resource: Resource) -> None:
        """Loads a recorded product or variation (in either of its shapes) with its own id, silently."""
        with self.lock:
            parent = self.products.get(resource.get("parent_id", 0))
            self.products.put(product_view.from_resource(resource, parent))
            self.deleted_products.discard(resource["id"])
            self._next_id = max(self._next_id, resource["id"] + 1)

    def add_order(self, body: Resource) -> Resource:
        """As `POST /orders` with a checked body."""
        with self.lock:
            return orders.create(self, body)

    def change_order(self, record_id: int, body: Resource) -> Resource:
        """As `PUT /orders/ID`. Raises RestError."""
        with self.lock:
            return orders.change(self, record_id, body)

    def checkout(self, body: Resource) -> Resource:
        """A customer's own order in the storefront; the body is that of `POST /orders`."""
        with self.lock:
            return orders.checkout(self, body)

    def trash_order(self, record_id: int) -> None:
        with self.lock:
            orders.trash(self, record_id)

    def restore_order(self, record_id: int) -> None:
        """Taken back from the trash in the shop's own pages: `order.restored`."""
        with self.lock:
            orders.restore(self, record_id)

    def delete_order(self, record_id: int) -> None:
        """For good: no webhook tells of it."""
        with self.lock:
            orders.remove(self, record_id)

    def add_product(self, body: Resource) -> Resource:
        with self.lock:
            return products.create(self, body)

    def add_variation(self, parent: int, body: Resource) -> Resource:
        with self.lock:
            return products.create_variation(self, parent, body)

    def change_product(self, record_id: int, body: Resource) -> Resource:
        with self.lock:
            return products.change(self, record_id, body)

    def restore_product(self, record_id: int) -> None:
        with self.lock:
            products.restore(self, record_id)

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

    def _shown(self, kind: str, record_id: int, home: str) -> Any:
        """As the newest REST API of this version shows it; before 3.0 as the legacy API does, in its envelope (source of 2.6:
        WC_Webhook::build_payload). Raises RestError."""
        record = orders.find(self, record_id) if kind == "order" else products.find(self, record_id)
        if versions.parse(self.config.version) < versions.REST_SINCE["wc/v2"]:
            show = views.order if kind == "order" else views.product
            return {kind: show(self, record, versions.legacy_versions(self.config)[-1])}
        resource = show_order(self, record, home) if kind == "order" else product_view.show(self, record, home)
        return old_views.translate(self, versions.rest_namespaces(self.config)[-1], kind, resource)

    def _delivery_body(self, webhook: Webhook, record_id: int) -> Any:
        """The resource as it is now; an error object when it is gone or may not be seen any more (observed)."""
        kind, event = webhook.topic.split(".", 1)
        if event == "deleted":
            return {"id": record_id}
        if not self.owner_has_rights:
            return RestError(403, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.").body()
        home = self.config.home_url.rstrip("/")
        with self.lock:
            try:
                return self._shown(kind, record_id, home)
            except RestError as gone:
                return gone.body()
