"""A whole gateway in the test's own event loop, worked off ring by ring; a simulated shop and warehouse behind real HTTP servers.

Nothing here waits for a clock: `work()` answers rings until none is left, and `tick()` moves the clock that all of them share.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import func, select, update
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.intake.shop_webhooks import WebhookIntake
from app.domain import INBOUND, Process
from app.engine.core.queue import MemoryWakeUps, Task
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.intake.batch_writer import writer_for
from app.engine.intake.inbox import Inbox
from app.engine.upkeep import sweeper
from app.records import connections
from app.records import cursors as cursor_rows
from app.records.connections import Connection, Draft, Status
from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import Warehouse, WarehouseConfig, create_warehouse
from app.sandbox.ongoing.config import User
from app.sandbox.ongoing.model.records import Order
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from app.settings import Settings
from app.storage.tables import alerts, attempts, history, inbox, jobs, leases, mappings
from app.worker import work

FIXTURES = Path(__file__).parent / "fixtures" / "woocommerce"
KEY, SECRET = "ck_test", "cs_test"
WEBHOOK_SECRET = "whsec-test"
LONG_AGO = "2020-01-01T00:00:00Z"
RECORDED_SHOP = "http://127.0.0.1:8099/"
GOODS_OWNER = 77
NEVER = timedelta(days=3650)
ADDRESS = {
    "first_name": "Kari",
    "last_name": "Nordmann",
    "address_1": "Storgata 1",
    "city": "Oslo",
    "postcode": "0155",
    "country": "NO",
}
BILLING = {**ADDRESS, "email": "kari@example.com", "phone": "+4799999999"}
WAREHOUSE = WarehouseConfig(users=(User("gateway", "gateway", (77, 78)), User("other", "other", (77, 78))))
"""Two goods owners, two users: what is counted by user, and what by goods owner, can be told apart."""

Resource = dict[str, Any]


@dataclass
class Clock:
    """Gateway's, shop's and warehouse's clock: the machine's, moved by what a test adds."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class SwappableApp:
    """Where a simulator stands: the server goes on from test to test, what it serves is each test's own."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})


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


@functools.cache
def _stands() -> tuple[Server, Server]:
    """Started once and left to end with the process: starting and stopping them is most of what a test would cost."""
    return Server(SwappableApp()).start(), Server(SwappableApp()).start()


@dataclass
class Harness:
    gateway: Gateway
    wake_ups: MemoryWakeUps
    clock: Clock
    shop: Shop
    shop_server: Server
    warehouse: Warehouse
    warehouse_app: Starlette
    warehouse_server: Server
    client: httpx.AsyncClient
    intake: WebhookIntake
    connections: dict[str, Connection] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        return next(iter(self.connections.values()))

    def tick(self, seconds: float = 2) -> None:
        """Time passes for all."""
        self.clock.ahead += timedelta(seconds=seconds)

    # --- the shop -------------------------------------------------------------------------------------------------------

    def product(self, sku: str, name: str = "Ullsokker", **more: Any) -> Resource:
        """A product put into the shop, as it is announced."""
        made = self.shop.add_product({"name": name, "sku": sku, "regular_price": "100.00", "status": "publish", **more})
        return self.shown_product(made["id"])

    def order(self, *skus: str, status: str = "processing", **more: Any) -> Resource:
        """An order of one of each, placed in the shop, as it is announced. Products that the shop lacks are put into it."""
        lines = [{"product_id": self._product_id(sku), "quantity": 1} for sku in skus or ("SOKK-1",)]
        body = {"status": status, "billing": BILLING, "shipping": ADDRESS, "line_items": lines, **more}
        return self.shown(self.shop.add_order(body)["id"])

    def _product_id(self, sku: str) -> int:
        known = self.shop.products.with_sku(sku)
        return known[0] if known else int(self.product(sku)["id"])

    def change(self, order_id: int, **body: Any) -> Resource:
        """The order is changed in the shop, two seconds later."""
        self.tick()
        self.shop.change_order(order_id, body)
        return self.shown(order_id)

    def shown(self, order_id: int) -> Resource:
        """The order as the shop's webhooks have it now."""
        return self.shop.orders.show(self.shop.orders.find(order_id), self.shop_server.url)

    def shown_product(self, product_id: int) -> Resource:
        return self.shop.products.show(self.shop.products.find(product_id), self.shop_server.url)

    def fail_shop(self, kind: str, **more: Any) -> None:
        self.shop.faults.active.append(Fault(kind, **more))

    def shop_calls(self, path: str = "/wp-json") -> list[Call]:
        """The calls that reached the shop, from its own journal."""
        return [call for call in self.shop.journal.calls if call.path.startswith(path)]

    # --- the warehouse --------------------------------------------------------------------------------------------------

    def wms_order(self, number: str | int, goods_owner_id: int = GOODS_OWNER) -> Order | None:
        return self.warehouse.orders.get((goods_owner_id, str(number)))

    def fail_warehouse(self, kind: str, **more: Any) -> None:
        self.warehouse_app.state.faults.active.append(Fault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.warehouse_app.state.faults.active.clear()
        self.shop.faults.active.clear()

    def warehouse_calls(self) -> list[Call]:
        return list(self.warehouse_app.state.journal.calls)

    def writes(self, method: str = "PUT", path: str = "/orders") -> list[Call]:
        """The writing calls that reached the warehouse, from its own journal."""
        return [call for call in self.warehouse_calls() if call.method == method and call.path.startswith(f"/demo/api/v1{path}")]

    # --- connections ----------------------------------------------------------------------------------------------------

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
            source={
                "shop_url": self.shop_server.url,
                "consumer_key": KEY,
                "consumer_secret": SECRET,
                "webhook_secret": webhook_secret,
            },
            warehouse={
                "url": f"{self.warehouse_server.url}/demo/api/v1/",
                "user": user,
                "password": user,
                "goods_owner_id": goods_owner_id,
                "webhook_secret": warehouse_secret,
            },
            settings={"go_live": LONG_AGO, "accepted_sources": [RECORDED_SHOP], **settings, **_switched(settings)},
        )
        now = self.clock()
        async with self.gateway.database.begin() as db:
            made = await connections.create(db, self.gateway.vault, connections.prepare(draft, self.gateway.settings.reach), now)
            await connections.activate(db, await connections.find(db, self.gateway.vault, made), now)
            found = await connections.find(db, self.gateway.vault, made)
            for process in INBOUND:
                # Not due before a test asks for it: what webhooks bring about is not to be mixed up with what polls do.
                await cursor_rows.ensure(db, found, process, now)
                await cursor_rows.change(db, found.id, process, next_poll_at=now + NEVER, next_sweep_at=now + NEVER)
        self.connections[name] = found
        self.gateway.forget(found.id)
        return found

    async def change_settings(self, connection: Connection, **settings: Any) -> Connection:
        """Saved as an operator would, and seen by this process at once."""
        draft = Draft(
            name=connection.name,
            integration=connection.integration,
            source=connections.revealed(connection.source),
            warehouse=connections.revealed(connection.warehouse),
            settings={
                **connection.settings.model_dump(mode="json"),
                **settings,
                **(_switched(settings) if "processes" in settings else {}),
            },
        )
        prepared = connections.prepare(draft, self.gateway.settings.reach)
        async with self.gateway.database.begin() as db:
            await connections.change(db, self.gateway.vault, connection, prepared, self.clock())
            found = await connections.find(db, self.gateway.vault, connection.id)
        self.gateway.forget(connection.id)
        self.connections[connection.name] = found
        return found

    async def set_status(self, connection: Connection, status: Status) -> None:
        async with self.gateway.database.begin() as db:
            await connections.set_status(db, connection.id, status, self.clock())
        self.gateway.forget(connection.id)

    # --- deliveries -----------------------------------------------------------------------------------------------------

    async def post(
        self, body: bytes, topic: str, *, connection: Connection | None = None, secret: str = WEBHOOK_SECRET, **headers: str
    ) -> httpx.Response:
        """One delivery as the shop would send it, signed."""
        to = connection or self.connection
        resource, _, event = topic.partition(".")
        sent = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.shop_server.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(body, secret),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": "0" * 32,
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        return await self.client.post(f"/webhooks/{to.webhook_id}", content=body, headers=sent)

    async def announce(self, record: Resource, topic: str = "order.updated", **more: Any) -> httpx.Response:
        return await self.post(json.dumps(record).encode(), topic, **more)

    async def deliver(self, record: Resource, topic: str = "order.updated", **more: Any) -> None:
        """Announced and worked off."""
        answer = await self.announce(record, topic, **more)
        assert answer.status_code == 200, answer.text
        await self.work()

    # --- work -----------------------------------------------------------------------------------------------------------

    async def work(self, *, sweep: bool = False) -> None:
        """Answers rings until there are none; with `sweep` first rings for whatever is due."""
        if sweep:
            await sweeper.sweep(self.gateway)
        while self.wake_ups.waiting:
            task, key = self.wake_ups.waiting.popleft()
            await work(self.gateway, task, key)

    async def ingest(self) -> None:
        """Works off ingest rings only: jobs stay in their lane."""
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

    async def expire_leases(self) -> None:
        """As if every holder had been gone for longer than a lease."""
        async with self.gateway.database.begin() as db:
            await db.execute(update(leases).values(until=datetime.now(UTC) - timedelta(hours=1)))

    async def age_attempts(self) -> None:
        """As if every call without a result had been begun so long ago that it must be over."""
        async with self.gateway.database.begin() as db:
            await db.execute(update(attempts).values(started_at=datetime.now(UTC) - timedelta(hours=1)))

    # --- what has become of it ------------------------------------------------------------------------------------------

    async def rows(self, query: Any) -> list[Any]:
        async with self.gateway.database.read() as db:
            return list(await db.execute(query))

    async def job(self, source_id: str | int, process: str = "orders") -> Any:
        (found,) = await self.rows(select(jobs).where(jobs.c.source_id == str(source_id), jobs.c.process == process))
        return found

    async def mapping(self, source_id: str | int, kind: str = "order") -> Any:
        (found,) = await self.rows(select(mappings).where(mappings.c.source_id == str(source_id), mappings.c.kind == kind))
        return found

    async def told(self, source_id: str | int, kind: str = "order") -> list[str]:
        """The codes of a record's history, oldest first."""
        mapping = await self.mapping(source_id, kind)
        query = select(history.c.code).where(history.c.mapping_id == mapping.id).order_by(history.c.id)
        return [row.code for row in await self.rows(query)]

    async def alerts(self) -> list[str]:
        return [row.kind for row in await self.rows(select(alerts.c.kind).order_by(alerts.c.id))]

    async def events(self) -> dict[str, int]:
        """How many events are in which state."""
        return {row[0]: row[1] for row in await self.rows(select(inbox.c.state, func.count()).group_by(inbox.c.state))}

    async def all_ended(self) -> bool:
        """Whether everything that was accepted is done, merged, ignored, held or dead."""
        return set(await self.events()) <= {"done", "merged", "ignored", "held", "dead"}


