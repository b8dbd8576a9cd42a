"""The ASGI app: `create_app(settings)`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import routes
from app.api.door.receiving import Receiving
from app.api.intake.refusals import FAILED, answer_headers, answer_to
from app.api.intake.shop_webhooks import PREFIX, WebhookIntake
from app.api.intake.wms_webhooks import PREFIX as FROM_WAREHOUSE
from app.api.intake.wms_webhooks import WarehouseWebhooks
from app.api.kit.addresses import scheme_of
from app.api.kit.auth import KnownKeys
from app.console import routes as console
from app.engine.core.queue import ArqWakeUps, CoalescedWakeUps, MemoryWakeUps, Task, WakeUps, brisk_pool
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.intake.batch_writer import writer_for
from app.engine.intake.inbox import Inbox
from app.logs import get_logger
from app.metrics import serve_figures
from app.settings import Settings
from app.settings.limits import Network
from app.storage.audit import acts
from app.tracing import spans
from app.tracing.origin import bound, of_request
from app.web.safety import safely

log = get_logger(__name__)

NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own could send addresses and errors' words as they are, by a variable of the environment. Ours is in app/tracing."""
STRANGERS_TRACE = (b"traceparent", b"tracestate")
"""Headers that nobody behind the door sees, unless callers are trusted with them (`GATEWAY_TRACES_FROM_CALLERS`)."""


def create_app(settings: Settings) -> GatewayApp:
    """Builds the whole HTTP surface. It opens its database and queue at the start, so that an import costs nothing."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            wake_ups = _open_wake_ups(settings, stack)
            gateway = await stack.enter_async_context(open_gateway(settings, wake_ups))
            inbox = await stack.enter_async_context(_open_inbox(gateway))
            app.state.gateway = gateway
            app.state.keys = KnownKeys(gateway)
            intake.open(gateway, inbox)
            from_warehouse.open(gateway)
            stack.push_async_callback(from_warehouse.close)
            _serve_figures(settings, stack)
            yield
            gateway.stopping = True
        spans.switch_off()

    app = GatewayApp(lifespan=lifespan, openapi_url=None, telemetry=NO_TELEMETRY)
    app.state.receiving = app.receiving
    app.trusted_networks = settings.trusted_networks
    intake, from_warehouse = app.intake, app.from_warehouse
    app.trusts_traces = settings.traces_from_callers
    routes.install(app)
    app.state.live = console.install(app)
    if settings.traces_to:
        spans.switch_on(settings.traces_to, settings.traces_share, "web").watch_app(app)
    return app


class GatewayApp(FastAPI):
    """FastAPI for everything but webhooks.

    Those of shops, the one hot route, and those of the WMS bypass its middleware and routing, which cost as much as all of
    intake.
    """

    trusted_networks: tuple[Network, ...] = ()
    trusts_traces = False

    @functools.cached_property
    def receiving(self) -> Receiving:
        return Receiving()

    @functools.cached_property
    def intake(self) -> WebhookIntake:
        return WebhookIntake(receiving=self.receiving)

    @functools.cached_property
    def from_warehouse(self) -> WarehouseWebhooks:
        return WarehouseWebhooks(receiving=self.receiving)

    def stop_soon(self) -> None:
        """The server is about to wait for open requests: ends those that would not end by themselves. From any thread."""
        self.state.live.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PREFIX):
            taker = self.from_warehouse if scope["path"].startswith(FROM_WAREHOUSE) else self.intake
            await _at_the_door(taker, scope, receive, send)
        else:
            if scope["type"] != "http":
                await super().__call__(scope, receive, send)
                return
            scope["scheme"] = scheme_of(scope, self.trusted_networks)
            origin = of_request(scope["headers"], with_trace=self.trusts_traces)
            if not self.trusts_traces:
                scope["headers"] = [each for each in scope["headers"] if each[0] not in STRANGERS_TRACE]
            with bound(origin), acts.separate():  # whoever the request turns out to be is at work until it is answered
                await super().__call__(scope, receive, safely(send, origin.request_id))


async def _at_the_door(taker: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """What nobody expected is answered as the rest of the API answers it."""
    try:
        await taker(scope, receive, send)
    except Exception as error:
        log.error("request_failed", method=scope["method"], path=PREFIX, exc_info=error)
        answer = answer_to(FAILED)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer_headers(answer)})
        await send({"type": "http.response.body", "body": answer.body})


def _serve_figures(settings: Settings, stack: contextlib.AsyncExitStack) -> None:
    """Serves /metrics on a port of its own. If the port is taken, the metrics are lost and intake goes on."""
    if not settings.metrics_port:
        return
    try:
        server, thread = serve_figures(settings.metrics_port, settings.host)
    except OSError as error:
        log.error("no_figures", port=settings.metrics_port, set_another="GATEWAY_METRICS_PORT", error=str(error))
        return
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)


def _open_wake_ups(settings: Settings, stack: contextlib.AsyncExitStack) -> WakeUps:
    if settings.queue == "memory":
        return MemoryWakeUps()
    assert settings.redis_url is not None
    pool = brisk_pool(settings.redis_url)
    stack.push_async_callback(pool.aclose, close_connection_pool=True)
    return ArqWakeUps(pool, settings.queue_name)


@contextlib.asynccontextmanager
async def _open_inbox(gateway: Gateway) -> AsyncIterator[Inbox]:
    wake_ups = CoalescedWakeUps(gateway.wake_ups, gateway.settings.ring_interval_seconds)

    def send(connection_ids: set[str]) -> None:
        for connection_id in connection_ids:
            wake_ups.send_soon(Task.INGEST, connection_id)

    inbox = Inbox(writer_for(gateway.database), send, gateway.settings.max_waiting_bytes)
    inbox.start()
    try:
        yield inbox
    finally:
        await inbox.close()
        await wake_ups.close()
