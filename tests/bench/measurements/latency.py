"""From a webhook's commit to the warehouse: real processes, nothing else waiting, beside a bare arq round trip."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from sqlalchemy import func, select

from app.sandbox.kit.journal import Journal
from app.settings import Settings
from app.storage.tables import inbox
from tests.bench.compared.arq_worker import QUEUE, STARTED
from tests.bench.figure import Figure, Options, median_and_p95, percentile
from tests.bench.workload import databases, world
from tests.chaos.cluster import ROOT, Cluster, open_town
from tests.chaos.deliveries import delivery
from tests.chaos.processes import Program

DELIVERIES = 100
WARM_UP = 5


@dataclass
class Times:
    """In seconds, one by one."""

    to_warehouse: list[float] = field(default_factory=list)
    arq: list[float] = field(default_factory=list)


def measure(options: Options) -> list[Figure]:
    with databases.sqlite() as url, tempfile.TemporaryDirectory(prefix="gateway-bench-") as directory:
        times = asyncio.run(_measure(url, Path(directory)))
    ratio = statistics.median(times.to_warehouse) / statistics.median(times.arq)
    p95_ratio = percentile(times.to_warehouse, 0.95) / percentile(times.arq, 0.95)
    return [
        Figure(
            "latency",
            "Webhook committed to the first call at the WMS, nothing else waiting",
            median_and_p95(times.to_warehouse),
            notes=(
                f"a bare arq round trip, asked for work as often: {median_and_p95(times.arq)}",
                f"{ratio:.1f} times that in the median, {p95_ratio:.1f} times in the p95; on the way are two of them",
                f"{DELIVERIES} deliveries one after another, on SQLite, API and worker in processes of their own",
            ),
        )
    ]


async def _measure(url: str, directory: Path) -> Times:
    async with open_town(directory, url) as cluster:
        # Nobody but the rings may be what brings a delivery on its way.
        cluster.start_api()
        await cluster.until_answering()
        cluster.start_worker(sweep_interval_seconds=3600)
        poll_delay = float(Settings.model_fields["poll_delay_seconds"].default)
        bare = _start_bare_worker(cluster, poll_delay)
        pool = await create_pool(RedisSettings.from_dsn(cluster.valkey.url))
        try:
            return await _in_turn(cluster, pool, poll_delay)
        finally:
            bare.kill()
            await pool.aclose(close_connection_pool=True)


def _start_bare_worker(cluster: Cluster, poll_delay: float) -> Program:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "GATEWAY_REDIS_URL": cluster.valkey.url,
        "GATEWAY_POLL_DELAY_SECONDS": str(poll_delay),
    }
    return Program("arq", [sys.executable, "-m", "tests.bench.compared.arq_worker"], environment, cluster.directory / "arq.log")


async def _in_turn(cluster: Cluster, pool: ArqRedis, poll_delay: float) -> Times:
    times = Times()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for number in range(WARM_UP + DELIVERIES):
            # At any moment between two looks at the queue, not always just after one.
            await asyncio.sleep(random.random() * poll_delay)
            to_warehouse = await _deliver(cluster, http, 1001 + number)
            await asyncio.sleep(random.random() * poll_delay)
            arq = await _round_trip(pool)
            if number >= WARM_UP:
                times.to_warehouse.append(to_warehouse)
                times.arq.append(arq)
    return times


async def _deliver(cluster: Cluster, http: httpx.AsyncClient, order_id: int) -> float:
    """Seconds from when the delivery was received (its commit is later) to the first call for it in the WMS's journal."""
    journal = cluster.warehouse_server.app.state.journal
    before = journal.count
    answer = await cluster.post_one(http, delivery(world.order(order_id), "order.created"))
    assert answer is not None, "the API did not answer"
    assert answer.status_code == 200, answer.text
    await world.until(lambda: _has_grown(journal, before), f"the WMS was called for order {order_id}")
    await world.until(cluster.is_settled, f"order {order_id} was settled")
    first = journal.since(before)[0]
    async with cluster.database.read() as db:
        received: datetime | None = await db.scalar(select(func.max(inbox.c.received_at)))
    assert received is not None
    return (first.at - received).total_seconds()


async def _has_grown(journal: Journal, before: int) -> bool:
    return journal.count > before


async def _round_trip(pool: ArqRedis) -> float:
    """Seconds from when a job is put into arq's queue to when its function starts."""
    began = time.time()
    await pool.enqueue_job("start", _queue_name=QUEUE)
    answer: Any = await pool.blpop([STARTED], timeout=30)  # type: ignore[misc]  # typed as the client without await is
    assert answer is not None, "arq did not start the job"
    return float(answer[1]) - began
