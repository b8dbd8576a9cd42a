"""Figures read from SQL: what waits and for how long, what is held or dead, how late the polls are."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.core.queue import Task
from app.engine.dispatch import lane_worker
from app.engine.upkeep import gauges
from app.metrics import DEAD_LETTERS, HELD, JOBS, OLDEST_WAITING, POLL_LAG, WAITING_EVENTS
from app.worker import work
from tests.house import House


def value(metric: Any, *labels: str) -> float:
    return float(metric.labels(*labels)._value.get())


async def test_they_say_what_waits_is_held_and_is_dead(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held, dead = house.order("SOKK-1"), house.order("SOKK-1")
    await house.deliver({**held, "line_items": [{**held["line_items"][0], "sku": ""}]})
    with monkeypatch.context() as patch:

        async def poisoned(*_: Any) -> Any:
            raise ZeroDivisionError

        patch.setattr(lane_worker, "transfer_order", poisoned)
        await house.deliver(dead)
    for _ in range(2):
        await house.announce(house.order("SOKK-1"))
    await house.ingest()
    await house.announce(house.order("SOKK-1"))
    house.tick(90)
    await gauges.update(house.gateway, house.clock())
    lane = house.connection.lane
    assert [value(JOBS, lane, state) for state in ("waiting", "held", "dead", "running")] == [2, 1, 1, 0]
    assert 90 <= value(OLDEST_WAITING, lane) < 120
    assert (value(HELD, "shop"), value(DEAD_LETTERS, "shop"), value(WAITING_EVENTS, "shop")) == (1, 1, 1)


async def test_they_go_back_to_nothing_when_all_is_done(lite: House) -> None:
    await lite.announce(lite.order())
    await gauges.update(lite.gateway, lite.clock())
    await lite.work()
    await gauges.update(lite.gateway, lite.clock())
    lane = lite.connection.lane
    assert [value(JOBS, lane, state) for state in ("waiting", "held", "dead", "running", "parked")] == [0] * 5
    assert (value(OLDEST_WAITING, lane), value(WAITING_EVENTS, "shop")) == (0, 0)


async def test_how_late_a_poll_is_counts_from_the_last_that_worked(lite: House) -> None:
    await lite.poll()
    lite.tick(600)
    lite.fail_shop("status", status=500)
    await lite.poll()
    await gauges.update(lite.gateway, lite.clock())
    assert 600 <= value(POLL_LAG, "shop", "orders") < 640


async def test_a_ring_for_a_connection_that_is_gone_is_no_failure(lite: House) -> None:
    for task in (Task.INGEST, Task.POLL, Task.DRAIN):
        await work(lite.gateway, task, "con_gone:orders" if task is Task.POLL else "con_gone")
    assert await lite.alerts() == []
