"""A cluster for the bad days: the gateway's processes as processes, its services as services, a simulated shop and warehouse.

The simulators run in threads of the test's own process, so that their journals can be read whatever happens to the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.clock import utc_now
from app.domain import Process
from app.processes.valkey import EmbeddedValkey, ask
from app.records import connections
from app.records.connections import Connection, Draft
from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import Warehouse, WarehouseConfig, create_warehouse
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from app.settings import Settings
from app.storage.engine import Database
from app.storage.secrets import new_key, open_vault
from app.storage.tables import cursors, inbox, jobs
from tests.chaos.deliveries import Delivery, newest
from tests.chaos.processes import Program, until
from tests.chaos.size import LONGEST_WAIT
from tests.harness import KEY, LONG_AGO, SECRET, WEBHOOK_SECRET
from tests.services import free_port

ROOT = Path(__file__).parents[2]
GOODS_OWNER = 77

CALL_SECONDS = 1.5
LEASE_SECONDS = 2.5
"""Longer than a call, and short enough to wait for: whatever a killed worker held is free after this."""

TIMES = {
    "LEASE_SECONDS": LEASE_SECONDS,
    "SLICE_SECONDS": 3,
    "TASK_TIMEOUT_SECONDS": 300,
    "SWEEP_INTERVAL_SECONDS": 0.5,
    "RETRY_BASE_SECONDS": 0.2,
    "RETRY_CAP_SECONDS": 1,
    "BUDGET_PAUSE_SECONDS": 0.5,
    "SHOP_PAUSE_SECONDS": 0.5,
    "SHOP_PAUSE_CAP_SECONDS": 1,
    "REFUSAL_PAUSE_SECONDS": 0.5,
    "COMMIT_TIMEOUT_SECONDS": 2,
    "DRAIN_SECONDS": 10,
}

UNSETTLED_EVENTS = ("received", "parked", "queued")
UNSETTLED_JOBS = ("waiting", "running", "parked")


class Valkey:
    """A queue of the cluster's own, on one address whatever is done to it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = EmbeddedValkey()
        self.url = self._server.start(directory)

    @property
    def address(self) -> Path:
        return Path(self.url.removeprefix("unix://"))

    def kill(self) -> None:
        """kill -9."""
        pid = self._server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self._server.stop()

    def start_empty(self) -> None:
        """Again, without anything that was in it."""
        shutil.rmtree(self._directory)
        self._server = EmbeddedValkey()
        assert self._server.start(self._directory) == self.url

    def empty(self) -> None:
        assert ask(self.address, "FLUSHALL", patience=10) == "+OK"

    def stop(self) -> None:
        self._server.stop()


