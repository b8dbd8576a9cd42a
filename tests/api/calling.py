"""The whole ASGI app in the test's own event loop, called with keys of any right, and a worker that answers its rings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.domain import Right
from app.engine.core.queue import MemoryWakeUps, Task
from app.engine.core.runtime import Gateway
from app.main import GatewayApp, create_app
from app.records import connections, keys
from app.records.connections import Connection, Draft
from app.settings import Settings
from app.worker import work
from tests.harness import ADDRESS, KEY, LONG_AGO, SECRET, Clock, Harness, SimulatedShop, SimulatedWarehouse

NO_CITY = {**ADDRESS, "city": ""}
"""An address that holds an order."""
MOVED = {**ADDRESS, "address_1": "Lillegata 2"}


def settings_for(database_url: str, data_directory: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "data_directory": data_directory,
        "database_url": database_url,
        "queue": "memory",
        "metrics_port": 0,
        "allow_private_addresses": True,
        "allow_plain_http": True,
        **more,
    }
    return Settings(**given)


@dataclass
class Api:
    """The app, opened. `admin` has every right to everything; `caller` makes callers with less."""

    app: GatewayApp
    admin: httpx.AsyncClient
    stack: contextlib.AsyncExitStack

    @property
    def gateway(self) -> Gateway:
        return self.app.state.gateway

    @property
    def wake_ups(self) -> MemoryWakeUps:
        wake_ups = self.gateway.wake_ups
        assert isinstance(wake_ups, MemoryWakeUps)
        return wake_ups

    async def key(self, *rights: str, only: list[Connection] | None = None) -> str:
        limited = None if only is None else [each.id for each in only]
        async with self.gateway.database.begin() as db:
            _, secret = await keys.create(db, "test", [Right(right) for right in rights], limited, self.gateway.clock())
        return secret

    async def caller(self, *rights: str, only: list[Connection] | None = None) -> httpx.AsyncClient:
        """A caller with a key of its own; `only` limits it to some connections."""
        headers = {"Authorization": f"Bearer {await self.key(*rights, only=only)}"}
        return await self.stack.enter_async_context(client_of(self.app, headers))

    async def connect(self, name: str, *, active: bool = True, goods_owner_id: int = 77, **settings: Any) -> Connection:
        """A connection that points nowhere, made without a call."""
        draft = Draft(
            name=name,
            integration="woocommerce",
            source={
                "shop_url": f"http://127.0.0.1:9/{name}",
                "consumer_key": KEY,
                "consumer_secret": SECRET,
                "webhook_secret": "x",
            },
            warehouse={"url": "http://127.0.0.1:9/demo", "user": "u", "password": "p", "goods_owner_id": goods_owner_id},
            settings=settings,
        )
        now, reach = self.gateway.clock(), self.gateway.settings.reach
        async with self.gateway.database.begin() as db:
            made = await connections.create(db, self.gateway.vault, connections.prepare(draft, reach), now)
            if active:
                await connections.activate(db, await connections.find(db, self.gateway.vault, made), now)
            return await connections.find(db, self.gateway.vault, made)


def client_of(app: Any, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers)


@contextlib.asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[Api]:
    app = create_app(settings)
    async with app.router.lifespan_context(app), contextlib.AsyncExitStack() as stack:
        api = Api(app, client_of(app), stack)
        api.admin.headers["X-API-Key"] = await api.key("admin")
        await stack.enter_async_context(api.admin)
        yield api


@dataclass
class Site(Harness):
    """A harness whose client is the whole API, called as an administrator."""

    api: Api | None = None

    @property
    def door(self) -> Api:
        assert self.api is not None
        return self.api

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Answers rings while the block lasts, and finishes what it has begun then: nothing is left in the middle."""
        at_work = asyncio.Lock()

        async def answer(task: Any, key: str) -> None:
            try:
                await at_work.acquire()
            except asyncio.CancelledError:
                self.wake_ups.waiting.appendleft((task, key))
                raise
            try:
                await work(self.gateway, task, key)
            finally:
                at_work.release()

        running = asyncio.create_task(self.wake_ups.run(answer))
        try:
            yield
        finally:
            async with at_work:
                running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def warehouse_caller(self) -> httpx.AsyncClient:
        """Somebody else with a login at the warehouse."""
        return httpx.AsyncClient(base_url=self.warehouse.url, auth=("gateway", "gateway"))

    async def take_in(self, record: dict[str, Any], topic: str = "order.updated", **more: Any) -> None:
        """Announces the record and works until it is settled, or put aside."""
        assert (await self.announce(record, topic, **more)).status_code == 200
        await self.send(more.get("connection") or self.connection)

    async def send(self, *connections: Connection) -> None:
        """Looks at what has come in for them, and works until all of it is settled, or put aside."""
        for connection in connections:
            await self.wake_ups.send(Task.INGEST, connection.id)
        await self.work()

    async def explained(self, number: str, **query: Any) -> dict[str, Any]:
        """The one mapping that a number finds, explained."""
        listed = (await self.client.get("/mappings", params={"number": number, **query})).json()["items"]
        assert len(listed) == 1, listed
        return (await self.client.get(f"/mappings/{listed[0]['id']}")).json()

    async def lane(self) -> dict[str, Any]:
        """The goods owner's."""
        (found,) = (each for each in (await self.client.get("/lanes")).json()["items"] if each["key"].endswith("#77"))
        return found

    def given(self, name: str = "nettbutikk", **shop: Any) -> dict[str, Any]:
        """What a person types in to make a connection to the simulators."""
        return {
            "name": name,
            "integration": "woocommerce",
            "shop": {"shop_url": self.shop.url, "consumer_key": KEY, "consumer_secret": SECRET, **shop},
            "warehouse": {
                "url": self.warehouse.url,
                "user": "gateway",
                "password": "gateway",
                "goods_owner_id": 77,
            },
            "settings": {"go_live": LONG_AGO},
        }


@contextlib.asynccontextmanager
async def open_site(database_url: str, data_directory: Path, **more: Any) -> AsyncIterator[Site]:
    clock = Clock()
    shop, warehouse = SimulatedShop.open(clock), SimulatedWarehouse.open(clock)
    async with open_api(settings_for(database_url, data_directory, **more)) as api:
        api.gateway.clock = api.gateway.circuits.clock = api.gateway.daily.clock = clock
        yield Site(
            gateway=api.gateway,
            wake_ups=api.wake_ups,
            clock=clock,
            shop=shop,
            warehouse=warehouse,
            client=api.admin,
            intake=api.app.intake,
            api=api,
        )
