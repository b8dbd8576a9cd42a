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
from tests.house import House


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

    async def rung(self, house: House) -> list[tuple[Task, str]]:
        house.wake_ups.waiting.clear()
        await sweeper.sweep(house.gateway)
        found = sorted(house.wake_ups.waiting)
        house.wake_ups.waiting.clear()
        return found

    async def test_events_whose_ring_was_lost_are_found(self, house: House) -> None:
        await house.announce(house.order())
        assert await self.rung(house) == [(Task.INGEST, house.connection.id)]

    async def test_jobs_whose_ring_was_lost_are_found(self, house: House) -> None:
        await house.announce(house.order())
        await house.ingest()
        assert await self.rung(house) == [(Task.DRAIN, house.connection.lane)]

    async def test_with_nothing_due_nothing_is_rung(self, house: House) -> None:
        await house.deliver(house.order())
        assert await self.rung(house) == []

    async def test_parked_jobs_and_events_are_found_when_they_are_due_and_not_before(self, lite: House) -> None:
        parked, unread = lite.order("SOKK-1"), lite.order("SOKK-1")
        lite.fail_warehouse("status", method="PUT", path="/demo/api/v1/orders", times=1)
        lite.fail_shop("status", status=503, times=1)
        await lite.deliver(parked)
        await lite.deliver({"id": unread["id"]})
        assert await self.rung(lite) == []
        lite.tick(60)
        assert await self.rung(lite) == [(Task.DRAIN, lite.connection.lane), (Task.INGEST, lite.connection.id)]
        await lite.work(sweep=True)
        assert await lite.events() == {"done": 2}

    async def test_what_a_worker_left_running_is_found(self, lite: House) -> None:
        await lite.announce(lite.order())
        await lite.ingest()
        async with lite.gateway.database.begin() as db:
            await db.execute(update(jobs).values(state="running"))
        assert await self.rung(lite) == [(Task.DRAIN, lite.connection.lane)]

    async def test_polls_are_found_when_they_are_due(self, lite: House) -> None:
        await lite.make_due("orders")
        assert await self.rung(lite) == [(Task.POLL, f"{lite.connection.id}:orders")]

    async def test_a_paused_connections_events_are_not_rung_for(self, lite: House) -> None:
        await lite.announce(lite.order())
        await lite.set_status(lite.connection, Status.PAUSED)
        assert await self.rung(lite) == []
        assert [row.state for row in await lite.rows(select(inbox.c.state))] == ["received"]

    async def test_a_sweep_that_fails_is_not_the_last(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
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
        monkeypatch.setattr(lite.gateway.settings, "sweep_interval_seconds", 0.001)
        running = asyncio.create_task(sweeper.run(lite.gateway))
        await enough.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert len(tried) >= 3

    async def test_a_whole_day_goes_by_without_any_ring(self, lite: House) -> None:
        """As with a Redis that loses everything: only the sweeper rings."""
        orders = []
        for _ in range(3):
            orders.append(lite.order("SOKK-1"))
            await lite.announce(orders[-1])
            lite.wake_ups.waiting.clear()
        for _ in range(3):
            found = list(await self.rung(lite))
            lite.wake_ups.waiting.extend(found)
            await lite.work()
        assert {(await lite.job(order["id"])).state for order in orders} == {"done"}
