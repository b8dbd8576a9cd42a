"""A worker's places: nobody's trouble takes those of others, nothing waits twice, and a task that takes too long is told of."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from arq import ArqRedis
from sqlalchemy import select

from app import worker
from app.engine.core.places import Pool
from app.engine.core.queue import ArqWakeUps, Task, patient_pool
from app.engine.core.runtime import Gateway
from app.http import around_call
from app.metrics import TASKS_TIMED_OUT
from app.settings import Settings
from app.storage.tables import alerts
from app.worker import Crew, LocalWakeUps
from tests.harness import Harness, open_harness

PATIENCE_SECONDS = 30.0
"""For what must happen; nothing waits so long."""


@dataclass
class Tasks:
    """Tasks that do nothing but wait until they are told to end."""

    begun: list[tuple[Task, str]] = field(default_factory=list)
    running: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self, *keys: str) -> None:
        """These wait in a call to the outside until `release`."""
        for key in keys:
            self.held[key] = asyncio.Event()

    def release(self, *keys: str) -> None:
        for key in keys or list(self.held):
            self.held[key].set()

    def doing(self, task: Task) -> Callable[[Gateway, str], Awaitable[None]]:
        async def do(_: Gateway, key: str) -> None:
            account = key.partition(":")[0]
            self.begun.append((task, key))
            self.running[account] += 1
            self.most[account] = max(self.most[account], self.running[account])
            self._changed.set()
            try:
                with around_call.get()():
                    if key in self.held:
                        await self.held[key].wait()
            finally:
                self.running[account] -= 1
                self._changed.set()

        return do

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@dataclass
class Stage:
    harness: Harness
    crew: Crew
    tasks: Tasks
    redis: ArqRedis
    others: ArqWakeUps
    loops: list[asyncio.Task[None]]
    """Another process's wake-ups."""

    async def queued(self) -> list[str]:
        found = [*await self.redis.zrange("queue", 0, -1), *await self.redis.zrange("queue:reads", 0, -1)]
        return sorted(each.decode().rpartition("#")[0] for each in found)

    @property
    def aside(self) -> list[str]:
        """The keys that were put aside until another task ends."""
        return [key for each in self.crew.workers for _, key in each.places.left_over()]


