"""A connection is moved, paused or deleted while one of its jobs runs: nothing is sent for it before it is active again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from app.engine.core.queue import Task
from app.engine.dispatch import lane_worker
from app.engine.operations import connections
from app.errors import Conflict
from app.records.connections import Status
from app.storage.tables import jobs
from tests.harness import Harness
from tests.steering import Ended, beside_call, ended_at

ORDERS = "/demo/api/v1/orders"


async def move(harness: Harness) -> None:
    """To another address of the same WMS: it is a draft again, in another lane."""
    url = f"http://localhost:{harness.warehouse.server.port}/demo/api/v1/"
    current = await harness.gateway.connection(harness.connection.id)
    await connections.patch(harness.gateway, current, {"warehouse": {"url": url, "password": "gateway"}})


async def lane(harness: Harness) -> str:
    return (await harness.gateway.connection(harness.connection.id)).lane


async def later(harness: Harness, old: str) -> None:
    """Time passes; both lanes are woken."""
    harness.mend()
    harness.tick(3600)
    await harness.stored.age_attempts()
    for key in (old, await lane(harness)):
        await harness.wake_ups.send(Task.DRAIN, key)
    await harness.work(sweep=True)


async def waiting(harness: Harness) -> Any:
    order = harness.shop.order("SOKK-1")
    await harness.announce(order)
    await harness.ingest()
    return order


async def activated(harness: Harness) -> None:
    await connections.activate(harness.gateway, await harness.gateway.connection(harness.connection.id))
    await harness.work()


class TestMoved:
    async def test_what_runs_meanwhile_and_fails_waits_in_the_new_lane(self, harness: Harness) -> None:
        order, old = await waiting(harness), harness.connection.lane
        harness.warehouse.fail("status", status=503, method="PUT", path=ORDERS)
        with beside_call(harness, "PUT", "/orders", before=lambda: move(harness)):
            await harness.work(sweep=True)

        await later(harness, old)

        job = await harness.stored.job(order["id"])
        assert harness.warehouse.order(order["id"]) is None
        assert (job.lane, job.state in ("waiting", "parked")) == (await lane(harness), True)
        await activated(harness)
        await later(harness, old)
        assert harness.warehouse.order(order["id"]) is not None

    async def test_what_runs_meanwhile_and_changes_again_waits_in_the_new_lane(self, harness: Harness) -> None:
        order, old = await waiting(harness), harness.connection.lane

        async def moved_and_changed() -> None:
            await harness.announce(harness.shop.change(order["id"], customer_note="again"))
            await harness.ingest()
            await move(harness)

        with beside_call(harness, "PUT", "/orders", before=moved_and_changed):
            await lane_worker.drain(harness.gateway, old)
        await later(harness, old)

        job, there = await harness.stored.job(order["id"]), harness.warehouse.order(order["id"])
        assert there is not None
        assert (job.lane, job.state, there.body.order_remark) == (await lane(harness), "waiting", None)

    async def test_what_ran_in_a_worker_that_ended_waits_in_the_new_lane(self, harness: Harness) -> None:
        order, old = await waiting(harness), harness.connection.lane
        with ended_at("claim-after-commit"), pytest.raises(Ended):
            await lane_worker.drain(harness.gateway, old)
        await move(harness)
        await harness.stored.expire_leases()

        await later(harness, old)

        assert harness.warehouse.order(order["id"]) is None
        job = await harness.stored.job(order["id"])
        assert (job.lane, job.state) == (await lane(harness), "waiting")

    async def test_what_another_process_has_just_queued_in_the_old_lane_is_moved(self, harness: Harness) -> None:
        """It has the connection as it was, for a few seconds more."""
        order, old = await waiting(harness), harness.connection.lane
        await move(harness)
        async with harness.gateway.database.begin() as db:
            await db.execute(update(jobs).values(lane=old))

        await later(harness, old)

        assert harness.warehouse.order(order["id"]) is None
        assert (await harness.stored.job(order["id"])).lane == await lane(harness)


class TestPaused:
    async def test_what_runs_meanwhile_ends_and_what_fails_waits_until_it_is_resumed(self, harness: Harness) -> None:
        order, old = await waiting(harness), harness.connection.lane
        harness.warehouse.fail("status", status=503, method="PUT", path=ORDERS)
        paused = beside_call(harness, "PUT", "/orders", before=lambda: connections.pause(harness.gateway, harness.connection))
        with paused:
            await harness.work(sweep=True)
        await later(harness, old)
        assert harness.warehouse.order(order["id"]) is None

        await connections.resume(harness.gateway, await harness.gateway.connection(harness.connection.id))
        await later(harness, old)

        assert harness.warehouse.order(order["id"]) is not None

    async def test_one_with_jobs_is_not_deleted(self, harness: Harness) -> None:
        await waiting(harness)
        await harness.set_status(harness.connection, Status.DRAFT)
        with pytest.raises(Conflict):
            await connections.remove(harness.gateway, await harness.gateway.connection(harness.connection.id))
