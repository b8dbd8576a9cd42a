"""Figures read from SQL: what waits and for how long, what is held or dead, how late the polls are."""

from __future__ import annotations

from typing import Any

from app.engine.core import failpoints
from app.engine.core.queue import Task
from app.engine.upkeep import gauges
from app.metrics import ALERTS_OPEN, DEAD_LETTERS, HELD, JOBS, OLDEST_WAITING, POLL_LAG, WAITING_EVENTS
from app.worker import work
from tests.harness import Harness


def value(metric: Any, *labels: str) -> float:
    return float(metric.labels(*labels)._value.get())


async def test_they_say_what_waits_is_held_and_is_dead(harness: Harness) -> None:
    held, dead = harness.shop.order("SOKK-1"), harness.shop.order("SOKK-1")
    await harness.deliver({**held, "line_items": [{**held["line_items"][0], "sku": ""}]})

    def poisoned() -> None:
        raise ZeroDivisionError

    with failpoints.armed("attempt-after-commit", poisoned):
        await harness.deliver(dead)
    for _ in range(2):
        await harness.announce(harness.shop.order("SOKK-1"))
    await harness.ingest()
    await harness.announce(harness.shop.order("SOKK-1"))
    harness.tick(90)
    await gauges.update(harness.gateway, harness.clock())
    lane = harness.connection.lane
    assert [value(JOBS, lane, state) for state in ("waiting", "held", "dead", "running")] == [2, 1, 1, 0]
    assert 90 <= value(OLDEST_WAITING, lane) < 120
    assert (value(HELD, "shop"), value(DEAD_LETTERS, "shop"), value(WAITING_EVENTS, "shop")) == (1, 1, 1)
    assert [value(ALERTS_OPEN, "shop", kind) for kind in ("held", "dead-letter")] == [1, 1]


async def test_they_go_back_to_nothing_when_all_is_done(sqlite_harness: Harness) -> None:
    await sqlite_harness.announce(sqlite_harness.shop.order())
    await gauges.update(sqlite_harness.gateway, sqlite_harness.clock())
    await sqlite_harness.work()
    await gauges.update(sqlite_harness.gateway, sqlite_harness.clock())
    lane = sqlite_harness.connection.lane
    assert [value(JOBS, lane, state) for state in ("waiting", "held", "dead", "running", "parked")] == [0] * 5
    assert (value(OLDEST_WAITING, lane), value(WAITING_EVENTS, "shop")) == (0, 0)


async def test_how_late_a_poll_is_counts_from_the_last_that_worked(sqlite_harness: Harness) -> None:
    await sqlite_harness.poll()
    sqlite_harness.tick(600)
    sqlite_harness.shop.fail("status", status=500)
    await sqlite_harness.poll()
    await gauges.update(sqlite_harness.gateway, sqlite_harness.clock())
    assert 600 <= value(POLL_LAG, "shop", "orders") < 640


async def test_a_ring_for_a_connection_that_is_gone_is_no_failure(sqlite_harness: Harness) -> None:
    for task in (Task.INGEST, Task.POLL, Task.DRAIN):
        await work(sqlite_harness.gateway, task, "con_gone:orders" if task is Task.POLL else "con_gone")
    assert await sqlite_harness.stored.alerts() == []
