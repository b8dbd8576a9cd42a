"""This module puts a simulated shop together: its state, its front and its routes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.sandbox.kit.dates import Dated
from app.sandbox.woocommerce.config import Clock, ShopConfig, utc_now
from app.sandbox.woocommerce.http.control import sandbox_routes
from app.sandbox.woocommerce.http.front import FrontDoor
from app.sandbox.woocommerce.http.login import Doorkeeper
from app.sandbox.woocommerce.http.rest import Api
from app.sandbox.woocommerce.legacy.edition import LEGACY_PATH, Edition
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.routes.customers import customer_endpoints
from app.sandbox.woocommerce.routes.orders import order_endpoints
from app.sandbox.woocommerce.routes.products import product_endpoints
from app.sandbox.woocommerce.routes.settings import settings_endpoints
from app.sandbox.woocommerce.routes.site import index_routes, site_endpoints
from app.sandbox.woocommerce.routes.tracking import plugin_namespaces, tracking_routes
from app.sandbox.woocommerce.routes.webhooks import webhook_endpoints


def create_shop(config: ShopConfig, clock: Clock = utc_now) -> Starlette:
    """The shop as an ASGI app; its state is `app.state.shop`. The queue of deliveries runs while the app does (lifespan)."""
    edition = Edition(config)
    shop = Shop(config, clock, edition.events, edition.payload)
    api = Api(shop, Doorkeeper(config, clock))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        queue = asyncio.create_task(shop.queue.run_forever())
        yield
        queue.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await queue

    endpoints = [
        *order_endpoints(shop), *product_endpoints(shop), *webhook_endpoints(), *customer_endpoints(), *settings_endpoints(),
        *site_endpoints(),
    ]  # fmt: skip
    namespaces = list(dict.fromkeys([*edition.namespaces, *plugin_namespaces(config)]))
    routes = [
        *sandbox_routes(shop), *tracking_routes(api), *edition.routes(api, endpoints), *index_routes(api, namespaces),
    ]  # fmt: skip
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Dated, clock), Middleware(FrontDoor, shop, edition.has_rest, LEGACY_PATH)],
    )
    app.router.redirect_slashes = False
    app.state.shop = shop
    return app
