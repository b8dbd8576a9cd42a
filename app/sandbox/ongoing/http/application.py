"""The simulator as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from app.sandbox.kit.dates import Dated
from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.http import article_calls, code_list_calls, order_calls, order_patches, purchase_calls, return_calls
from app.sandbox.ongoing.http.control import warehouse_routes
from app.sandbox.ongoing.http.files import calls as file_calls
from app.sandbox.ongoing.http.request_handler import WarehouseRequestHandler
from app.sandbox.ongoing.http.stock import calls as stock_calls
from app.sandbox.ongoing.model.warehouse import Clock, Warehouse, utc_now

CALLS = (
    *code_list_calls.CALLS,
    *article_calls.CALLS,
    *order_calls.CALLS,
    *order_patches.CALLS,
    *return_calls.CALLS,
    *purchase_calls.CALLS,
    *stock_calls.CALLS,
    *file_calls.CALLS,
)


def create_warehouse(config: WarehouseConfig | None = None, clock: Clock = utc_now) -> Starlette:
    """A warehouse of its own; `app.state` has its `warehouse`, `journal` and `faults`.

    The REST API is under `/{config.warehouse}/api/v1`, what steers the simulator under `/_sandbox`. Its own webhooks go out while
    it is served; without a server, when they are asked to.
    """
    handler = WarehouseRequestHandler(Warehouse(config or WarehouseConfig(), clock))
    calls = [handler.api_route(method, template, endpoint) for method, template, endpoint in CALLS]

    @contextlib.asynccontextmanager
    async def sending(app: Starlette) -> AsyncIterator[None]:
        sender = asyncio.create_task(handler.warehouse.webhook_outbox.run_forever())
        try:
            yield
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    routes = [*calls, handler.missing_route(calls, handler.base), *warehouse_routes(handler.warehouse)]
    app = handler.application(routes, sending)
    app.add_middleware(Dated, clock)
    app.state.warehouse = handler.warehouse
    return app