@dataclass
class Cluster:
    directory: Path
    database_url: str
    database: Database
    valkey: Valkey
    shop: Shop
    shop_server: Server
    warehouse: Warehouse
    warehouse_server: Server
    connection: Connection
    secret_key: str
    port: int
    accepted: list[Delivery] = field(default_factory=list)
    """What was answered with 200, and with that must never be lost."""
    refusals: list[httpx.Response] = field(default_factory=list)
    """The other answers."""
    sent: list[Delivery] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)

    # --- the gateway's processes

    def start(self, which: str, **environment: Any) -> Program:
        number = sum(1 for program in self.programs if program.name.startswith(which)) + 1
        name = f"{which}-{number}"
        command = [sys.executable, "-m", "tests.chaos.programs", which]
        made = Program(name, command, self._environment(environment), self.directory / f"{name}.log")
        self.programs.append(made)
        return made

    def _environment(self, more: Mapping[str, Any]) -> dict[str, str]:
        given = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url,
            "DATA_DIRECTORY": self.directory / "data",
            "SECRET_KEYS": self.secret_key,
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "ALLOW_PLAIN_HTTP": "true",
            "PORT": self.port,
            "METRICS_PORT": 0,
            "WORKER_METRICS_PORT": 0,
            **TIMES,
            **{name.upper(): value for name, value in more.items()},
        }
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "DATABASE_", "REDIS_"))}
        return {**ours, "PYTHONPATH": str(ROOT), **{f"GATEWAY_{name}": str(value) for name, value in given.items()}}

    def start_worker(self, **environment: Any) -> Program:
        return self.start("worker", **environment)

    def start_api(self) -> Program:
        return self.start("api")

    async def until_answering(self) -> None:
        """Until the API takes deliveries."""

        async def answers() -> bool:
            try:
                return (await self.ask("/livez")).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers, "the API answers")

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            return await http.get(self.api_url + path)

    # --- the shop's deliveries

    async def post(self, deliveries: Iterable[Delivery], side_by_side: int = 8) -> list[Delivery]:
        """Sends each once, as the shop does. Returns those that were not answered with 200."""
        waiting = list(deliveries)
        self.sent += waiting
        for order in newest(self.sent).values():
            self.shop.put_order_raw(order)
        failed: list[Delivery] = []
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

            async def post_some() -> None:
                while waiting:
                    one = waiting.pop(0)
                    answer = await self.post_one(http, one)
                    if answer is None or answer.status_code != 200:
                        failed.append(one)

            await asyncio.gather(*(post_some() for _ in range(side_by_side)))
        return failed

    async def until_taken(self, more: int) -> None:
        """Until so many more deliveries than now have been answered with 200."""
        before = len(self.accepted)
        await until(lambda: len(self.accepted) >= before + more, f"{more} deliveries were taken")

    async def post_one(self, http: httpx.AsyncClient, delivery: Delivery) -> httpx.Response | None:
        url = f"{self.api_url}/webhooks/{self.connection.webhook_id}"
        try:
            answer = await http.post(url, content=delivery.body, headers=delivery.headers(self.shop_server.url))
        except httpx.TransportError:
            return None
        if answer.status_code == 200:
            self.accepted.append(delivery)
        else:
            self.refusals.append(answer)
        return answer

    async def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Sends each until it is answered with 200."""
        await self.until_answering()
        waiting = await self.post(deliveries)

        async def all_taken() -> bool:
            nonlocal waiting
            waiting = await self.post(waiting)
            return not waiting

        await until(all_taken, "every delivery was taken")

    # --- the warehouse's side

    def warehouse_fails(self, kind: str, **more: Any) -> None:
        self.warehouse_server.app.state.faults.active.append(Fault(kind, **more))

    def warehouse_recovers(self) -> None:
        self.warehouse_server.app.state.faults.active.clear()

    def close_warehouse(self) -> None:
        self.warehouse_server.stop()

    def open_warehouse(self) -> None:
        """At the same address, with everything that was in it."""
        self.warehouse_server = Server(self.warehouse_server.app, self.warehouse_server.port).start()

    def calls(self, method: str | None = None, path: str = "/orders") -> list[Call]:
        """What the warehouse was asked, from its own journal."""
        asked = list(self.warehouse_server.app.state.journal.calls)
        return [call for call in asked if method in (None, call.method) and call.path.startswith(f"/demo/api/v1{path}")]

    @property
    def asked(self) -> int:
        """How many calls the warehouse got."""
        return len(self.calls(path=""))

    async def until_asked(self, number: int) -> None:
        await until(lambda: self.asked >= number, f"the warehouse got {number} calls")

    @property
    def written(self) -> int:
        """How many times an order was written, or tried to be."""
        return len(self.calls("PUT"))

    async def until_written(self, number: int) -> None:
        await until(lambda: self.written >= number, f"orders were written {number} times")

    # --- what SQL says, and is told

    async def poll_now(self) -> None:
        """Makes the next poll of the shop due."""
        async with self.database.begin() as db:
            await db.execute(update(cursors).values(next_poll_at=utc_now()))

    async def states(self, table: Any = inbox) -> Counter[str]:
        """How many events, or jobs, are in which state."""
        async with self.database.read() as db:
            rows = await db.execute(select(table.c.state, func.count()).group_by(table.c.state))
            return Counter({row[0]: row[1] for row in rows})

    async def is_settled(self) -> bool:
        """Whether nothing waits any more: no event, no job. A database that is away is not settled."""
        try:
            events, work = await self.states(), await self.states(jobs)
        except (SQLAlchemyError, OSError):
            return False
        return not any(events[state] for state in UNSETTLED_EVENTS) and not any(work[state] for state in UNSETTLED_JOBS)

    async def settle(self, seconds: float = LONGEST_WAIT) -> None:
        try:
            await until(self.is_settled, "everything was settled", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.report()}") from None

    async def report(self) -> str:
        """For a failure: states, and the end of every log."""
        lines = [f"events {dict(await self.states())}, jobs {dict(await self.states(jobs))}"]
        return "\n".join([*lines, *(f"--- {each.name} ({each.code})\n{each.last_lines()}" for each in self.programs)])

    async def stop(self) -> None:
        for program in self.programs:
            if program.code is None:
                program.thaw()
            program.kill()
        await self.database.close()
        for server in (self.shop_server, self.warehouse_server):
            server.stop()
        self.valkey.stop()


@contextlib.asynccontextmanager
async def open_town(
    directory: Path, database_url: str, *, warehouse: WarehouseConfig | None = None, **settings: Any
) -> AsyncIterator[Cluster]:
    """With its services, its simulators and one active connection, but none of the gateway's processes yet."""
    port = free_port()
    shop = create_shop(ShopConfig(home_url=f"http://127.0.0.1:{port}", consumer_keys=[(KEY, SECRET, "read_write")]))
    shop_server = Server(shop, port).start()
    warehouse_server = Server(create_warehouse(warehouse or WarehouseConfig())).start()
    valkey = Valkey(directory / "valkey")
    key = new_key()
    chosen = Settings(
        data_directory=directory / "data",
        database_url=database_url,
        secret_keys=[SecretStr(key)],
        allow_private_addresses=True,
        allow_plain_http=True,
    )
    database = Database(chosen.sqlalchemy_url)
    connection = await _connect(database, chosen, shop_server, warehouse_server, settings)
    await _postpone_polls(database, connection)
    cluster = Cluster(
        directory=directory,
        database_url=database_url,
        database=database,
        valkey=valkey,
        shop=shop.state.shop,
        shop_server=shop_server,
        warehouse=warehouse_server.app.state.warehouse,
        warehouse_server=warehouse_server,
        connection=connection,
        secret_key=key,
        port=free_port(),
    )
    try:
        yield cluster
    finally:
        await cluster.stop()


