"""The demo's processes: embedded Valkey, simulated shops, simulated warehouse, the API and a worker."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

import app
from app.demo.catalogue import PARTS
from app.demo.gateway import GatewayClient
from app.demo.goods_owners import GOODS_OWNERS, warehouse_config
from app.demo.mystore import simulator as mystore
from app.demo.nettbutikk24 import simulator as nettbutikk
from app.demo.sevenoffice24 import simulator as sevenoffice
from app.demo.shop import ShopClient
from app.demo.warehouse import WarehouseClient
from app.processes.supervisor import GATEWAY, NotReady, Program, Supervisor, ensure_admin_key, supervisor, until_answering
from app.processes.valkey import EmbeddedValkey
from app.storage import migrations

SYSTEM = "woocommerce"
CONNECTION = SYSTEM
WAREHOUSE = "demo"
WAREHOUSE_USER = "gateway"
PREFERRED_PORT = 8080
DRAIN_SECONDS = 3.0
RECORDED_SHOP = "http://127.0.0.1:8099/"
"""Where the shop stood whose deliveries were recorded for the tests: they can be played against the demo."""
KEPT = httpx.Limits(keepalive_expiry=2)
"""Shorter than the simulators keep an idle connection: none is used at the moment at which it is closed."""
WEBHOOKS = 8
"""Four events of orders and four of products."""
WEBHOOK_SECONDS = 60.0
FIRST_SHOP_ID = 5001
FIRST_WAREHOUSE_IDS = {
    "first_article_id": 18001,
    "first_order_id": 50001,
    "first_order_line_id": 480001,
    "first_purchase_order_id": 70001,
}
IDS_PER_START = 1_000_000
MYSTORE_IDS = IDS_PER_START // 2
"""So much higher are mystore's ids: a number means a record of one shop only."""


@dataclass(frozen=True)
class Secrets:
    """Made for one demo, kept in its data directory. `starts` counts: each start's shop has ids of its own."""

    consumer_key: str
    consumer_secret: str
    webhook_secret: str
    warehouse_password: str
    warehouse_token: str
    mystore_client_secret: str
    nettbutikk_token: str
    sevenoffice_password: str
    starts: int = 0

    @property
    def mark(self) -> str:
        """What stands behind the article numbers of this start: shops and warehouse forget everything when they end, the gateway
        does not. A product that is gone keeps its number."""
        return f"-{self.starts + 1}" if self.starts else ""


@dataclass(frozen=True)
class World:
    """A running demo, with access to the shop, the warehouse and the gateway."""

    directory: Path
    api: str
    api_key: str
    webhook_url: str
    secrets: Secrets
    gateway: GatewayClient
    shop: ShopClient
    warehouse: WarehouseClient
    mystore_url: str
    nettbutikk_url: str
    sevenoffice_url: str
    http: httpx.AsyncClient
    programs: Supervisor

    @property
    def warehouse_login(self) -> dict[str, str]:
        """A connection's `warehouse`, but for its goods owner."""
        return {"url": self.warehouse.url, "user": WAREHOUSE_USER, "password": self.secrets.warehouse_password}

    def seen_by(self, system: str) -> World:
        """The same world; its warehouse is seen with the eyes of this system's goods owner."""
        password = self.secrets.warehouse_password
        own = WarehouseClient(self.warehouse.url, WAREHOUSE_USER, password, GOODS_OWNERS[system], self.http)
        return dataclasses.replace(self, warehouse=own)

    def described(self) -> dict[str, Any]:
        """What a program needs to work with the demo: the line of `gateway demo --json`."""
        known = self.secrets
        return {
            "api": self.api,
            "api_key": self.api_key,
            "connections": {
                CONNECTION: {
                    "name": CONNECTION,
                    "goods_owner_id": self.warehouse.goods_owner_id,
                    "webhook_url": self.webhook_url,
                    "webhook_secret": self.secrets.webhook_secret,
                    "shop_url": self.shop.url,
                    "consumer_key": self.secrets.consumer_key,
                    "consumer_secret": self.secrets.consumer_secret,
                }
            },
            "warehouse": {**self.warehouse_login, "goods_owner_id": self.warehouse.goods_owner_id},
            mystore.SYSTEM: mystore.described(self.mystore_url, self.api, known.mystore_client_secret, known.mark),
            nettbutikk.SYSTEM: nettbutikk.described(self.nettbutikk_url, known.nettbutikk_token),
            sevenoffice.SYSTEM: sevenoffice.described(self.sevenoffice_url, known.sevenoffice_password),
        }


