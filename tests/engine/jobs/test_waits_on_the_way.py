"""Webhook committed → first call to the WMS: two rings, and no wait on the way but the worker's own look at the queue."""

from __future__ import annotations

import asyncio
import time

import pytest
from arq import create_pool
from arq.connections import RedisSettings

from app.engine.core.queue import ArqWakeUps, CoalescedWakeUps, MemoryWakeUps, Task
from app.engine.intake.batch_writer import writer_for
from app.engine.intake.inbox import Delivery, Inbox
from app.settings import Settings
from app.worker import work
from tests.bench import sleeps
from tests.bench.workload import world
from tests.harness import Harness

HOURS = 3600.0


@pytest.fixture
async def announced(harness: Harness) -> Harness:
    """One new order, announced and committed; nothing else waits."""
    answer = await harness.announce(world.order(1001), "order.created")
    assert answer.status_code == 200
    return harness


def calls(harness: Harness) -> int:
    return int(harness.warehouse.app.state.journal.count)


async def answer_next(harness: Harness) -> tuple[Task, str]:
    """Answers the ring that has waited longest, as a worker does; returns it."""
    send = harness.wake_ups.waiting.popleft()
    await work(harness.gateway, *send)
    return send


async def test_two_rings_lead_from_the_commit_to_the_warehouse(announced: Harness) -> None:
    harness = announced
    assert list(harness.wake_ups.waiting) == [(Task.INGEST, harness.connection.id)]

    assert await answer_next(harness) == (Task.INGEST, harness.connection.id)
    assert calls(harness) == 0
    assert list(harness.wake_ups.waiting) == [(Task.DRAIN, harness.connection.lane)]

    assert await answer_next(harness) == (Task.DRAIN, harness.connection.lane)
    assert len(harness.warehouse.writes()) == 1


async def test_nothing_sleeps_on_the_way(announced: Harness) -> None:
    with sleeps.counted() as slept:
        await announced.work()
    assert len(announced.warehouse.writes()) == 1
    assert slept == []


async def test_a_sleep_would_have_been_seen() -> None:
    with sleeps.counted() as slept:
        await asyncio.sleep(0.001)
    assert slept == [0.001]


async def test_the_shop_is_not_asked_on_the_way(announced: Harness) -> None:
    before = len(announced.shop.calls())
    await announced.work()
    assert len(announced.warehouse.writes()) == 1
    assert len(announced.shop.calls()) == before


async def test_the_first_ring_goes_at_once_however_far_apart_rings_are(harness: Harness) -> None:
    rung = MemoryWakeUps()
    coalesced = CoalescedWakeUps(rung, interval=HOURS)
    inbox = Inbox(writer_for(harness.gateway.database), lambda ids: _send_all(coalesced, ids), 1_000_000)
    inbox.start()
    await inbox.store(Delivery(harness.connection.id, harness.clock(), "order.created", {}, b"{}"))
    await asyncio.sleep(0)  # the loop's next turn, in which the ring that was begun goes out
    assert list(rung.waiting) == [(Task.INGEST, harness.connection.id)]
    await inbox.close()
    await coalesced.close()


def _send_all(coalesced: CoalescedWakeUps, ids: set[str]) -> None:
    for each in ids:
        coalesced.send_soon(Task.INGEST, each)


async def test_a_ring_is_due_in_the_queue_when_it_is_put_there(redis_url: str) -> None:
    pool = await create_pool(RedisSettings.from_dsn(redis_url))
    await ArqWakeUps(pool, "queue").send(Task.INGEST, "a-connection")
    ((_, due_in_milliseconds),) = await pool.zrange("queue", 0, -1, withscores=True)
    assert due_in_milliseconds <= time.time() * 1000
    await pool.aclose(close_connection_pool=True)


def test_a_worker_looks_at_the_queue_every_20_milliseconds() -> None:
    assert Settings.model_fields["poll_delay_seconds"].default == 0.02
