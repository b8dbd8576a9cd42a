"""Redis (Valkey) killed or emptied with everything queued: it holds rings only, so the sweeper rings again."""

from __future__ import annotations

import pytest

from app.sandbox.ongoing import WarehouseConfig
from tests.chaos.conftest import Found
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day
from tests.chaos.size import LONGEST_TEST, ORDERS, WORKERS
from tests.chaos.town import Town

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


async def test_a_redis_killed_with_everything_queued_costs_nothing_and_intake_goes_on_without_it(found: Found) -> None:
    town = await found(warehouse=WarehouseConfig(write_seconds=0.05))
    await town.start_api()
    workers = [town.start_worker() for _ in range(WORKERS)]
    await town.deliver(busy_day(ORDERS))
    await town.until_written(1)
    town.valkey.kill()
    await town.deliver(busy_day(ORDERS, first=3001))
    ready = await town.ask("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert not await town.is_settled()
    town.valkey.start_empty()
    found_again = await all_is_well(town)
    assert found_again.accepted == 4 * ORDERS
    assert all(worker.code is None for worker in workers)


async def test_a_redis_that_was_away_when_everything_began_is_waited_for(found: Found) -> None:
    town = await found()
    town.valkey.kill()
    await town.start_api()
    worker = town.start_worker()
    await town.deliver(busy_day(3))
    town.valkey.start_empty()
    await all_is_well(town)
    assert worker.code is None


async def test_a_redis_emptied_while_everything_waits_costs_nothing(town: Town) -> None:
    await town.deliver(busy_day(ORDERS))
    town.valkey.empty()
    for _ in range(WORKERS):
        town.start_worker()
    await town.until_written(1)
    await town.deliver(busy_day(ORDERS, first=3001))
    town.valkey.empty()
    await all_is_well(town)
