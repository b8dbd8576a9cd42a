"""A whole gateway in the test's own event loop: a simulated shop and warehouse as real HTTP servers, the engine worked off ring by ring.

Nothing here waits for a clock: `work()` answers rings until none is left.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from app.api.webhooks import WebhookIntake
from app.engine import sweeper
from app.engine.gateway import Gateway, open_gateway
from app.engine.group_commit import writer_for
from app.engine.inbox import Inbox
from app.engine.rings import MemoryRings, Task
from app.records import connections
from app.records.connections import Connection, Draft
from app.sandbox.ongoing import Warehouse, WarehouseConfig, create_warehouse
from app.sandbox.server import Server, free_port
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from app.settings import Settings
from app.storage.tables import cursors, inbox, jobs, leases
from app.worker import work

FIXTURES = Path(__file__).parent / "fixtures" / "woocommerce"
KEY, SECRET = "ck_test", "cs_test"
WEBHOOK_SECRET = "whsec-test"
LONG_AGO = "2020-01-01T00:00:00Z"


@dataclass
class Clock:
    """The gateway's clock: the machine's, moved by what a test adds."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    gateway: Gateway
    rings: MemoryRings
    clock: Clock
    shop: Shop
    shop_server: Server
    warehouse: Warehouse
    warehouse_app: Starlette
    warehouse_server: Server
    client: httpx.AsyncClient
    connections: dict[str, Connection] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        return next(iter(self.connections.values()))

    async def connect(self, name: str = "shop", *, goods_owner_id: int = 77, **settings: Any) -> Connection:
        """A connection to the simulators, active at once."""
        draft = Draft(
            name=name,
            integration="woocommerce",
            shop={
                "shop_url": self.shop_server.url,
                "consumer_key": KEY,
                "consumer_secret": SECRET,
                "webhook_secret": WEBHOOK_SECRET,
            },
            warehouse={
                "url": f"{self.warehouse_server.url}/demo/api/v1/",
                "user": "gateway",
                "password": "gateway",
                "goods_owner_id": goods_owner_id,
            },
            settings={"go_live": LONG_AGO, "accepted_sources": ["http://127.0.0.1:8099/"], **settings},
        )
        now = self.clock()
        async with self.gateway.database.begin() as db:
            made = await connections.create(db, self.gateway.vault, connections.prepare(draft, self.gateway.settings.reach), now)
            await connections.activate(db, await connections.find(db, self.gateway.vault, made), now)
            found = await connections.find(db, self.gateway.vault, made)
        self.connections[name] = found
        return found

    async def post(
        self, body: bytes, topic: str, *, connection: Connection | None = None, secret: str = WEBHOOK_SECRET, **headers: str
    ) -> httpx.Response:
        """One delivery as the shop would send it, signed."""
        to = connection or self.connection
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        resource, _, event = topic.partition(".")
        sent = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.shop_server.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": "0" * 32,
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        return await self.client.post(f"/webhooks/{to.webhook_id}", content=body, headers=sent)

    async def announce(self, record: dict[str, Any], topic: str = "order.updated", **more: Any) -> httpx.Response:
        return await self.post(json.dumps(record).encode(), topic, **more)

    async def work(self, *, sweep: bool = False) -> None:
        """Answers rings until there are none; with `sweep` first rings for whatever is due."""
        if sweep:
            await sweeper.sweep(self.gateway)
        while self.rings.waiting:
            task, key = self.rings.waiting.popleft()
            await work(self.gateway, task, key)

    async def ingest(self) -> None:
        """Works off ingest rings only: jobs stay in their lane."""
        for task, key in list(self.rings.waiting):
            if task is Task.INGEST:
                await work(self.gateway, task, key)
        self.rings.waiting.clear()

    async def poll(self, process: str = "orders", connection: Connection | None = None, *, sweep: bool = False) -> None:
        """A scheduled poll, due now."""
        to = connection or self.connection
        due: dict[str, Any] = {"next_poll_at": self.clock()}
        if sweep:
            due["next_sweep_at"] = self.clock()
        await work(self.gateway, Task.POLL, f"{to.id}:{process}")  # makes the cursor when there is none
        async with self.gateway.database.begin() as db:
            await db.execute(update(cursors).where(cursors.c.connection_id == to.id, cursors.c.process == process).values(**due))
        await work(self.gateway, Task.POLL, f"{to.id}:{process}")
        await self.work()

    async def expire_leases(self) -> None:
        """As if every holder had been gone for longer than a lease."""
        async with self.gateway.database.begin() as db:
            await db.execute(update(leases).values(until=self.clock() - timedelta(hours=1)))

    async def events(self) -> dict[str, int]:
        """How many events are in which state."""
        async with self.gateway.database.read() as db:
            found = await db.execute(select(inbox.c.state, func.count()).group_by(inbox.c.state))
            return {row[0]: row[1] for row in found}

    async def job(self, source_id: str, process: str = "orders") -> Any:
        async with self.gateway.database.read() as db:
            same = (jobs.c.source_id == source_id, jobs.c.process == process)
            return (await db.execute(select(jobs).where(*same))).one()

    def writes(self, method: str = "PUT", path: str = "/orders") -> list[Any]:
        """The writing calls that reached the warehouse, from its own journal."""
        calls = self.warehouse_app.state.journal.calls
        return [call for call in calls if call.method == method and call.path.startswith(f"/demo/api/v1{path}")]

    def shop_calls(self, path: str = "/wp-json") -> list[Any]:
        return [call for call in self.shop.journal.calls if call.path.startswith(path)]


@contextlib.asynccontextmanager
async def open_house(database_url: str, data_directory: Path, **settings: Any) -> AsyncIterator[House]:
    port = free_port()
    shop_app = create_shop(ShopConfig(home_url=f"http://127.0.0.1:{port}", consumer_keys=[(KEY, SECRET, "read_write")]))
    warehouse_app = create_warehouse(WarehouseConfig())
    clock, rings = Clock(), MemoryRings()
    chosen = Settings(
        data_directory=data_directory,
        database_url=database_url,
        queue="memory",
        allow_private_addresses=True,
        allow_plain_http=True,
        **settings,
    )
    with Server(shop_app, port) as shop_server, Server(warehouse_app) as warehouse_server:
        async with open_gateway(chosen, rings, clock) as gateway:
            pending: set[str] = set()
            inbox_ = Inbox(writer_for(gateway.database), pending.update, chosen.max_waiting_bytes)
            inbox_.start()
            intake = WebhookIntake()
            intake.open(gateway, inbox_)
            transport = httpx.ASGITransport(intake)

            async def ring_after_commit(response: httpx.Response) -> None:
                for connection_id in sorted(pending):
                    await rings.ring(Task.INGEST, connection_id)
                pending.clear()

            hooks = {"response": [ring_after_commit]}
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", event_hooks=hooks) as client:
                yield House(
                    gateway,
                    rings,
                    clock,
                    shop_app.state.shop,
                    shop_server,
                    warehouse_app.state.warehouse,
                    warehouse_app,
                    warehouse_server,
                    client,
                )
            await inbox_.close()