async def _connect(
    database: Database, chosen: Settings, shop_server: Server, warehouse_server: Server, settings: dict[str, Any]
) -> Connection:
    draft = Draft(
        name="shop",
        integration="woocommerce",
        source={
            "shop_url": shop_server.url,
            "consumer_key": KEY,
            "consumer_secret": SECRET,
            "webhook_secret": WEBHOOK_SECRET,
        },
        warehouse={
            "url": f"{warehouse_server.url}/demo/api/v1/",
            "user": "gateway",
            "password": "gateway",
            "goods_owner_id": GOODS_OWNER,
        },
        settings={
            "go_live": LONG_AGO,
            "brake": {"max_count": 10_000, "max_share": 1},
            "warehouse": {"call_timeout_seconds": CALL_SECONDS},
            **settings,
        },
    )
    vault, now = open_vault(chosen), utc_now()
    async with database.begin() as db:
        made = await connections.create(db, vault, connections.prepare(draft, chosen.reach), now)
        await connections.activate(db, await connections.find(db, vault, made), now)
        return await connections.find(db, vault, made)


async def _postpone_polls(database: Database, connection: Connection) -> None:
    """What is found was announced, and what is lost stays lost."""
    later = utc_now() + timedelta(days=1)
    async with database.begin() as db:
        for process in Process:
            await db.execute(
                insert(cursors).values(connection_id=connection.id, process=process, next_poll_at=later, next_sweep_at=later)
            )
