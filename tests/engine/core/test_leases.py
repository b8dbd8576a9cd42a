"""Leases: who works on what is decided in SQL, by the database's clock, with expiry and renewal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.engine.core import leases
from app.engine.core.leases import Lease
from app.engine.core.queue import MemoryWakeUps
from app.engine.core.runtime import open_gateway
from app.engine.dispatch import lane_worker
from app.errors import LeaseLost
from app.storage.engine import Database
from app.storage.side_tables import leases as rows
from app.storage.tables import alerts, attempts, jobs
from app.storage.types import db_now
from app.warehouse.rest.client import OngoingClient
from tests.harness import Harness

LONG = 60.0


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """Three workers' own."""
    opened = [Database(database_url) for _ in range(3)]
    yield opened
    for database in opened:
        await database.close()


async def take(database: Database, key: str = "lane", seconds: float = LONG) -> Lease:
    lease = await leases.acquire(database, key, seconds)
    assert lease is not None
    return lease


async def let_expire(database: Database) -> None:
    async with database.begin() as db:
        await db.execute(update(rows).values(until=db_now(-1)))


async def until_of(database: Database) -> datetime:
    async with database.read() as db:
        found = await db.scalar(select(rows.c.until))
    assert isinstance(found, datetime)
    return found


async def test_of_many_that_ask_at_once_one_gets_the_lease(databases: list[Database]) -> None:
    for key in ("a", "b", "c"):
        asked = [leases.acquire(database, key, LONG) for database in databases for _ in range(5)]
        got = [lease for lease in await asyncio.gather(*asked) if lease]
        assert len(got) == 1


async def test_of_many_that_find_it_expired_at_once_one_gets_it(databases: list[Database]) -> None:
    await take(databases[0])
    await let_expire(databases[0])
    asked = [leases.acquire(database, "lane", LONG) for database in databases for _ in range(5)]
    assert [lease.fence for lease in await asyncio.gather(*asked) if lease] == [2]


async def test_a_lease_that_is_held_is_given_to_nobody_else(databases: list[Database]) -> None:
    await take(databases[0])
    assert await leases.acquire(databases[1], "lane", LONG) is None
    assert await leases.acquire(databases[1], "another lane", LONG) is not None


async def test_a_released_lease_is_free_at_once_and_its_fence_counts_up(databases: list[Database]) -> None:
    first = await take(databases[0])
    await leases.release(databases[0], first)
    assert (first.fence, (await take(databases[1])).fence) == (1, 2)


async def test_who_lost_a_lease_can_neither_renew_nor_release_it(databases: list[Database]) -> None:
    first = await take(databases[0])
    await let_expire(databases[0])
    second = await take(databases[1])
    with pytest.raises(LeaseLost):
        async with databases[0].begin() as db:
            await leases.renew(db, first)
    await leases.release(databases[0], first)
    assert await leases.acquire(databases[2], "lane", LONG) is None
    async with databases[1].begin() as db:
        await leases.renew(db, second)


async def test_an_expired_lease_is_lost_even_when_nobody_took_it(databases: list[Database]) -> None:
    lease = await take(databases[0])
    await let_expire(databases[0])
    with pytest.raises(LeaseLost):
        async with databases[0].begin() as db:
            await leases.renew(db, lease)


async def test_with_a_lost_lease_nothing_of_the_transaction_is_written(databases: list[Database]) -> None:
    lease = await take(databases[0])
    await let_expire(databases[0])

    async def write() -> None:
        async with databases[0].begin() as db:
            await db.execute(rows.insert().values(key="written in between", fence=1))
            await leases.renew(db, lease)

    with pytest.raises(LeaseLost):
        await write()
    async with databases[0].read() as db:
        assert await db.scalar(select(func.count()).select_from(rows)) == 1


async def test_a_renewal_gives_the_full_time_again_or_more_when_a_call_may_take_longer(databases: list[Database]) -> None:
    lease = await take(databases[0], seconds=100)
    begun = await until_of(databases[0])
    async with databases[0].begin() as db:
        await db.execute(update(rows).values(until=db_now(1)))
        await leases.renew(db, lease)
    renewed = await until_of(databases[0])
    assert begun <= renewed < begun + timedelta(seconds=50)
    async with databases[0].begin() as db:
        await leases.renew(db, lease, at_least=1000)
    assert await until_of(databases[0]) > begun + timedelta(seconds=800)


async def test_a_lease_is_kept_for_as_long_as_its_work_takes(databases: list[Database]) -> None:
    """Renewed every 0.7 s: a machine that is busy for a second loses nothing."""
    lease = await take(databases[0], seconds=2)
    begun = await until_of(databases[0])
    async with leases.kept(databases[0], lease):
        while await until_of(databases[0]) < begun + timedelta(seconds=2):
            assert await leases.acquire(databases[1], "lane", LONG) is None
            await asyncio.sleep(0.05)
    await let_expire(databases[0])
    assert await leases.acquire(databases[1], "lane", LONG) is not None


