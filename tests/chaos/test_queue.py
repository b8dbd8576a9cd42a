"""Redis (Valkey) killed or emptied with everything queued: it holds rings only, so the sweeper rings again."""

from __future__ import annotations

import pytest

from app.sandbox.ongoing import WarehouseConfig
from tests.chaos.cluster import TIMES
from tests.chaos.conftest import StartCluster
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day
from tests.chaos.size import LONGEST_TEST, ORDERS, ROUNDS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


async def test_a_redis_emptied_and_then_killed_with_everything_queued_costs_nothing(start_cluster: StartCluster) -> None:
    cluster = await start_cluster(warehouse=WarehouseConfig(write_seconds=0.05))
    cluster.start_api()
    await cluster.deliver(busy_day(ORDERS))
    cluster.valkey.empty()
    workers = [cluster.start_worker() for _ in range(WORKERS)]
    for number in range(1, ROUNDS + 1):
        await cluster.until_written(cluster.written + 1)
        cluster.valkey.kill()
        await cluster.deliver(busy_day(ORDERS, first=1001 + number * ORDERS))
        ready = await cluster.ask("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert not await cluster.is_settled()
        cluster.valkey.start_empty()
    await all_is_well(cluster)
    assert all(worker.code is None for worker in workers)

    cluster.valkey.kill()
    for worker in workers:
        assert await worker.stop("worker_stopped") < TIMES["DRAIN_SECONDS"] + 5


async def test_a_redis_that_is_away_when_everything_begins_is_waited_for(start_cluster: StartCluster) -> None:
    cluster = await start_cluster()
    cluster.valkey.kill()
    worker = cluster.start_worker()
    cluster.start_api()
    await cluster.deliver(busy_day(3))
    cluster.valkey.start_empty()
    await all_is_well(cluster)
    assert worker.code is None
