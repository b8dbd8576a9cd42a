"""This module puts a simulated mystore together: its state, its API, its pages and its queue of webhooks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.sandbox.kit.dates import Dated
from app.sandbox.mystore.config import Clock, MystoreConfig, utc_now
from app.sandbox.mystore.http.api import Api, operations
from app.sandbox.mystore.http.control import sandbox_routes
from app.sandbox.mystore.http.pages import page_routes
from app.sandbox.mystore.http.token_endpoint import token_routes
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.routes.batches import batch_operations
from app.sandbox.mystore.routes.catalogue import catalogue_operations
from app.sandbox.mystore.routes.orders import order_operations
from app.sandbox.mystore.routes.reading import reading_operations
from app.sandbox.mystore.routes.webhooks import webhook_operations
from app.sandbox.mystore.sample import fill


def create_mystore(config: MystoreConfig, clock: Clock = utc_now) -> Starlette:
    """The whole as an ASGI app; its state is `app.state.mystore`. Webhooks are sent while the app runs (lifespan)."""
    mystore = Mystore(config, clock)
    api = api_of(mystore)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        queues = [asyncio.create_task(shop.webhooks.run_forever()) for shop in mystore.shops.values()]
        yield
        for queue in queues:
            queue.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await queue

    for shop in mystore.shops.values():
        fill(shop, config.sample_orders)
    routes = [*sandbox_routes(mystore), *token_routes(mystore), *page_routes(mystore), *api.routes()]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Dated, clock)])
    app.router.redirect_slashes = False
    app.state.mystore = mystore
    return app


def api_of(mystore: Mystore) -> Api:
    """The API with all its operations; those of a batch come back to it."""
    known = operations(
        reading_operations(), order_operations(), catalogue_operations(), webhook_operations(),
        batch_operations(lambda call, method, path, body: api.perform(call, method, path, body)),
    )  # fmt: skip
    api = Api(mystore, known)
    return api
