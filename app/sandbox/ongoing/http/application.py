"""The simulator as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from app.sandbox.kit.control import control_routes
from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.http import article_calls, code_list_calls, order_calls, order_patches, purchase_calls, return_calls
from app.sandbox.ongoing.http.calls import Desk
from app.sandbox.ongoing.http.control import warehouse_routes
from app.sandbox.ongoing.model.warehouse import Clock, Warehouse, utc_now

CALLS = (
    *code_list_calls.CALLS,
    *article_calls.CALLS,
    *order_calls.CALLS,
    *order_patches.CALLS,
    *return_calls.CALLS,
    *purchase_calls.CALLS,
)


def create_warehouse(config: WarehouseConfig | None = None, clock: Clock = utc_now) -> Starlette:
    """A warehouse of its own; `app.state` has its `warehouse`, `journal` and `faults`.

    The REST API is under `/{config.warehouse}/api/v1`, what steers the simulator under `/_sandbox`. Its own webhooks go out while
    it is served; without a server, when they are asked to.
    """
    desk = Desk(Warehouse(config or WarehouseConfig(), clock))
    calls = [desk.route(method, template, endpoint) for method, template, endpoint in CALLS]

    @contextlib.asynccontextmanager
    async def sending(app: Starlette) -> AsyncIterator[None]:
        sender = asyncio.create_task(desk.warehouse.webhook_outbox.run_forever())
        try:
            yield
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    app = Starlette(
        routes=[*calls, desk.missing_route(calls), *control_routes(desk.journal, desk.faults), *warehouse_routes(desk.warehouse)],
        lifespan=sending,
    )
    app.state.warehouse = desk.warehouse
    app.state.journal = desk.journal
    app.state.faults = desk.faults
    return app
