"""The gateway's own processes: killed in a burst, frozen and thawed, asked to end under load."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.sandbox.ongoing import WarehouseConfig
from app.storage.side_tables import leases
from app.storage.tables import attempts
from tests.chaos.cluster import TIMES, Cluster
from tests.chaos.conftest import StartCluster
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day, shuffled
from tests.chaos.processes import until
from tests.chaos.size import LONGEST_TEST, ORDERS, ROUNDS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


async def test_what_was_answered_before_the_api_was_killed_is_there_and_the_rest_is_sent_again(cluster: Cluster) -> None:
    for _ in range(WORKERS):
        cluster.start_worker()
    api = cluster.programs[0]
    await cluster.until_answering()
    for number in range(ROUNDS):
        day = shuffled(busy_day(ORDERS * 5, first=1001 + number * ORDERS * 5), seed=number)
        burst = asyncio.create_task(cluster.post(day, side_by_side=16))
        await cluster.until_taken(len(day) // 3)
        api.kill()
        unanswered = await burst
        assert unanswered
        api = cluster.start_api()
        await cluster.deliver(unanswered)
    await all_is_well(cluster)


@pytest.mark.parametrize("place", ["in the middle of a call", "just before a call"])
async def test_a_holder_that_was_frozen_and_thawed_after_another_took_over_writes_nothing(
    place: str, cluster: Cluster, tmp_path: Path
) -> None:
    await cluster.deliver(busy_day(ORDERS))
    # It sweeps once only, and its first turn begins slowly: when it freezes nothing else of it is under way, no transaction
    # least of all.
    alone = {"sweep_interval_seconds": 3600}
    cluster.warehouse_fails("slow", method="GET", path="/demo/api/v1/orders", seconds=0.7, times=1)
    if place == "in the middle of a call":
        cluster.warehouse_fails("slow", method="PUT", seconds=1, times=1)
        first = cluster.start_worker(**alone)
        await until(lambda: _is_calling(cluster), "a call is under way")
        first.freeze()
    else:
        mark = tmp_path / "hit"
        armed = {"failpoint": "attempt-after-commit", "failpoint_signal": "SIGSTOP", "failpoint_mark": mark}
        first = cluster.start_worker(**alone, **armed)
        await until(mark.exists, "it froze")
    second = cluster.start_worker()
    await cluster.settle()
    assert second.says("jobs_taken_back")
    writes = len(cluster.calls("PUT", ""))
    first.thaw()
    await until(lambda: first.says("lease_lost"), "the first worker noticed")
    await second.stop("worker_stopped")
    assert len(cluster.calls("PUT", "")) == writes
    # It is none the worse for it.
    await cluster.deliver(busy_day(3, first=5001))
    await all_is_well(cluster)


async def _is_calling(cluster: Cluster) -> bool:
    async with cluster.database.read() as db:
        return bool(await db.scalar(select(func.count()).where(attempts.c.finished_at.is_(None))))


async def test_processes_asked_to_end_finish_what_they_have_begun_and_lose_nothing(start_cluster: StartCluster) -> None:
    cluster = await start_cluster(warehouse=WarehouseConfig(write_seconds=0.05))
    worker = cluster.start_worker()
    api = cluster.start_api()
    await cluster.until_answering()
    burst = asyncio.create_task(cluster.post(busy_day(ORDERS * 5), side_by_side=16))
    await cluster.until_taken(ORDERS * 3)
    await cluster.until_written(1)
    took = await asyncio.gather(api.stop("Application shutdown complete"), worker.stop("worker_stopped"))
    assert max(took) < TIMES["DRAIN_SECONDS"] + 5
    unanswered = await burst
    assert not await cluster.is_settled()
    assert await _held_leases(cluster) == []
    cluster.start_worker()
    cluster.start_api()
    await cluster.deliver(unanswered)
    await all_is_well(cluster)


async def _held_leases(cluster: Cluster) -> list[str]:
    """What the next worker would have to wait for."""
    async with cluster.database.read() as db:
        return [row.key for row in await db.execute(select(leases.c.key).where(leases.c.holder.is_not(None)))]