def _switched(settings: dict[str, Any]) -> dict[str, Any]:
    """The way back to the shop is off unless a test asks for it."""
    return {"processes": {"stock": False, "shipments": False, "returns": False, **settings.get("processes", {})}}


def signature(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@contextlib.asynccontextmanager
async def open_harness(
    database_url: str,
    data_directory: Path,
    warehouse: WarehouseConfig = WAREHOUSE,
    plugins: Sequence[str] = (),
    **settings: Any,
) -> AsyncIterator[Harness]:
    _log_plainly()
    shop_server, warehouse_server = _stands()
    clock, wake_ups = Clock(), MemoryWakeUps()
    keys = [(KEY, SECRET, "read_write")]
    shop_app = create_shop(ShopConfig(home_url=shop_server.url, consumer_keys=keys, plugins=plugins), clock)
    warehouse_app = create_warehouse(warehouse, clock)
    shop_server.app.app, warehouse_server.app.app = shop_app, warehouse_app
    chosen = Settings(
        data_directory=data_directory,
        database_url=database_url,
        queue="memory",
        allow_private_addresses=True,
        allow_plain_http=True,
        **settings,
    )
    async with open_gateway(chosen, wake_ups, clock) as gateway:
        pending: set[str] = set()
        inbox_ = Inbox(writer_for(gateway.database), pending.update, chosen.max_waiting_bytes)
        inbox_.start()
        intake = WebhookIntake()
        intake.open(gateway, inbox_)

        async def ring_after_commit(response: httpx.Response) -> None:
            for connection_id in sorted(pending):
                await wake_ups.send(Task.INGEST, connection_id)
            pending.clear()

        hooks = {"response": [ring_after_commit]}
        transport = httpx.ASGITransport(intake)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", event_hooks=hooks) as client:
            yield Harness(
                gateway,
                wake_ups,
                clock,
                shop_app.state.shop,
                shop_server,
                warehouse_app.state.warehouse,
                warehouse_app,
                warehouse_server,
                client,
                intake,
            )
        await inbox_.close()