@contextlib.asynccontextmanager
async def open_world(directory: Path | None = None, *, port: int | None = None, poll_minutes: float = 15) -> AsyncIterator[World]:
    """A demo from nothing to a tested and active connection whose shop announces its changes; all of it ends with the block.

    Without a directory a temporary one is used and removed. `port`: of the API; 0 takes a free one, None the usual one if it is
    free. `poll_minutes`: how often the gateway looks by itself. Raises NotReady, EmbeddedValkeyError, ShopSaidNo.
    """
    async with contextlib.AsyncExitStack() as stack:
        place = stack.enter_context(_place(directory))
        known = _secrets(place)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30, limits=KEPT))
        if port is None:
            port = PREFERRED_PORT if stack.enter_context(_only_demo(PREFERRED_PORT)) else 0
        port, *ports = _ports(port, 5)
        api, *urls = (f"http://127.0.0.1:{one}" for one in (port, *ports))
        shop_url, warehouse_url, mystore_url, nettbutikk_url, sevenoffice_url = urls
        database = f"sqlite+aiosqlite:///{place / 'gateway.db'}"

        valkey = EmbeddedValkey(keep_alive=True)
        stack.callback(valkey.stop)
        redis, _ = await asyncio.gather(asyncio.to_thread(valkey.start, place), migrations.upgrade_async(database))
        key, _ = await ensure_admin_key(database, place)
        assert key is not None

        told = mystore.environment(mystore_url, known.mystore_client_secret, os.environ)
        programs = await stack.enter_async_context(supervisor(DRAIN_SECONDS + 2))
        configured = _simulators(shop_url, api, known)
        for program in (
            *(_simulator(name, at, config, place) for at, (name, config) in zip(ports, configured.items(), strict=True)),
            *(
                _process(name, _environment(place, database, redis, port) | told | sevenoffice.ENVIRONMENT, place)
                for name in ("serve", "worker")
            ),
        ):
            await programs.start(program)
        answering = zip(urls, ("wp-json", "_sandbox/warehouse", *["_sandbox/state"] * 3), strict=True)
        await asyncio.gather(until_answering(f"{api}/livez"), *(until_answering(f"{url}/{path}") for url, path in answering))
        gateway = GatewayClient(api, key, http)
        shop = ShopClient(shop_url, known.consumer_key, known.consumer_secret, http)
        address = f"{warehouse_url}/{WAREHOUSE}/api/v1"
        warehouse = WarehouseClient(address, WAREHOUSE_USER, known.warehouse_password, GOODS_OWNERS[SYSTEM], http)
        webhook_url = await _connect(gateway, shop, warehouse, known, poll_minutes)
        await _until_announcing(shop, webhook_url)
        others = (mystore_url, nettbutikk_url, sevenoffice_url)
        yield World(place, api, key, webhook_url, known, gateway, shop, warehouse, *others, http, programs)


async def _connect(
    gateway: GatewayClient, shop: ShopClient, warehouse: WarehouseClient, known: Secrets, poll_minutes: float
) -> str:
    """Makes, tests and activates the connection over the REST API. Gives the address of the shop's webhooks."""
    wanted = {
        "integration": SYSTEM,
        "source": {
            "shop_url": f"{shop.url}/",
            "consumer_key": known.consumer_key,
            "consumer_secret": known.consumer_secret,
            "webhook_secret": known.webhook_secret,
        },
        "warehouse": {
            "url": warehouse.url,
            "user": WAREHOUSE_USER,
            "password": known.warehouse_password,
            "goods_owner_id": warehouse.goods_owner_id,
            "webhook_secret": known.warehouse_token,
        },
        # The go-live date lies before the recorded orders.
        "settings": {
            "go_live": "2020-01-01T00:00:00Z",
            "accepted_sources": [RECORDED_SHOP],
            "processes": {"returns": True},
            "returns": {"by": ["order", "return-order"]},
            "articles": {"parts_field": f"meta_data.{PARTS}"},
            "poll_interval_minutes": poll_minutes,
        },
    }
    await gateway.call("PUT", f"connections/{CONNECTION}", wanted)
    await gateway.call("POST", f"connections/{CONNECTION}/test")
    connection = await gateway.call("POST", f"connections/{CONNECTION}/activate")
    await warehouse.tell(connection["warehouse_webhook_url"], known.warehouse_token)
    webhook_url: str = connection["webhook_url"]
    return webhook_url


async def _until_announcing(shop: ShopClient, webhook_url: str) -> None:
    """The gateway makes the shop's webhooks by itself. Raises NotReady when it has not after a while."""
    ends = time.monotonic() + WEBHOOK_SECONDS
    while time.monotonic() < ends:
        ours = [hook for hook in await shop.webhooks() if hook["delivery_url"] == webhook_url]
        if len(ours) == WEBHOOKS and all(hook["status"] == "active" for hook in ours):
            return
        await asyncio.sleep(0.02)
    raise NotReady(f"the gateway has not registered its webhooks in the shop within {WEBHOOK_SECONDS:g} s")


