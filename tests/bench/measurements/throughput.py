"""What an order costs in computing, from the inbox to the WMS's answer, beside a bare loop; and how many one lane works off."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from app.engine.core.queue import Task
from app.worker import work
from tests.bench.figure import Figure, Options
from tests.bench.workload import bare, databases, world
from tests.bench.workload.warehouse_process import WarehouseProcess, warehouse_process
from tests.harness import Harness

ORDERS = 200
WARM_UP = 20
WANTED = 3.0


@dataclass(frozen=True)
class Cost:
    """Of one order: seconds of computing (all threads of the gateway's process), and orders per second in the drain."""

    ingest: float
    drain: float
    bare: float
    per_second: float

    @property
    def ratio(self) -> float:
        return (self.ingest + self.drain) / self.bare


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return [_figure("throughput-sqlite", "SQLite", asyncio.run(_measure(url)))]


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return [_figure("throughput-postgresql", "PostgreSQL", asyncio.run(_measure(url)))]


def _figure(bench: str, database: str, cost: Cost) -> Figure:
    return Figure(
        bench,
        f"Computing of an order, ingest and drain, of a bare loop's, on {database}",
        f"{cost.ratio:.1f} times",
        f"at most {WANTED:g} times",
        cost.ratio <= WANTED,
        (
            f"an order computes {cost.ingest * 1000:.1f} ms in ingest and {cost.drain * 1000:.1f} ms in the drain; "
            f"the bare loop {cost.bare * 1000:.1f} ms: two calls with the same client and {bare.COMMITS} commits",
            f"{cost.per_second:.0f} orders/s in one lane; {ORDERS} new orders, the simulated WMS in a process of its own",
        ),
    )


async def _measure(url: str) -> Cost:
    with warehouse_process() as warehouse:
        async with world.harness(url, warehouse=warehouse) as harness:
            await _work_off(harness, 1001, WARM_UP)
            ingest, drain, seconds = await _work_off(harness, 2001, ORDERS)
            bodies = [_renumbered(body) for body in _sent(warehouse)[-ORDERS:]]
            await bare.computing_of(harness.gateway, harness.connection, bodies[:WARM_UP])
            plain = await bare.computing_of(harness.gateway, harness.connection, bodies[WARM_UP:])
            return Cost(ingest, drain, plain, ORDERS / seconds)


async def _work_off(harness: Harness, first: int, orders: int) -> tuple[float, float, float]:
    """Computing of an order in ingest and in the drain, and the drain's time, in seconds."""
    for number in range(orders):
        await harness.announce(world.order(first + number, number))
    before = time.process_time()
    await harness.ingest()
    taken_in, began = time.process_time(), time.perf_counter()
    await work(harness.gateway, Task.DRAIN, harness.connection.lane)
    await harness.work()
    return (taken_in - before) / orders, (time.process_time() - taken_in) / orders, time.perf_counter() - began


def _sent(warehouse: WarehouseProcess) -> list[dict[str, Any]]:
    return [call["body"] for call in warehouse.written()]


def _renumbered(body: dict[str, Any]) -> dict[str, Any]:
    """The same order as another one."""
    return {**body, "orderNumber": f"9{body['orderNumber']}", "goodsOwnerOrderId": f"9{body['goodsOwnerOrderId']}"}
