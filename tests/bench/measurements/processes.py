"""What an order costs with real processes, from the shop's webhook to the warehouse, beside a bare loop.

Everything that an order brings about is in it: API and worker, the sweeps meanwhile, the WMS's own webhooks about the order, and
what they have the worker read.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import func, select

from app.clock import utc_now
from app.domain import Process
from app.engine.core.queue import MemoryWakeUps
from app.engine.core.runtime import open_gateway
from app.records import connections, cursors
from app.records.connections import Connection, Draft
from app.sandbox.kit.server import free_port
from app.storage.engine import Database
from app.storage.secrets import open_vault
from app.storage.tables import inbox, jobs
from tests.bench.figure import Figure, Options
from tests.bench.measurements import lanes
from tests.bench.measurements.lanes import SHOP, Town
from tests.bench.workload import bare, databases, world
from tests.chaos.cluster import UNSETTLED_EVENTS, UNSETTLED_JOBS
from tests.chaos.deliveries import delivery
from tests.chaos.processes import Program, until
from tests.harness import LONG_AGO, WEBHOOK_SECRET

ORDERS = 200
WARM_UP = 30
SIDE_BY_SIDE = 8
STEADY_SECONDS = 0.1
"""Between two orders where they come steadily, one after another."""
AFTERWARDS_SECONDS = 3.0
"""For the WMS's webhooks about the last orders, and what they lead to."""
WANTED = 5.0
WMS_SECRET = "a-fixed-secret-of-the-wms"


@dataclass(frozen=True)
class Computing:
    """Seconds of computing of an order."""

    api: float
    worker: float

    @property
    def both(self) -> float:
        return self.api + self.worker


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return [_figure("processes-sqlite", "SQLite", url)]


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return [_figure("processes-postgresql", "PostgreSQL", url)]


def _figure(bench: str, database: str, url: str) -> Figure:
    with lanes._town(url) as town:
        burst, steady, plain = asyncio.run(_measure(town))
    ratio = burst.both / plain
    return Figure(
        bench,
        f"Computing of an order with real processes, webhook to warehouse, of a bare loop's, on {database}",
        f"{ratio:.1f} times",
        f"at most {WANTED:g} times",
        ratio <= WANTED,
        (
            f"an order computes {burst.worker * 1000:.1f} ms in the worker and {burst.api * 1000:.1f} ms in the API; "
            f"the bare loop {plain * 1000:.1f} ms: two calls with the same client and {bare.COMMITS} commits",
            f"orders that come one by one, every {STEADY_SECONDS * 1000:.0f} ms: {steady.worker * 1000:.1f} ms in the worker and "
            f"{steady.api * 1000:.1f} ms in the API, {steady.both / plain:.1f} times",
            f"{ORDERS} new orders each, {SIDE_BY_SIDE} webhooks side by side; "
            "sweeps, the WMS's own webhooks and what they lead to are included",
        ),
    )


async def _measure(town: Town) -> tuple[Computing, Computing, float]:
    port = free_port()
    database = Database(town.settings.sqlalchemy_url)
    try:
        connection = await _connect(town, database)
        _tell(town, f"http://127.0.0.1:{port}/webhooks/ongoing/{connection.webhook_id}")
        with _programs(town, port) as (api, worker):
            sender = Sender(town, database, f"http://127.0.0.1:{port}/webhooks/{connection.webhook_id}", api, worker)
            await until(sender.is_answered, "the API answers")
            await sender.computing_of(range(1001, 1001 + WARM_UP))
            burst = await sender.computing_of(range(2001, 2001 + ORDERS))
            steady = await sender.computing_of(range(3001, 3001 + ORDERS), STEADY_SECONDS)
        _tell_nobody(town)
        return burst, steady, await _bare(town, connection)
    finally:
        await database.close()


@contextlib.contextmanager
def _programs(town: Town, port: int) -> Iterator[tuple[Program, Program]]:
    environment = {**town.environment, "GATEWAY_PORT": str(port), "GATEWAY_METRICS_PORT": "0"}
    started = [
        Program(each, [sys.executable, "-m", "tests.chaos.programs", each], environment, town.directory / f"{each}.log")
        for each in ("api", "worker")
    ]
    try:
        yield started[0], started[1]
    finally:
        for program in started:
            program.kill()