async def eventually(condition: Callable[[], bool]) -> None:
    """Until the crew has got there."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - arq tells nobody
            await asyncio.sleep(0.001)


OpenStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def open_stage(
    sqlite_database: str, tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenStage]:
    """A crew in this process whose tasks a test steers; a key like `shop:poll` belongs to the account `shop`."""

    async def account_of(_: Gateway, places: Pool, task: Task, key: str) -> tuple[str | None, int]:
        return (None, places.places) if task is Task.DRAIN else (key.partition(":")[0], 2)

    async with contextlib.AsyncExitStack() as stack:
        monkeypatch.setattr(worker, "account_of", account_of)

        async def open_one(*, patience: float = PATIENCE_SECONDS, **settings: Any) -> Stage:
            harness = await stack.enter_async_context(
                open_harness(sqlite_database, tmp_path, queue_name="queue", poll_delay_seconds=0.005, **settings)
            )
            tasks = Tasks()
            for task in Task:
                monkeypatch.setitem(worker.WORK, task, tasks.doing(task))
            redis = await patient_pool(redis_url)
            wake_ups = LocalWakeUps(redis, "queue")
            harness.gateway.wake_ups = wake_ups
            crew = Crew(harness.gateway, redis, wake_ups)
            for each in crew.workers:
                each.places.patience = patience
            running = [asyncio.create_task(each.async_run()) for each in crew.workers]

            async def stop() -> None:
                harness.gateway.stopping = True
                for each in running:
                    each.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await crew.close()
                await redis.aclose(close_connection_pool=True)
                with warnings.catch_warnings():
                    # The client leaves a connection that is cut off in the middle of an answer to the garbage collector.
                    warnings.simplefilter("ignore", ResourceWarning)
                    gc.collect()

            stack.push_async_callback(stop)
            return Stage(harness, crew, tasks, redis, ArqWakeUps(redis, "queue"), running)

        yield open_one


class TestOneCustomersTrouble:
    async def test_polls_that_hang_take_no_place_from_orders(self, open_stage: OpenStage) -> None:
        stage = await open_stage(max_parallel_reads=2, max_parallel_tasks=2)
        polls = [f"hung{number}:orders" for number in range(8)]
        stage.tasks.hold(*polls)
        for key in polls:
            await stage.others.send(Task.POLL, key)
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 2)
        await stage.others.send(Task.INGEST, "ninth")
        await stage.tasks.until(lambda: (Task.INGEST, "ninth") in stage.tasks.begun)
        assert sum(stage.tasks.running.values()) == 2

    async def test_what_waits_long_for_an_answer_lends_its_place(self, open_stage: OpenStage) -> None:
        """Also from one poll to another, and from one shop's reports to the others' orders."""
        stage = await open_stage(max_parallel_reads=2, max_parallel_tasks=2, patience=0)
        hung = [f"hung{number}:orders" for number in range(8)]
        stage.tasks.hold(*hung)
        for key in hung:
            await stage.others.send(Task.POLL, key)
            await stage.others.send(Task.STOCK, key)
        await stage.others.send(Task.POLL, "ninth:orders")
        await stage.others.send(Task.INGEST, "ninth")
        await stage.tasks.until(lambda: {(Task.POLL, "ninth:orders"), (Task.INGEST, "ninth")} <= set(stage.tasks.begun))
        await stage.tasks.until(lambda: sum(stage.tasks.running.values()) == 16)

        stage.tasks.release()
        await stage.tasks.until(lambda: not sum(stage.tasks.running.values()))
        assert [each.places.lent for each in stage.crew.workers] == [0, 0]

    async def test_an_account_has_few_places_and_what_waits_for_them_is_not_forgotten(self, open_stage: OpenStage) -> None:
        stage = await open_stage(max_parallel_reads=10)
        keys = [f"hung:{number}" for number in range(7)]
        stage.tasks.hold(*keys)
        for key in keys:
            await stage.others.send(Task.POLL, key)
        await stage.others.send(Task.POLL, "ninth:orders")
        await stage.tasks.until(lambda: (Task.POLL, "ninth:orders") in stage.tasks.begun)
        await eventually(lambda: len(stage.aside) == 5)
        assert (stage.tasks.running["hung"], await stage.queued()) == (2, [])

        stage.tasks.release()
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 8)
        assert sorted(key for _, key in stage.tasks.begun) == [*keys, "ninth:orders"]
        assert stage.tasks.most["hung"] == 2

    async def test_what_nobody_has_answered_is_given_back_at_the_end(self, open_stage: OpenStage) -> None:
        stage = await open_stage()
        stage.tasks.hold("hung:0", "hung:1", "hung:2")
        for number in range(3):
            await stage.others.send(Task.POLL, f"hung:{number}")
        await eventually(lambda: len(stage.aside) == 1)
        (left,) = stage.aside
        stage.harness.gateway.stopping = True
        for loop in stage.loops:
            loop.cancel()
        await asyncio.gather(*stage.loops, return_exceptions=True)
        await stage.crew.close()
        assert await stage.queued() == [f"poll:{left}"]


class TestNoSecondRing:
    async def test_what_comes_while_a_task_runs_leads_to_one_more_look(self, open_stage: OpenStage) -> None:
        stage = await open_stage()
        stage.tasks.hold("shop")
        await stage.others.send(Task.INGEST, "shop")
        await stage.tasks.until(lambda: stage.tasks.running["shop"] == 1)
        for _ in range(5):
            await stage.harness.gateway.wake_ups.send(Task.INGEST, "shop")
        assert await stage.queued() == []
        stage.tasks.release()
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 2 and not stage.tasks.running["shop"])
        await stage.others.send(Task.INGEST, "another")
        await stage.tasks.until(lambda: (Task.INGEST, "another") in stage.tasks.begun)
        assert stage.tasks.begun == [(Task.INGEST, "shop"), (Task.INGEST, "shop"), (Task.INGEST, "another")]

    async def test_a_wake_up_of_another_process_during_a_task_leads_to_one_more_look(self, open_stage: OpenStage) -> None:
        stage = await open_stage()
        stage.tasks.hold("shop")
        await stage.others.send(Task.INGEST, "shop")
        await stage.tasks.until(lambda: stage.tasks.running["shop"] == 1)
        await stage.others.send(Task.INGEST, "shop")
        await eventually(lambda: stage.aside == ["shop"])
        stage.tasks.release()
        await stage.tasks.until(lambda: stage.tasks.begun.count((Task.INGEST, "shop")) == 2)


class TestIdle:
    async def test_what_nobody_announced_is_found_within_a_moment(self, open_stage: OpenStage) -> None:
        """As an older version sends it: without a bell."""
        stage = await open_stage()
        await caught_up(stage)
        await stage.redis.enqueue_job(Task.INGEST.value, "shop", _queue_name="queue")
        await stage.tasks.until(lambda: (Task.INGEST, "shop") in stage.tasks.begun)


class TestHandingOver:
    async def test_what_has_a_free_place_begins_without_redis(
        self, open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = await open_stage()
        await stage.others.send(Task.INGEST, "shop")
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 1)
        await caught_up(stage)

        async def refuse(*_: Any) -> bool:
            raise AssertionError("it went through Redis")

        monkeypatch.setattr(ArqWakeUps, "_put", refuse)
        await stage.harness.gateway.wake_ups.send(Task.DRAIN, "wms#77")
        await stage.tasks.until(lambda: (Task.DRAIN, "wms#77") in stage.tasks.begun)

    async def test_nobody_is_overtaken_who_waits_in_the_queue(self, open_stage: OpenStage) -> None:
        stage = await open_stage(max_parallel_tasks=1)
        stage.tasks.hold("a")
        await stage.others.send(Task.DRAIN, "a")
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 1)
        await stage.others.send(Task.DRAIN, "b")
        await stage.harness.gateway.wake_ups.send(Task.DRAIN, "c")
        assert await stage.queued() == ["drain:b", "drain:c"]
        stage.tasks.release()
        await stage.tasks.until(lambda: len(stage.tasks.begun) == 3)
        assert [key for _, key in stage.tasks.begun] == ["a", "b", "c"]


async def caught_up(stage: Stage) -> None:
    """Until the worker has seen that its queue is empty."""
    await eventually(lambda: all(each.has_caught_up and not each.tasks for each in stage.crew.workers))


class TestAlarm:
    @pytest.mark.parametrize(
        ("task", "key", "subject"),
        [
            (Task.INGEST, "{id}", "ingest"),
            (Task.POLL, "{id}:orders", "poll:orders"),
            (Task.REFRESH, "{id}|order|5002", "look"),
            (Task.DRAIN, "shop:{id}", "drain:shop:{id}"),
        ],
    )
    async def test_a_task_that_arq_cancels_is_counted_and_told_of_once(
        self, open_stage: OpenStage, task: Task, key: str, subject: str
    ) -> None:
        stage = await open_stage(task_timeout_seconds=0.01)
        connection = await stage.harness.connect()
        key, subject = key.format(id=connection.id), subject.format(id=connection.id)
        stage.tasks.hold(key)
        before = counted(task)
        for number in (1, 2):
            await stage.others.send(task, key)
            await told(stage, number)
        assert counted(task) == before + 2
        (alert,) = await stage.harness.stored.rows(select(alerts.c.kind, alerts.c.connection_id, alerts.c.subject))
        assert tuple(alert) == ("task-timed-out", connection.id, subject)

    async def test_also_a_task_that_was_handed_over(self, open_stage: OpenStage) -> None:
        stage = await open_stage(task_timeout_seconds=0.01)
        stage.tasks.hold("wms#77")
        await caught_up(stage)
        await stage.harness.gateway.wake_ups.send(Task.DRAIN, "wms#77")
        await told(stage, 1)
        (alert,) = await stage.harness.stored.rows(select(alerts.c.connection_id, alerts.c.subject))
        assert tuple(alert) == (None, "drain:wms#77")

    async def test_what_ends_with_the_worker_is_no_alarm(self, open_stage: OpenStage) -> None:
        stage = await open_stage()
        stage.tasks.hold("shop")
        await stage.others.send(Task.INGEST, "shop")
        await stage.tasks.until(lambda: stage.tasks.running["shop"] == 1)
        before = counted(Task.INGEST)
        stage.harness.gateway.stopping = True
        await stage.crew.close()
        assert (counted(Task.INGEST), await stage.harness.stored.alerts()) == (before, [])

    @pytest.mark.parametrize(("task_seconds", "is_too_short"), [(60, True), (615, True), (616, False)])
    def test_a_time_limit_that_one_slow_call_reaches_is_refused(self, task_seconds: float, is_too_short: bool) -> None:
        """15 s of a slice, and a report of two requests of 300 s."""
        found = Settings(task_timeout_seconds=task_seconds).contradictions()
        assert any("GATEWAY_TASK_TIMEOUT_SECONDS" in each for each in found) is is_too_short

    def test_the_defaults_fit_together(self) -> None:
        assert Settings().contradictions() == []


def counted(task: Task) -> float:
    return TASKS_TIMED_OUT.labels(task.value)._value.get()


async def told(stage: Stage, times: int) -> None:
    """Until an alert was raised so many times."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await times_told(stage)) < times:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.001)


async def times_told(stage: Stage) -> int:
    return sum(row.times for row in await stage.harness.stored.rows(select(alerts.c.count.label("times"))))
