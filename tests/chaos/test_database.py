"""The database gone for a while: intake says so, and afterwards everything goes on where it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.sandbox.ongoing import WarehouseConfig
from app.storage import migrations
from tests import services
from tests.chaos.cluster import Cluster, open_town
from tests.chaos.count import all_is_well
from tests.chaos.database import LockedSqlite, Outage, StoppedPostgres
from tests.chaos.deliveries import busy_day
from tests.chaos.size import FULL, LONGEST_TEST, ORDERS, ROUNDS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]

KINDS = ["sqlite", "postgresql"] if services.postgres_programs() else ["sqlite"]
"""PostgreSQL in the short form too: nothing else is taken away as often. It takes a server of its own, not the session's."""


@pytest.fixture(params=KINDS)
def outage(request: pytest.FixtureRequest) -> Iterator[Outage]:
    if request.param == "sqlite":
        yield LockedSqlite(request.getfixturevalue("sqlite_database"))
        return
    server = StoppedPostgres()
    services.in_thread(lambda: migrations.upgrade(server.url))
    yield server
    server.close()


@pytest.fixture
async def cluster(outage: Outage, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with open_town(tmp_path, outage.url, warehouse=WarehouseConfig(write_seconds=0.05)) as made:
        made.start_api()
        yield made


async def test_a_database_that_is_away_for_a_while_costs_nothing_and_intake_asks_to_come_again(
    cluster: Cluster, outage: Outage
) -> None:
    workers = [cluster.start_worker() for _ in range(WORKERS)]
    for number in range(ROUNDS):
        first = 1001 + number * 2 * ORDERS
        written = cluster.written
        await cluster.deliver(busy_day(ORDERS, first=first))
        await cluster.until_written(written + 1)
        with outage.away():
            refused = await cluster.post(busy_day(ORDERS, first=first + ORDERS), side_by_side=2 * ORDERS)
            ready = await cluster.ask("/readyz")
        assert refused
        for answer in cluster.refusals:
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.json()["title"] == "The delivery could not be kept just now"
        # A SQLite that somebody else is writing to can still be read.
        assert ready.status_code == (503 if isinstance(outage, StoppedPostgres) else 200)
        await cluster.deliver(refused)
        await cluster.settle()
    await all_is_well(cluster)
    assert all(worker.code is None for worker in workers)


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

if FULL:

    async def test_connections_cut_again_and_again_make_no_dead_letters(postgresql_database: str, tmp_path: Path) -> None:
        """As when a database fails over: gone in the middle of a transfer, and there again at once."""
        async with open_town(tmp_path, postgresql_database, warehouse=WarehouseConfig(write_seconds=0.02)) as cluster:
            cluster.start_api()
            for _ in range(WORKERS):
                cluster.start_worker()
            for number in range(3 * ROUNDS):
                written = cluster.written
                await cluster.deliver(busy_day(ORDERS, first=1001 + number * ORDERS))
                await cluster.until_written(written + 1)
                services.execute(postgresql_database, CUT)
            await all_is_well(cluster)
