"""Wake-ups: ids only, coalesced, a fresh id each time, and never worth more than seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.connections import ArqRedis
from sqlalchemy import select, update

from app.engine.core.queue import ArqWakeUps, CoalescedWakeUps, MemoryWakeUps, Task, brisk_pool, deserialize
from app.engine.upkeep import sweeper
from app.records.connections import Status
from app.storage.tables import inbox, jobs
from tests.harness import Harness


class TestCoalesced:
    async def test_the_first_goes_at_once_and_what_comes_meanwhile_goes_together(self) -> None:
        wake_ups = MemoryWakeUps()
        coalesced = CoalescedWakeUps(wake_ups, interval=0.05)
        for _ in range(100):
            coalesced.send_soon(Task.INGEST, "a")
        await asyncio.sleep(0)
        assert list(wake_ups.waiting) == [(Task.INGEST, "a")]
        await asyncio.gather(*coalesced._tasks)
        assert list(wake_ups.waiting) == [(Task.INGEST, "a")] * 2

    async def test_keys_do_not_wait_for_each_other(self) -> None:
        wake_ups = MemoryWakeUps()
        coalesced = CoalescedWakeUps(wake_ups, interval=60)
        for key in ("a", "b", "a"):
            coalesced.send_soon(Task.INGEST, key)
        await asyncio.sleep(0)
        assert list(wake_ups.waiting) == [(Task.INGEST, "a"), (Task.INGEST, "b")]
        await coalesced.close()
        assert not coalesced._tasks

    async def test_a_ring_after_a_quiet_while_goes_at_once_again(self) -> None:
        wake_ups = MemoryWakeUps()
        coalesced = CoalescedWakeUps(wake_ups, interval=0)
        for _ in range(3):
            coalesced.send_soon(Task.DRAIN, "lane")
            await asyncio.gather(*coalesced._tasks)
        assert list(wake_ups.waiting) == [(Task.DRAIN, "lane")] * 3


class TestArq:
    async def test_every_ring_has_an_id_of_its_own_and_carries_a_key_and_nothing_else(self, redis_url: str) -> None:
        """arq drops an id that is running, and blocks it after a crash."""
        pool = brisk_pool(redis_url)
        wake_ups = ArqWakeUps(pool, "queue")
        for _ in range(3):
            await wake_ups.send(Task.INGEST, "con_1")
        waiting = await pool.zrange("queue", 0, -1)
        assert len(set(waiting)) == 3
        kept = [deserialize(await ArqRedis.get(pool, b"arq:job:" + each)) for each in waiting]
        assert [(each["f"], each["a"], each["k"]) for each in kept] == [("ingest", ["con_1"], {})] * 3
        await pool.aclose(close_connection_pool=True)

    async def test_a_redis_that_is_away_costs_nothing_but_the_ring(self) -> None:
        pool = brisk_pool("redis://127.0.0.1:1/0")
        await ArqWakeUps(pool, "queue").send(Task.INGEST, "con_1")
        await pool.aclose(close_connection_pool=True)


class TestSweeper:
    """A lost ring, or a Redis that was emptied, costs one interval and never work."""

    async def rung(self, harness: Harness) -> list[tuple[Task, str]]:
        harness.wake_ups.waiting.clear()
        await sweeper.sweep(harness.gateway)
        found = sorted(harness.wake_ups.waiting)
        harness.wake_ups.waiting.clear()
        return found

    async def test_events_whose_ring_was_lost_are_found(self, harness: Harness) -> None:
        await harness.announce(harness.shop.order())
        assert await self.rung(harness) == [(Task.INGEST, harness.connection.id)]

    async def test_jobs_whose_ring_was_lost_are_found(self, harness: Harness) -> None:
        await harness.announce(harness.shop.order())
        await harness.ingest()
        assert await self.rung(harness) == [(Task.DRAIN, harness.connection.lane)]

    async def test_with_nothing_due_nothing_is_rung(self, harness: Harness) -> None:
        await harness.deliver(harness.shop.order())
        assert await self.rung(harness) == []

    async def test_parked_jobs_and_events_are_found_when_they_are_due_and_not_before(self, sqlite_harness: Harness) -> None:
        parked, unread = sqlite_harness.shop.order("SOKK-1"), sqlite_harness.shop.order("SOKK-1")
        sqlite_harness.warehouse.fail("status", method="PUT", path="/demo/api/v1/orders", times=1)
        sqlite_harness.shop.fail("status", status=503, times=1)
        await sqlite_harness.deliver(parked)
        await sqlite_harness.deliver({"id": unread["id"]})
        assert await self.rung(sqlite_harness) == []
        sqlite_harness.tick(60)
        assert await self.rung(sqlite_harness) == [
            (Task.DRAIN, sqlite_harness.connection.lane),
            (Task.INGEST, sqlite_harness.connection.id),
        ]
        await sqlite_harness.work(sweep=True)
        assert await sqlite_harness.stored.events() == {"done": 2}

    async def test_what_a_worker_left_running_is_found(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.announce(sqlite_harness.shop.order())
        await sqlite_harness.ingest()
        async with sqlite_harness.gateway.database.begin() as db:
            await db.execute(update(jobs).values(state="running"))
        assert await self.rung(sqlite_harness) == [(Task.DRAIN, sqlite_harness.connection.lane)]

    async def test_polls_are_found_when_they_are_due(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.make_due("orders")
        assert await self.rung(sqlite_harness) == [(Task.POLL, f"{sqlite_harness.connection.id}:orders")]

    async def test_a_paused_connections_events_are_not_rung_for(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.announce(sqlite_harness.shop.order())
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        assert await self.rung(sqlite_harness) == []
        assert [row.state for row in await sqlite_harness.stored.rows(select(inbox.c.state))] == ["received"]

    async def test_a_sweep_that_fails_is_not_the_last(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[int] = []
        enough = asyncio.Event()

        async def sweep(_: Any) -> None:
            tried.append(1)
            if len(tried) == 1:
                raise ConnectionError("the database is gone")
            if len(tried) == 2:
                raise ZeroDivisionError
            enough.set()

        monkeypatch.setattr(sweeper, "sweep", sweep)
        monkeypatch.setattr(sqlite_harness.gateway.settings, "sweep_interval_seconds", 0.001)
        running = asyncio.create_task(sweeper.run(sqlite_harness.gateway))
        await enough.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert len(tried) >= 3

    async def test_a_whole_day_goes_by_without_any_ring(self, sqlite_harness: Harness) -> None:
        """As with a Redis that loses everything: only the sweeper rings."""
        orders = []
        for _ in range(3):
            orders.append(sqlite_harness.shop.order("SOKK-1"))
            await sqlite_harness.announce(orders[-1])
            sqlite_harness.wake_ups.waiting.clear()
        for _ in range(3):
            found = list(await self.rung(sqlite_harness))
            sqlite_harness.wake_ups.waiting.extend(found)
            await sqlite_harness.work()
        assert {(await sqlite_harness.stored.job(order["id"])).state for order in orders} == {"done"}