@contextlib.contextmanager
def _place(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.absolute()
        return
    made = Path(tempfile.mkdtemp(prefix="gateway-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _secrets(place: Path) -> Secrets:
    """Those of an earlier start in the same directory, or new ones."""
    path = place / "demo.json"
    fresh = {
        "consumer_key": f"ck_{secrets.token_hex(20)}",
        "consumer_secret": f"cs_{secrets.token_hex(20)}",
        "webhook_secret": secrets.token_urlsafe(24),
        "warehouse_password": secrets.token_urlsafe(12),
        "warehouse_token": secrets.token_urlsafe(24),
        "mystore_client_secret": secrets.token_urlsafe(24),
        "nettbutikk_token": secrets.token_hex(20),
        "sevenoffice_password": secrets.token_urlsafe(12),
    }
    known = Secrets(**{**fresh, **(orjson.loads(path.read_bytes()) if path.exists() else {})})
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps({**vars(known), "starts": known.starts + 1}))
    return known


@contextlib.contextmanager
def _only_demo(port: int) -> Iterator[bool]:
    """Whether no other demo of this machine uses the port or is about to. It is reserved for as long as the block lasts."""
    with (Path(tempfile.gettempdir()) / f"gateway-demo-port-{port}-{os.geteuid()}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _ports(wanted: int, more: int) -> list[int]:
    """Of the API (the wanted one if it is free), and as many more: loopback ports that nobody listens on."""
    found: list[int] = []
    with contextlib.ExitStack() as probes:
        for port in (wanted, *(0 for _ in range(more))):
            probe = probes.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            found.append(probe.getsockname()[1])
    return found


def _simulators(shop_url: str, api: str, known: Secrets) -> dict[str, dict[str, Any]]:
    """What is simulated, in the order of its ports, and how each is set up."""
    return {
        "woocommerce": _shop_config(shop_url, known),
        "ongoing": _warehouse_config(known),
        mystore.SYSTEM: _mystore_config(api, known),
        nettbutikk.SYSTEM: nettbutikk.configuration(known.nettbutikk_token, known.starts, known.mark),
        sevenoffice.SYSTEM: sevenoffice.configuration(known.sevenoffice_password, known.starts, known.mark),
    }


def _shop_config(home_url: str, known: Secrets) -> dict[str, Any]:
    return {
        "home_url": home_url,
        "consumer_keys": [[known.consumer_key, known.consumer_secret, "read_write"]],
        "first_id": _first_id(known),
    }


def _warehouse_config(known: Secrets) -> dict[str, Any]:
    first = {name: first + known.starts * IDS_PER_START for name, first in FIRST_WAREHOUSE_IDS.items()}
    return {**warehouse_config(WAREHOUSE, WAREHOUSE_USER, known.warehouse_password), **first}


def _mystore_config(api: str, known: Secrets) -> dict[str, Any]:
    return mystore.configuration(api, known.mystore_client_secret, _first_id(known) + MYSTORE_IDS, known.mark)


def _first_id(known: Secrets) -> int:
    """A simulated shop forgets everything when it ends, the gateway does not: ids are never given twice."""
    return FIRST_SHOP_ID + known.starts * IDS_PER_START


def _simulator(name: str, port: int, config: dict[str, Any], place: Path) -> Program:
    command = [sys.executable, "-m", "app.sandbox", name, "--port", str(port), "--config", orjson.dumps(config).decode()]
    return Program(name, command, _bare_environment(), place, place / "logs" / f"{name}.log")


def _process(name: str, environment: dict[str, str], place: Path) -> Program:
    return Program(name, [*GATEWAY, name], environment, place, place / "logs" / f"{name}.log")


def _bare_environment() -> dict[str, str]:
    """Ours without any setting of a gateway: the demo is the same for all. No `.env` counts either, as it runs elsewhere."""
    home = str(Path(app.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    kept = {name: value for name, value in kept.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (home, kept.get("PYTHONPATH"))))}


def _environment(place: Path, database: str, redis: str, port: int) -> dict[str, str]:
    return _bare_environment() | {
        "GATEWAY_DATA_DIRECTORY": str(place),
        "GATEWAY_DATABASE_URL": database,
        "GATEWAY_REDIS_URL": redis,
        "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_METRICS_PORT": "0",
        "GATEWAY_WORKER_METRICS_PORT": "0",
        # Shop and warehouse are on this machine, without https.
        "GATEWAY_ALLOW_PRIVATE_ADDRESSES": "true",
        "GATEWAY_ALLOW_PLAIN_HTTP": "true",
        # Nobody wants to watch minutes of waiting.
        "GATEWAY_RETRY_BASE_SECONDS": "0.2",
        "GATEWAY_RETRY_CAP_SECONDS": "5",
        "GATEWAY_BUDGET_PAUSE_SECONDS": "1",
        "GATEWAY_LOGIN_PAUSE_SECONDS": "5",
        "GATEWAY_SHOP_PAUSE_SECONDS": "1",
        "GATEWAY_SHOP_PAUSE_CAP_SECONDS": "5",
        "GATEWAY_SWEEP_INTERVAL_SECONDS": "1",
        "GATEWAY_DRAIN_SECONDS": f"{DRAIN_SECONDS:g}",
    }
