"""A strict simulator of a WooCommerce shop, as version 11.0.1 was observed.

It answers `/wp-json/wc/v3` over HTTP as the real shop does, errors and quirks included: OAuth 1.0a over http, Basic over https;
webhooks are pinged, delayed, built when they are sent, never repeated, and disabled by their seventh failure. Anyone can put
products and orders into it over its own API. Every recorded exchange is played against it by a test.

`ShopConfig(version="3.4.0")` makes it a shop of another age, from 2.2 on, with `wc/v2`, `wc/v1` and the legacy API as their
documentation and source have them (`versions`, `dialects`, `legacy`); none of those was run. `plugins` gives it a tracking
plugin (`tracking`), `permalinks`, `rest_api` and `maintenance` something that stands before its API (`front`).

It is stricter than the real shop in one thing: a query parameter or a body field that WooCommerce does not know is refused with
`rest_invalid_param` and named, where the real shop ignores it, so that a client of ours never sends junk.
`ShopConfig(strict=False)` gives the real behaviour. Fields that the API shows but does not take (`id`, `total` …) are ignored
in both.

Beyond the routes a gateway needs (orders, notes, refunds, products, variations, batches, categories, customers, webhooks,
trackings, system status, a few settings) there are none: `rest_no_route`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.sandbox.woocommerce.config import Clock, Coupon, ShopConfig, TaxRate, utc_now
from app.sandbox.woocommerce.http.control import sandbox_routes
from app.sandbox.woocommerce.http.errors import RestError
from app.sandbox.woocommerce.http.front import FrontDoor
from app.sandbox.woocommerce.legacy.routes import legacy_routes
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.routes.orders import order_routes
from app.sandbox.woocommerce.routes.others import other_routes, webhook_routes
from app.sandbox.woocommerce.routes.products import product_routes
from app.sandbox.woocommerce.routes.tracking import tracking_routes

__all__ = ["Coupon", "RestError", "Shop", "ShopConfig", "TaxRate", "create_shop"]


def create_shop(config: ShopConfig, clock: Clock = utc_now) -> Starlette:
    """The shop as an ASGI app; its state is `app.state.shop`. The queue of deliveries runs while the app does (lifespan)."""
    shop = Shop(config, clock)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        queue = asyncio.create_task(shop.queue.run_forever())
        yield
        queue.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await queue

    makers = (sandbox_routes, tracking_routes, order_routes, product_routes, webhook_routes, other_routes, legacy_routes)
    routes = [route for make in makers for route in make(shop)]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(FrontDoor, shop)])
    app.router.redirect_slashes = False
    app.state.shop = shop
    return app
