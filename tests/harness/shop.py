"""A simulated WooCommerce shop behind a real server: what happens in it, what it announces, and which calls it got."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from tests.harness.clock import Clock
from tests.harness.servers import serve, server_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "woocommerce"
KEY, SECRET = "ck_test", "cs_test"
WEBHOOK_SECRET = "whsec-test"
ADDRESS = {
    "first_name": "Kari",
    "last_name": "Nordmann",
    "address_1": "Storgata 1",
    "city": "Oslo",
    "postcode": "0155",
    "country": "NO",
}
BILLING = {**ADDRESS, "email": "kari@example.com", "phone": "+4799999999"}

Resource = dict[str, Any]


def signature(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class SimulatedShop:
    """`model` is the simulator's own state; the methods do to it what tests do often."""

    model: Shop
    server: Server
    clock: Clock

    @classmethod
    def open(cls, clock: Clock, plugins: Sequence[str] = ()) -> SimulatedShop:
        """An empty shop on the shop's server, in place of the one that was there."""
        keys = [(KEY, SECRET, "read_write")]
        app = create_shop(ShopConfig(home_url=server_of("shop").url, consumer_keys=keys, plugins=plugins), clock)
        return cls(app.state.shop, serve("shop", app), clock)

    @property
    def url(self) -> str:
        return self.server.url

    def credentials(self, webhook_secret: str | None = WEBHOOK_SECRET) -> dict[str, Any]:
        """A connection's `source`."""
        return {"shop_url": self.url, "consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": webhook_secret}

    # What happens in it

    def product(self, sku: str, name: str = "Ullsokker", **more: Any) -> Resource:
        """A product put into the shop, as it is announced."""
        made = self.model.add_product({"name": name, "sku": sku, "regular_price": "100.00", "status": "publish", **more})
        return self.shown_product(made["id"])

    def order(self, *skus: str, status: str = "processing", **more: Any) -> Resource:
        """An order of one of each, placed in the shop, as it is announced. Products that the shop lacks are put into it."""
        lines = [{"product_id": self.product_id(sku), "quantity": 1} for sku in skus or ("SOKK-1",)]
        body = {"status": status, "billing": BILLING, "shipping": ADDRESS, "line_items": lines, **more}
        return self.shown(self.model.add_order(body)["id"])

    def product_id(self, sku: str) -> int:
        """The id of the product with this SKU, which is put into the shop if it lacks it."""
        known = self.model.products.with_sku(sku)
        return known[0] if known else int(self.product(sku)["id"])

    def change(self, order_id: int, **body: Any) -> Resource:
        """The order is changed in the shop, two seconds later."""
        self.clock.tick()
        self.model.change_order(order_id, body)
        return self.shown(order_id)

    def fail(self, kind: str, **more: Any) -> None:
        """Calls to it fail in this way from now on."""
        self.model.faults.active.append(Fault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.model.faults.active.clear()

    # What it shows and announces

    def shown(self, order_id: int) -> Resource:
        """The order as the shop's webhooks have it now."""
        return self.model.orders.show(self.model.orders.find(order_id), self.url)

    def shown_product(self, product_id: int) -> Resource:
        return self.model.products.show(self.model.products.find(product_id), self.url)

    def delivery_headers(self, body: bytes, topic: str, secret: str = WEBHOOK_SECRET, **more: str) -> dict[str, str]:
        """The headers of one webhook delivery, signed; `more` with underscores for hyphens."""
        resource, _, event = topic.partition(".")
        return {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(body, secret),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": "0" * 32,
            **{key.replace("_", "-"): value for key, value in more.items()},
        }

    # Which calls it got

    def calls(self, path: str = "/wp-json") -> list[Call]:
        """The calls that reached the shop, from its own journal."""
        return [call for call in self.model.journal.calls if call.path.startswith(path)]
