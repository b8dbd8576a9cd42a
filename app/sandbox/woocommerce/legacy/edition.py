"""An edition is what a shop's version decides.

The rest of the simulator knows WooCommerce as it is today. It asks the edition for everything that was otherwise before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from app.sandbox.woocommerce.config import ShopConfig
from app.sandbox.woocommerce.http.rest import Api, Endpoint
from app.sandbox.woocommerce.legacy import old_views, versions, views
from app.sandbox.woocommerce.legacy.dialects import Dialect
from app.sandbox.woocommerce.legacy.routes import legacy_routes
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.webhooks import EVENTS

LEGACY_PATH = "/wc-api"
"""Where the API before the REST API begins."""


class Edition:
    """One shop's edition. `events` can have webhooks. `namespaces` are the versions of the REST API, oldest first. `has_rest` is
    whether this WordPress has a REST API at all."""

    def __init__(self, config: ShopConfig) -> None:
        self._config = config
        self._version = versions.parse(config.version)
        self.events = EVENTS if self._version >= versions.RESTORED_TOPICS else EVENTS[:-1]
        self.namespaces = versions.rest_namespaces(config)
        self.has_rest = versions.parse(config.wordpress_version) >= versions.WORDPRESS_REST

    def payload(self, products: Products, kind: str, stored: dict[str, Any], shown: dict[str, Any]) -> Any:
        """What a webhook holds: the resource as the newest REST API of this version shows it, before 3.0 as the legacy API does.

        The legacy API's has its envelope (source of 2.6: WC_Webhook::build_payload). `shown` is as `wc/v3` of today has it.
        """
        if self._version < versions.REST_SINCE["wc/v2"]:
            show = views.order if kind == "order" else views.product
            return {kind: show(products, stored, versions.legacy_versions(self._config)[-1])}
        return old_views.translate(products, self.namespaces[-1], kind, shown)

    def routes(self, api: Api, endpoints: Sequence[Endpoint]) -> list[Route]:
        """The endpoints of `wc/v3` in every version of the REST API that the shop has, newest first; then the legacy API."""
        rest = [
            route
            for namespace in reversed(self.namespaces)
            for endpoint in Dialect(api.shop, namespace).endpoints(endpoints)
            for route in endpoint.routes(api, f"/wp-json/{namespace}")
        ]
        return [*rest, *legacy_routes(api)]
