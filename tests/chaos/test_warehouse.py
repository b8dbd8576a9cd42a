"""The warehouse's own bad days: gone, slow, answering nonsense, refusing, locking out; and one record that it will never take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.engine.core.queue import MemoryWakeUps
from app.engine.core.runtime import open_gateway
from app.engine.operations import replay
from app.records.dead_letters import Filter
from app.sandbox.ongoing import TransporterContract, WarehouseConfig
from app.settings import Settings
from app.storage.tables import budgets, jobs
from tests.chaos.cluster import Cluster
from tests.chaos.conftest import StartCluster
from tests.chaos.count import all_is_well, count
from tests.chaos.deliveries import Body, busy_day, delivery, order
from tests.chaos.processes import until
from tests.chaos.size import LONGEST_TEST, ORDERS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


async def test_a_warehouse_that_is_gone_costs_time_only_however_long_it_takes(cluster: Cluster) -> None:
    await cluster.deliver(busy_day(ORDERS))
    cluster.close_warehouse()
    for _ in range(WORKERS):
        cluster.start_worker(max_tries=3, retry_cap_seconds=0.5)
    await until(lambda: _has_paused(cluster, 4), "it was tried again and again")
    cluster.open_warehouse()
    await all_is_well(cluster)


FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "hang-up"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500, "path": "/demo/api/v1/orders"},
    {"kind": "login-500"},
)


async def test_a_warehouse_that_fails_in_every_way_costs_time_only(cluster: Cluster) -> None:
    for _ in range(WORKERS):
        cluster.start_worker(max_tries=3, retry_cap_seconds=0.5, login_pause_seconds=0.5)
    for number, fault in enumerate(FAULTS):
        cluster.warehouse_fails(**fault)
        asked = cluster.asked
        await cluster.deliver(busy_day(ORDERS // 2, first=1001 + number * ORDERS))
        await cluster.until_asked(asked + 4)
        cluster.warehouse_recovers()
        await cluster.settle()
    await all_is_well(cluster)


async def _has_paused(cluster: Cluster, times: int) -> bool:
    async with cluster.database.read() as db:
        return any(row.pauses >= times for row in await db.execute(select(budgets.c.pauses)))


async def test_writes_whose_answer_was_lost_are_looked_up_and_not_repeated(cluster: Cluster) -> None:
    """Made, but answered with a page of HTML, without its id, or too late."""
    for kind in ("html", "no-id"):
        cluster.warehouse_fails(kind, method="PUT", path="/demo/api/v1/orders", times=2, after_write=True)
    for _ in range(WORKERS):
        cluster.start_worker()
    await cluster.deliver(busy_day(ORDERS))
    await cluster.settle()
    cluster.warehouse_fails("slow", method="PUT", path="/demo/api/v1/orders", times=1, seconds=1.7, after_write=True)
    await cluster.deliver(busy_day(ORDERS, first=3001))
    # While the late answer is still to come the warehouse is busy with that order: the next one waits there for its turn.
    await all_is_well(cluster, side_by_side=3)
    assert len(cluster.calls("PUT")) > 5


async def test_a_slow_warehouse_gets_one_write_at_a_time(start_cluster: StartCluster) -> None:
    cluster = await start_cluster(warehouse=WarehouseConfig(write_seconds=0.1))
    cluster.start_api()
    cluster.start_worker()
    cluster.start_worker()
    await cluster.deliver(busy_day(ORDERS))
    await all_is_well(cluster)


CARRIER = {"transporters": {"express": {"transporter_code": "NOPE", "transporter_service_code": "FAST"}}}


def bad(order_id: int) -> Body:
    """An order that the warehouse will never take: it has no contract with this carrier."""
    body = order(order_id)
    body["shipping_lines"][0]["method_id"] = "express"
    return body


async def test_a_poison_record_in_the_middle_of_a_lane_stops_nobody_and_arrives_when_it_is_replayed(
    start_cluster: StartCluster,
) -> None:
    cluster = await start_cluster(**CARRIER)
    cluster.start_api()
    cluster.start_worker()
    day = busy_day(ORDERS)
    await cluster.deliver([*day[: len(day) // 2], delivery(bad(7001), "order.created"), *day[len(day) // 2 :]])
    await cluster.settle()
    async with cluster.database.read() as db:
        dead = (await db.execute(select(jobs).where(jobs.c.state == "dead"))).one()
    assert dead.source_id == "7001"
    assert "there is no transporter contract for code 'NOPE', service 'FAST'" in dead.reason
    assert (await cluster.states())["dead"] == 1
    assert (await count(cluster)).lost == ["order 7001 is not in the warehouse"]

    contract = TransporterContract("NOPE", "FAST", "Nope", "Fast", "NOPE-F")
    cluster.warehouse.config = replace(cluster.warehouse.config, transporter_contracts=(contract,))
    await _replay(cluster)
    found_again = await all_is_well(cluster)
    assert found_again.events["dead"] == 0


async def _replay(cluster: Cluster) -> None:
    """As an operator does, in a process of their own; the sweeper of the worker finds what there is to do."""
    settings = Settings(
        data_directory=cluster.directory / "data", database_url=cluster.database_url, secret_keys=[SecretStr(cluster.secret_key)]
    )
    async with open_gateway(settings, MemoryWakeUps()) as gateway:
        assert await replay.replay_filtered(gateway, Filter()) == 1


async def test_a_row_of_refused_orders_never_gets_us_locked_out(start_cluster: StartCluster) -> None:
    """In real life's proportions, 400 times as fast: five failures within ten minutes lock out, we pause a minute, or five."""
    cluster = await start_cluster(warehouse=WarehouseConfig(lockout_failures=5, lockout_window_seconds=1.5), **CARRIER)
    cluster.start_api()
    cluster.start_worker(budget_pause_seconds=0.15, refusal_pause_seconds=0.75, retry_cap_seconds=2.25)
    await cluster.deliver(delivery(bad(number), "order.created") for number in range(7001, 7007))
    await cluster.deliver(busy_day(3))
    await cluster.settle()
    assert (await cluster.states(jobs))["dead"] == 6
    assert not [call for call in cluster.calls(path="") if call.status == 429]


async def test_a_warehouse_that_locks_out_sooner_than_thought_is_waited_for(start_cluster: StartCluster) -> None:
    cluster = await start_cluster(warehouse=WarehouseConfig(lockout_failures=2, lockout_window_seconds=0.9), **CARRIER)
    cluster.start_api()
    cluster.start_worker(max_tries=3)
    await cluster.deliver(delivery(bad(number), "order.created") for number in range(7001, 7004))
    await cluster.deliver(busy_day(ORDERS))
    await cluster.settle()
    assert [call for call in cluster.calls(path="") if call.status == 429]
    assert (await cluster.states(jobs))["dead"] == 3
    assert (await count(cluster)).lost == [f"order {number} is not in the warehouse" for number in range(7001, 7004)]