@dataclass
class Sender:
    """The shop, and what its orders cost."""

    town: Town
    database: Database
    url: str
    api: Program
    worker: Program

    async def is_answered(self) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(self.url.rpartition("/webhooks")[0] + "/livez")).status_code == 200
            except httpx.TransportError:
                return False

    async def computing_of(self, order_ids: Sequence[int], gap: float | None = None) -> Computing:
        """Announces new orders: side by side, or one after another with a gap in seconds."""
        before = self._computed()
        waiting = list(order_ids)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:

            async def send() -> None:
                while waiting:
                    order_id = waiting.pop(0)
                    announced = delivery(world.order(order_id), "order.created")
                    answer = await http.post(self.url, content=announced.body, headers=announced.headers(SHOP))
                    assert answer.status_code == 200, answer.text
                    if gap is not None:
                        await asyncio.sleep(gap)

            await asyncio.gather(*(send() for _ in range(1 if gap is not None else SIDE_BY_SIDE)))
        await until(self._is_settled, f"{len(order_ids)} orders were settled", 300)
        await asyncio.sleep(AFTERWARDS_SECONDS)
        after = self._computed()
        return Computing(*((now - then) / len(order_ids) for now, then in zip(after, before, strict=True)))

    def _computed(self) -> tuple[float, float]:
        return lanes._computed(self.api.pid), lanes._computed(self.worker.pid)

    async def _is_settled(self) -> bool:
        events = select(func.count()).select_from(inbox).where(inbox.c.state.in_(UNSETTLED_EVENTS))
        work = select(func.count()).select_from(jobs).where(jobs.c.state.in_(UNSETTLED_JOBS))
        async with self.database.read() as db:
            return not await db.scalar(events) and not await db.scalar(work)


async def _connect(town: Town, database: Database) -> Connection:
    """Its shop's polls are not due: what the shop itself has to say is not measured here."""
    vault, now = open_vault(town.settings), utc_now()
    draft = Draft(
        name="shop",
        integration="woocommerce",
        source={"shop_url": SHOP, "consumer_key": "ck", "consumer_secret": "cs", "webhook_secret": WEBHOOK_SECRET},
        warehouse=town.warehouse.credentials(webhook_secret=WMS_SECRET),
        settings={
            "go_live": LONG_AGO,
            "processes": {"articles": False, "stock": False, "shipments": True, "returns": True},
            "webhooks": {"managed": False},
        },
    )
    async with database.begin() as db:
        made = await connections.create(db, vault, connections.prepare(draft, town.settings.reach), now)
        await connections.activate(db, await connections.find(db, vault, made), now)
        found = await connections.find(db, vault, made)
        for process in (Process.ORDERS, Process.SHIPMENTS, Process.RETURNS):
            later = now + timedelta(days=1)
            await cursors.ensure(db, found, process, now)
            await cursors.change(db, found.id, process, next_poll_at=later, next_sweep_at=later)
    return found


def _tell(town: Town, url: str) -> None:
    """The WMS tells the gateway of everything that happens in it."""
    webhook: dict[str, Any] = {"url": url, "token": WMS_SECRET}
    httpx.post(f"http://127.0.0.1:{town.warehouse.port}/_sandbox/webhooks", json=webhook, trust_env=False).raise_for_status()


def _tell_nobody(town: Town) -> None:
    httpx.delete(f"http://127.0.0.1:{town.warehouse.port}/_sandbox/webhooks", trust_env=False).raise_for_status()


async def _bare(town: Town, connection: Connection) -> float:
    """Seconds of computing of an order in the bare loop, against the same WMS."""
    bodies = [_renumbered(call["body"]) for call in town.warehouse.written()[-ORDERS:]]
    async with open_gateway(town.settings, MemoryWakeUps()) as gateway:
        await bare.computing_of(gateway, connection, bodies[:WARM_UP])
        return await bare.computing_of(gateway, connection, bodies[WARM_UP:])


def _renumbered(body: dict[str, Any]) -> dict[str, Any]:
    """The same order as another one."""
    return {**body, "orderNumber": f"9{body['orderNumber']}", "goodsOwnerOrderId": f"9{body['goodsOwnerOrderId']}"}
