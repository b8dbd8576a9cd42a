"""One row for each (connection, process, record), whoever has something to do for the record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.domain import JobState, Process
from app.engine.jobs.report_jobs import enqueue_report
from app.storage.tables import jobs, run_items, run_parts
from tests.harness import Harness


async def transferred(harness: Harness) -> Any:
    """The mapping of an order that is in the warehouse, with nothing reported of it."""
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    return await harness.stored.mapping(order["id"])


async def report(harness: Harness, process: Process, mapping: Any, part_id: int | None = None) -> None:
    async with harness.gateway.database.begin() as db:
        await enqueue_report(db, harness.connection, process, mapping, harness.clock(), part_id=part_id)


async def the_job(harness: Harness, process: Process) -> Any:
    (job,) = await harness.stored.rows(select(jobs).where(jobs.c.process == process))
    return job


async def test_the_first_makes_it_and_the_next_raises_its_generation(harness: Harness) -> None:
    mapping = await transferred(harness)

    await report(harness, Process.SHIPMENTS, mapping)
    first = await the_job(harness, Process.SHIPMENTS)
    await report(harness, Process.SHIPMENTS, mapping)
    second = await the_job(harness, Process.SHIPMENTS)

    assert (first.state, first.generation, first.priority) == ("waiting", 1, 1)
    assert first.lane == f"shop:{harness.connection.id}"
    assert (second.id, second.state, second.generation, second.ready_at) == (first.id, "waiting", 2, first.ready_at)


async def test_what_the_warehouse_is_told_waits_in_its_own_lane(sqlite_harness: Harness) -> None:
    mapping = await transferred(sqlite_harness)

    await report(sqlite_harness, Process.ACKNOWLEDGEMENTS, mapping)

    assert (await the_job(sqlite_harness, Process.ACKNOWLEDGEMENTS)).lane == sqlite_harness.connection.lane


async def test_one_that_had_ended_waits_again_from_now_on(sqlite_harness: Harness) -> None:
    mapping = await transferred(sqlite_harness)
    await report(sqlite_harness, Process.NOTES, mapping)
    async with sqlite_harness.gateway.database.begin() as db:
        await db.execute(jobs.update().where(jobs.c.process == Process.NOTES).values(state=JobState.DEAD, tries=7))
    sqlite_harness.tick(60)

    await report(sqlite_harness, Process.NOTES, mapping)

    job = await the_job(sqlite_harness, Process.NOTES)
    assert (job.state, job.tries, job.generation) == ("waiting", 0, 2)
    assert (job.ready_at == job.updated_at, job.ready_at - job.created_at >= timedelta(seconds=60)) == (True, True)


async def test_four_at_the_same_moment_make_one_row_of_four_generations(harness: Harness) -> None:
    mapping = await transferred(harness)

    await asyncio.gather(*(report(harness, Process.SHIPMENTS, mapping) for _ in range(4)))

    assert (await the_job(harness, Process.SHIPMENTS)).generation == 4


async def test_the_part_of_a_run_that_found_it_waits_for_that_generation(sqlite_harness: Harness) -> None:
    mapping = await transferred(sqlite_harness)
    await sqlite_harness.poll("orders")
    (part,) = await sqlite_harness.stored.rows(select(run_parts))

    await report(sqlite_harness, Process.RETURNS, mapping)
    await report(sqlite_harness, Process.RETURNS, mapping, part.id)

    job = await the_job(sqlite_harness, Process.RETURNS)
    (item,) = await sqlite_harness.stored.rows(select(run_items))
    assert (item.part_id, item.job_id, item.generation, item.outcome) == (part.id, job.id, 2, None)
