"""Wake-ups: ids only, coalesced, a fresh id each time, and never worth more than seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.connections import ArqRedis
from sqlalchemy import select, update

from app.engine.core.queue import (
    ArqWakeUps,
    CoalescedWakeUps,
    MemoryWakeUps,
    Task,
    bell_of,
    brisk_pool,
    deserialize,
    take_wake_ups,
)
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


async def names(pool: ArqRedis, queue: str) -> list[str]:
    """The tasks and keys that wait in a queue."""
    return sorted(each.decode().rpartition("#")[0] for each in await pool.zrange(queue, 0, -1))


async def bells(pool: ArqRedis) -> int:
    counted: Any = pool.llen(bell_of("queue"))
    return int(await counted)


class TestArq:
    async def test_every_wake_up_has_an_id_of_its_own_and_carries_a_key_and_nothing_else(self, redis_url: str) -> None:
        """arq drops an id that is running, and blocks it after a crash."""
        pool = brisk_pool(redis_url)
        wake_ups = ArqWakeUps(pool, "queue")
        for key in ("con_1", "con_2", "con_3"):
            await wake_ups.send(Task.INGEST, key)
        waiting = await pool.zrange("queue", 0, -1)
        assert len(set(waiting)) == 3
        kept = [deserialize(await ArqRedis.get(pool, b"arq:job:" + each)) for each in waiting]
        assert [(each["f"], each["a"], each["k"]) for each in kept] == [("ingest", [f"con_{n}"], {}) for n in (1, 2, 3)]
        await pool.aclose(close_connection_pool=True)

    async def test_what_waits_in_the_queue_is_not_sent_again_by_any_process(self, redis_url: str) -> None:
        pool, other = brisk_pool(redis_url), brisk_pool(redis_url)
        for wake_ups in (ArqWakeUps(pool, "queue"), ArqWakeUps(other, "queue"), ArqWakeUps(pool, "queue")):
            await wake_ups.send(Task.DRAIN, "wms#77")
            await wake_ups.send(Task.INGEST, "con_1")
        assert await names(pool, "queue") == ["drain:wms#77", "ingest:con_1"]
        await pool.aclose(close_connection_pool=True)
        await other.aclose(close_connection_pool=True)

    async def test_once_it_is_taken_off_the_queue_it_may_be_sent_again(self, redis_url: str) -> None:
        """What comes while a task runs leads to another look afterwards."""
        pool = brisk_pool(redis_url)
        wake_ups = ArqWakeUps(pool, "queue")
        for _ in range(2):
            await wake_ups.send(Task.DRAIN, "wms#77")
            assert [job_id.rpartition("#")[0] for job_id, _ in await take_wake_ups(pool, "queue", 10)] == ["drain:wms#77"]
        assert await names(pool, "queue") == []
        await pool.aclose(close_connection_pool=True)

    async def test_as_many_are_taken_as_there_are_places_and_the_oldest_first(self, redis_url: str) -> None:
        pool = brisk_pool(redis_url)
        for number in range(5):
            await pool.zadd("queue", {f"ingest:con_{number}#x": number})
        assert await take_wake_ups(pool, "queue", 2) == [("ingest:con_0#x", 0), ("ingest:con_1#x", 1)]
        assert await names(pool, "queue") == ["ingest:con_2", "ingest:con_3", "ingest:con_4"]
        await pool.aclose(close_connection_pool=True)

    async def test_an_idle_worker_is_told_of_each_new_wake_up_and_the_bells_do_not_pile_up(self, redis_url: str) -> None:
        pool = brisk_pool(redis_url)
        for _ in range(2):
            await ArqWakeUps(pool, "queue").send(Task.INGEST, "con_1")
        assert await bells(pool) == 1
        for number in range(50):
            await ArqWakeUps(pool, "queue").send(Task.INGEST, f"con_{number}")
        assert await bells(pool) == 20
        assert len(await names(pool, "queue")) == 50
        await pool.aclose(close_connection_pool=True)

    async def test_what_only_reads_waits_in_a_queue_of_its_own(self, redis_url: str) -> None:
        pool = brisk_pool(redis_url)
        for task in Task:
            await ArqWakeUps(pool, "queue").send(task, "key")
        assert await names(pool, "queue") == ["drain:key", "ingest:key", "stock:key"]
        reads = ["hooks:key", "long-work:key", "look-again:key", "look:key", "outgoing:key", "poll:key"]
        assert await names(pool, "queue:reads") == reads
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
        sqlite_harness.tick(60)  # what was rung for and not taken counts as lost by then
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