async def test_leases_run_by_the_databases_time_not_by_a_workers_clock(harness: Harness) -> None:
    lease = await take(harness.gateway.database, seconds=LONG)
    harness.tick(10 * 24 * 3600)  # this worker's clock is ten days ahead
    assert await leases.acquire(harness.gateway.database, "lane", LONG) is None
    async with harness.gateway.database.begin() as db:
        await leases.renew(db, lease)
        ahead = await db.scalar(select(rows.c.until > db_now(2 * LONG)).where(rows.c.key == "lane"))
    assert not ahead


# --- what leases are for ------------------------------------------------------------------------------------------------


async def test_two_workers_on_one_lane_make_each_order_once_and_write_one_at_a_time(harness: Harness) -> None:
    orders = [harness.shop.order() for _ in range(8)]
    for order in orders:
        await harness.announce(order)
    await harness.ingest()
    lane = harness.connection.lane
    async with contextlib.AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(open_gateway(harness.gateway.settings, MemoryWakeUps(), harness.clock))
            for _ in range(2)
        ]
        gateways = [harness.gateway, *others]
        while (await harness.stored.job(orders[-1]["id"])).state != "done":
            await asyncio.gather(*(lane_worker.drain(gateway, lane) for gateway in gateways for _ in range(2)))
    assert sorted(call.body["orderNumber"] for call in harness.warehouse.writes()) == sorted(str(order["id"]) for order in orders)
    assert harness.warehouse.model.concurrency == {77: 1}


async def test_goods_owners_are_written_to_side_by_side(harness: Harness) -> None:
    other = await harness.connect("other", goods_owner_id=78)
    for connection in (harness.connection, other):
        await harness.announce(harness.shop.order(), connection=connection)
    await harness.ingest()
    at_once: list[int] = []
    both = asyncio.Barrier(2)

    async def put(self: OngoingClient, body: Any) -> Any:
        await both.wait()
        at_once.append(body["goodsOwnerId"])
        return await real(self, body)

    real = OngoingClient.put_order
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OngoingClient, "put_order", put)
        await asyncio.gather(*(lane_worker.drain(harness.gateway, each.lane) for each in (harness.connection, other)))
    assert sorted(at_once) == [77, 78]


async def lose_the_lease_during(harness: Harness, call: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """While the call is under way the lease runs out and another worker takes it."""
    taken: list[Lease] = []
    real = getattr(OngoingClient, call)

    async def slow(self: OngoingClient, *args: Any) -> Any:
        answer = await real(self, *args)
        if not taken:
            await harness.stored.expire_leases()
            taken.append(await take(harness.gateway.database, harness.connection.lane))
        return answer

    monkeypatch.setattr(OngoingClient, call, slow)
    return lambda: taken[0].fence


async def test_a_worker_that_lost_its_lease_writes_no_result_and_makes_no_call(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = harness.shop.order()
    await harness.announce(order)
    await harness.ingest()
    await lose_the_lease_during(harness, "get_orders", monkeypatch)
    await lane_worker.drain(harness.gateway, harness.connection.lane)
    assert harness.warehouse.writes() == []
    assert await harness.stored.rows(select(attempts)) == []
    job = await harness.stored.job(order["id"])
    assert (job.state, job.done_generation) == ("running", 0)


async def test_what_a_worker_had_taken_when_it_lost_its_lease_is_taken_up_by_the_next_holder_alone(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = harness.shop.order()
    await harness.announce(order)
    await harness.ingest()
    await lose_the_lease_during(harness, "put_order", monkeypatch)
    await lane_worker.drain(harness.gateway, harness.connection.lane)
    assert (await harness.stored.job(order["id"])).state == "running"
    await harness.stored.expire_leases()
    await harness.work(sweep=True)
    assert (await harness.stored.job(order["id"])).state == "done"
    assert len(harness.warehouse.writes()) == 1
    assert await harness.stored.rows(select(alerts)) == []


async def test_a_connection_whose_calls_may_take_longer_than_a_lease_still_gets_its_orders_out(harness: Harness) -> None:
    patient = await harness.connect(
        "patient", goods_owner_id=78, order_number_prefix="P", warehouse={"call_timeout_seconds": 300}
    )
    order = harness.shop.order()
    await harness.deliver(order, connection=patient)
    assert harness.warehouse.order(f"P{order['id']}", 78) is not None
    assert [row.state for row in await harness.stored.rows(select(jobs.c.state))] == ["done"]
