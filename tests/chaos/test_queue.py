"""Redis (Valkey) killed or emptied with everything queued: it holds rings only, so the sweeper rings again."""

from __future__ import annotations

import pytest

from app.sandbox.ongoing import WarehouseConfig
from tests.chaos.conftest import Found
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day
from tests.chaos.size import LONGEST_TEST, ORDERS, ROUNDS, WORKERS
from tests.chaos.town import TIMES

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


async def test_a_redis_emptied_and_then_killed_with_everything_queued_costs_nothing(found: Found) -> None:
    town = await found(warehouse=WarehouseConfig(write_seconds=0.05))
    town.start_api()
    await town.deliver(busy_day(ORDERS))
    town.valkey.empty()
    workers = [town.start_worker() for _ in range(WORKERS)]
    for number in range(1, ROUNDS + 1):
        await town.until_written(town.written + 1)
        town.valkey.kill()
        await town.deliver(busy_day(ORDERS, first=1001 + number * ORDERS))
        ready = await town.ask("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert not await town.is_settled()
        town.valkey.start_empty()
    await all_is_well(town)
    assert all(worker.code is None for worker in workers)

    town.valkey.kill()
    for worker in workers:
        assert await worker.stop("worker_stopped") < TIMES["DRAIN_SECONDS"] + 5


async def test_a_redis_that_is_away_when_everything_begins_is_waited_for(found: Found) -> None:
    town = await found()
    town.valkey.kill()
    worker = town.start_worker()
    town.start_api()
    await town.deliver(busy_day(3))
    town.valkey.start_empty()
    await all_is_well(town)
    assert worker.code is None
