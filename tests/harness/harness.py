"""Puts the parts together: a gateway, its webhook intake, and a worker that a test steers.

Nothing here waits for a clock: `work()` answers wake-ups until none is left, and `tick()` moves the clock that all of them share.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import structlog

from app.api.intake.shop_webhooks import WebhookIntake
from app.domain import Process
from app.engine.core.queue import MemoryWakeUps, Task
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.intake.batch_writer import writer_for
from app.engine.intake.inbox import Inbox
from app.engine.upkeep import sweeper
from app.records import cursors as cursor_rows
from app.records.connections import Connection, Draft, Status
from app.sandbox.ongoing import WarehouseConfig
from app.settings import Settings
from app.worker import work
from tests.harness import connections
from tests.harness.clock import Clock
from tests.harness.connections import LONG_AGO, RECORDED_SHOP, way_back_off
from tests.harness.database import Stored
from tests.harness.shop import WEBHOOK_SECRET, Resource, SimulatedShop
from tests.harness.warehouse import GOODS_OWNER, WAREHOUSE, SimulatedWarehouse


@dataclass
class Harness:
    gateway: Gateway
    wake_ups: MemoryWakeUps
    clock: Clock
    shop: SimulatedShop
    warehouse: SimulatedWarehouse
    client: httpx.AsyncClient
    intake: WebhookIntake
    connections: dict[str, Connection] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        """The first one."""
        return next(iter(self.connections.values()))

    @property
    def stored(self) -> Stored:
        return Stored(self.gateway.database)

    def tick(self, seconds: float = 2) -> None:
        """Time passes for all."""
        self.clock.tick(seconds)

    def mend(self) -> None:
        """No more faults."""
        self.warehouse.mend()
        self.shop.mend()

    # Connections

    async def connect(
        self,
        name: str = "shop",
        *,
        goods_owner_id: int = GOODS_OWNER,
        user: str = "gateway",
        webhook_secret: str | None = WEBHOOK_SECRET,
        warehouse_secret: str | None = None,
        **settings: Any,
    ) -> Connection:
        """A connection to the simulators, active at once; its polls are due when `poll` says so."""
        draft = Draft(
            name=name,
            integration="woocommerce",
            source=self.shop.credentials(webhook_secret),
            warehouse=self.warehouse.credentials(user, goods_owner_id, warehouse_secret),
            settings={"go_live": LONG_AGO, "accepted_sources": [RECORDED_SHOP], **settings, **way_back_off(settings)},
        )
        self.connections[name] = await connections.make_connection(self.gateway, draft)
        return self.connections[name]

    async def change_settings(self, connection: Connection, **settings: Any) -> Connection:
        """Saved as an operator would, and seen by this process at once."""
        found = await connections.change_settings(self.gateway, connection, settings)
        self.connections[connection.name] = found
        return found

    async def set_status(self, connection: Connection, status: Status) -> None:
        await connections.set_status(self.gateway, connection, status)

    # Webhook deliveries

    async def post(
        self, body: bytes, topic: str, *, connection: Connection | None = None, secret: str = WEBHOOK_SECRET, **headers: str
    ) -> httpx.Response:
        """One delivery as the shop would send it, signed."""
        to = connection or self.connection
        signed = self.shop.delivery_headers(body, topic, secret, **headers)
        return await self.client.post(f"/webhooks/{to.webhook_id}", content=body, headers=signed)

    async def announce(self, record: Resource, topic: str = "order.updated", **more: Any) -> httpx.Response:
        return await self.post(json.dumps(record).encode(), topic, **more)

    async def deliver(self, record: Resource, topic: str = "order.updated", **more: Any) -> None:
        """Announced and worked off."""
        answer = await self.announce(record, topic, **more)
        assert answer.status_code == 200, answer.text
        await self.work()

    # Work

    async def work(self, *, sweep: bool = False) -> None:
        """Answers wake-ups until there are none; with `sweep` first wakes whatever is due."""
        if sweep:
            await sweeper.sweep(self.gateway)
        while self.wake_ups.waiting:
            task, key = self.wake_ups.waiting.popleft()
            await work(self.gateway, task, key)

    async def ingest(self) -> None:
        """Works off what has come in, and nothing else: jobs stay in their lane."""
        for task, key in list(self.wake_ups.waiting):
            if task is Task.INGEST:
                await work(self.gateway, task, key)
        self.wake_ups.waiting.clear()

    async def poll(self, process: str = "orders", connection: Connection | None = None, *, sweep: bool = False) -> None:
        """A scheduled poll, due now."""
        to = connection or self.connection
        await self.make_due(process, to, sweep=sweep)
        await work(self.gateway, Task.POLL, f"{to.id}:{process}")
        await self.work()

    async def make_due(self, process: str, connection: Connection | None = None, *, sweep: bool = False) -> None:
        due: dict[str, Any] = {"next_poll_at": self.clock()} | ({"next_sweep_at": self.clock()} if sweep else {})
        async with self.gateway.database.begin() as db:
            await cursor_rows.change(db, (connection or self.connection).id, Process(process), **due)


@contextlib.asynccontextmanager
async def open_harness(
    database_url: str,
    data_directory: Path,
    warehouse: WarehouseConfig = WAREHOUSE,
    plugins: Sequence[str] = (),
    **settings: Any,
) -> AsyncIterator[Harness]:
    """A gateway on this database, with an empty shop and an empty warehouse, and no connection."""
    _log_plainly()
    clock, wake_ups = Clock(), MemoryWakeUps()
    shop, wms = SimulatedShop.open(clock, plugins), SimulatedWarehouse.open(clock, warehouse)
    chosen = Settings(
        data_directory=data_directory,
        database_url=database_url,
        queue="memory",
        allow_private_addresses=True,
        allow_plain_http=True,
        **settings,
    )
    async with open_gateway(chosen, wake_ups, clock) as gateway, _open_intake(gateway, wake_ups) as (client, intake):
        yield Harness(gateway, wake_ups, clock, shop, wms, client, intake)


@contextlib.asynccontextmanager
async def _open_intake(gateway: Gateway, wake_ups: MemoryWakeUps) -> AsyncIterator[tuple[httpx.AsyncClient, WebhookIntake]]:
    """The webhook intake, and a client that calls it. Connections are woken when the answer is there."""
    pending: set[str] = set()
    inbox = Inbox(writer_for(gateway.database), pending.update, gateway.settings.max_waiting_bytes)
    inbox.start()
    intake = WebhookIntake()
    intake.open(gateway, inbox)

    async def wake_after_commit(response: httpx.Response) -> None:
        for connection_id in sorted(pending):
            await wake_ups.send(Task.INGEST, connection_id)
        pending.clear()

    hooks = {"response": [wake_after_commit]}
    transport = httpx.ASGITransport(intake)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", event_hooks=hooks) as client:
        yield client, intake
    await inbox.close()


@functools.cache
def _log_plainly() -> None:
    """As the gateway logs, not as the library does by itself: tracebacks with every local variable take seconds each."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ]
    )
