"""What a history is played on: the gateway's processes, its database and its queue, a shop, a warehouse and a post office.

Nothing here looks into the gateway: it is set up over its REST API, and is met over HTTP and by signals.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.processes.supervisor import ensure_admin_key
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import Warehouse, WarehouseConfig, create_warehouse
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from app.storage import migrations
from app.storage.secrets import new_key
from tests.chaos.cluster import Valkey
from tests.chaos.database import LockedSqlite, Outage, StoppedPostgres
from tests.chaos.histories.gateway import Owner
from tests.chaos.histories.plan import PRODUCTS
from tests.chaos.histories.post_office import PostOffice
from tests.chaos.processes import Program
from tests.services import free_port

ROOT = Path(__file__).parents[3]
GOODS_OWNER = 77
KEY, SECRET, WEBHOOK_SECRET, TOKEN = "ck_history", "cs_history", "the-shops-secret", "the-warehouses-token"
IN_STOCK = 300
START_SECONDS = 90.0
WEBHOOKS = 8

TIMES = {
    "LEASE_SECONDS": 2.5,
    "SLICE_SECONDS": 3,
    "TASK_TIMEOUT_SECONDS": 20,
    "SWEEP_INTERVAL_SECONDS": 0.5,
    "RETRY_BASE_SECONDS": 0.8,
    "RETRY_CAP_SECONDS": 2,
    "BUDGET_PAUSE_SECONDS": 0.5,
    "SHOP_PAUSE_SECONDS": 0.5,
    "SHOP_PAUSE_CAP_SECONDS": 2,
    "REFUSAL_PAUSE_SECONDS": 0.8,
    "LOGIN_PAUSE_SECONDS": 1,
    "COMMIT_TIMEOUT_SECONDS": 2,
    "DRAIN_SECONDS": 10,
}
"""A minute of a history holds what takes an hour of a real day."""

SETTINGS: dict[str, Any] = {
    "go_live": "2020-01-01T00:00:00Z",
    "processes": {"returns": True},
    "poll_interval_minutes": 0.25,
    "deep_sweep_hours": 0.01,
    "stock": {"full_sweep_hours": 0.01},
    "webhooks": {"check_minutes": 0.2},
    "brake": {"max_count": 10_000, "max_share": 1},
    "call_timeout_seconds": 1.5,
    "warehouse": {"call_timeout_seconds": 1.5},
    "order_note_on_hold": True,
}


@dataclass
class World:
    directory: Path
    database: Outage
    valkey: Valkey
    shop: Shop
    warehouse: Warehouse
    servers: dict[str, Server]
    post: PostOffice
    owner: Owner
    http: httpx.AsyncClient
    environment: dict[str, str]
    workers: int
    programs: dict[str, Program] = field(default_factory=dict)
    products: list[int] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> float:
        """Seconds of the history."""
        return time.monotonic() - self.began

    def start(self, name: str) -> None:
        """A process of the gateway: `api`, `worker-0`, `worker-1`."""
        which = name.partition("-")[0]
        command = [sys.executable, "-m", "tests.chaos.programs", which]
        self.programs[name] = Program(name, command, self.environment, self.directory / f"{name}.log")

    def start_all(self) -> None:
        """Whatever does not run, whyever it does not."""
        for name in ("api", *(f"worker-{number}" for number in range(self.workers))):
            program = self.programs.get(name)
            if program is None or program.code is not None:
                self.start(name)
            else:
                program.thaw()

    async def floor(self, path: str, **wish: Any) -> httpx.Response:
        """People in the warehouse do something."""
        url = f"{self.servers['warehouse'].url}/_sandbox/{path}"
        return await self.http.post(url, json={"goods_owner_id": GOODS_OWNER, **wish})

    async def until_answering(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await self.http.get(f"{self.owner.url}/readyz")).status_code == 200:
                    return
            if time.monotonic() > ends:
                raise TimeoutError(f"the API does not answer:\n{self.programs['api'].last_lines()}")
            await asyncio.sleep(0.1)

    def log_ends(self) -> str:
        return "\n".join(f"--- {name} ({each.code})\n{each.last_lines(8)}" for name, each in self.programs.items())


@contextlib.asynccontextmanager
async def open_world(kind: str, seed: int) -> AsyncIterator[World]:
    """`kind`: sqlite (one worker, as supported) or postgresql (a server of its own, and two). All of it ends with the block."""
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-history-", ignore_cleanup_errors=True)))
        database = stack.enter_context(_database(kind, directory))
        shop_port, api_port = free_port(), free_port()
        shop_app = create_shop(
            ShopConfig(
                home_url=f"http://127.0.0.1:{shop_port}",
                consumer_keys=[(KEY, SECRET, "read_write")],
                queue_seconds=0.1,
                runners=4,
                delivery_timeout=5,
            )
        )
        warehouse_app = create_warehouse(WarehouseConfig(write_seconds=0.02, lockout_window_seconds=1.5))
        post = PostOffice(f"http://127.0.0.1:{api_port}", seed)
        servers = {
            "shop": Server(shop_app, shop_port),
            "warehouse": Server(warehouse_app),
            "post": Server(post.app),
        }
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a simulator that hangs up is no error
        for server in servers.values():
            stack.callback(server.start().stop)
        valkey = Valkey(directory / "valkey")
        stack.callback(valkey.stop)
        environment = _environment(directory, database.url, valkey.url, api_port, servers["post"].url)
        key = await _set_up(database.url, directory)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=90))
        world = World(
            directory=directory,
            database=database,
            valkey=valkey,
            shop=shop_app.state.shop,
            warehouse=warehouse_app.state.warehouse,
            servers=servers,
            post=post,
            owner=Owner(f"http://127.0.0.1:{api_port}", key, http),
            http=http,
            environment=environment,
            workers=1 if kind == "sqlite" else 2,
        )
        stack.callback(_end, world)
        world.start_all()
        await world.until_answering()
        await _connect(world)
        await _fill(world)
        world.began = post.began = time.monotonic()
        yield world


@contextlib.contextmanager
def _database(kind: str, directory: Path) -> Iterator[Outage]:
    if kind == "sqlite":
        yield LockedSqlite(f"sqlite+aiosqlite:///{directory / 'gateway.db'}")
        return
    server = StoppedPostgres()
    try:
        yield server
    finally:
        server.close()


def _environment(directory: Path, database: str, redis: str, port: int, public: str) -> dict[str, str]:
    given = {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DATA_DIRECTORY": directory / "data",
        "SECRET_KEYS": new_key(),
        "ALLOW_PRIVATE_ADDRESSES": "true",
        "ALLOW_PLAIN_HTTP": "true",
        "PORT": port,
        "PUBLIC_URL": public,
        "METRICS_PORT": 0,
        "WORKER_METRICS_PORT": 0,
        **TIMES,
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "DATABASE_", "REDIS_"))}
    return {**ours, "PYTHONPATH": str(ROOT), **{f"GATEWAY_{name}": str(value) for name, value in given.items()}}


async def _set_up(database: str, directory: Path) -> str:
    """What `gateway up` does before it starts the processes; returns the key to the REST API."""
    (directory / "data").mkdir()
    await migrations.upgrade_async(database)
    key, _ = await ensure_admin_key(database, directory / "data")
    assert key is not None
    return key


async def _connect(world: World) -> None:
    source = {
        "shop_url": world.servers["shop"].url,
        "consumer_key": KEY,
        "consumer_secret": SECRET,
        "webhook_secret": WEBHOOK_SECRET,
    }
    warehouse = {
        "url": f"{world.servers['warehouse'].url}/demo/api/v1/",
        "user": "gateway",
        "password": "gateway",
        "goods_owner_id": GOODS_OWNER,
        "webhook_secret": TOKEN,
    }
    wanted = {"integration": "woocommerce", "source": source, "warehouse": warehouse, "settings": SETTINGS}
    await world.owner.ask("PUT", "connections/history", wanted)
    await world.owner.ask("POST", "connections/history/test")
    made = await world.owner.ask("POST", "connections/history/activate")
    hook = {"url": made["warehouse_webhook_url"], "token": TOKEN, "goods_owner_id": GOODS_OWNER}
    (await world.http.post(f"{world.servers['warehouse'].url}/_sandbox/webhooks", json=hook)).raise_for_status()
    await _until("the gateway's webhooks are in the shop", lambda: len(world.shop.webhooks.by_id) >= WEBHOOKS)


async def _fill(world: World) -> None:
    """Goods in the shop and on the shelves."""
    for number in range(PRODUCTS):
        made = world.shop.add_product(
            {
                "type": "simple",
                "name": f"Vare {number}",
                "sku": f"VARE-{number}",
                "status": "publish",
                "regular_price": "100.00",
                "manage_stock": True,
                "stock_quantity": IN_STOCK,
            }
        )
        world.products.append(made["id"])
    await _until("the articles are in the warehouse", lambda: len(world.warehouse.articles) >= PRODUCTS)
    for number in range(PRODUCTS):
        (await world.floor(f"articles/VARE-{number}/stock", present=IN_STOCK)).raise_for_status()


async def _until(what: str, condition: Any) -> None:
    ends = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"within {START_SECONDS:g} s it did not happen that {what}")
        await asyncio.sleep(0.05)


def _end(world: World) -> None:
    for program in world.programs.values():
        if program.code is None:
            program.thaw()
        program.kill()
