"""A batch of changes ends as if one came after the other, and no two batches wait for each other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain import Process
from app.engine.jobs import claim, enqueue
from app.engine.jobs.enqueue import EnqueueResult, Found, FoundBy, RecordChange, RecordGone, Verdict
from app.engine.jobs.mapper import map_record
from app.integrations.woocommerce.rest.resources import record
from app.records import mappings
from app.records.stock import levels, sold
from app.storage.outbound_tables import reservations
from app.storage.tables import inbox, jobs
from app.storage.tables import mappings as mapping_rows
from tests.harness import Harness, Resource, open_harness


def changed(harness: Harness, body: Resource, **more: Any) -> RecordChange:
    found = record(Process.ORDERS, body)
    assert found is not None
    return RecordChange(found, map_record(harness.connection, found), Found(FoundBy.POLL), **more)


async def queue(harness: Harness, *changes: enqueue.Change) -> list[EnqueueResult]:
    async with harness.gateway.database.begin() as db:
        return await enqueue.enqueue_changes(db, harness.connection, changes, harness.clock())


async def state(harness: Harness, order: Resource) -> tuple[Any, ...]:
    """What is stored of an order, without ids and times of ours."""
    job, mapping = await harness.stored.job(order["id"]), await harness.stored.mapping(order["id"])
    held = await harness.stored.rows(select(reservations.c.number, reservations.c.quantity).order_by(reservations.c.number))
    return (
        (job.state, job.generation, job.source["customer_note"], job.source["status"], job.priority),
        (mapping.transfer, mapping.wanted, mapping.source_status, mapping.source_modified_at, mapping.reason_code),
        await harness.stored.history(order["id"]),
        [tuple(row) for row in held],
    )


def versions(harness: Harness) -> list[Resource]:
    """An order, changed three times: new, with another article, on hold, cancelled."""
    first = harness.shop.order("SOKK-1", customer_note="a")
    second = harness.shop.change(first["id"], customer_note="b")
    third = harness.shop.change(first["id"], status="on-hold", customer_note="c")
    return [first, second, third, harness.shop.change(first["id"], status="cancelled", customer_note="d")]


SEQUENCES = ("0", "01", "10", "00", "012", "210", "0123", "3210", "030", "1313", "20", "23")


class TestOneAfterTheOther:
    @pytest.mark.parametrize("sequence", SEQUENCES)
    async def test_a_batch_ends_as_its_changes_would_one_by_one(
        self, sqlite_database: str, tmp_path: Path, sequence: str
    ) -> None:
        async with open_harness(sqlite_database, tmp_path) as harness:
            await harness.connect()
            made, same = versions(harness), versions(harness)
            for body in same:  # the same order once more, by another id
                body["date_modified_gmt"] = made[same.index(body)]["date_modified_gmt"]
            alone = [(await queue(harness, changed(harness, made[int(each)])))[0] for each in sequence]
            together = await queue(harness, *(changed(harness, same[int(each)]) for each in sequence))
            assert [each.verdict for each in together] == [each.verdict for each in alone]
            assert [each.generation for each in together] == [each.generation for each in alone]
            if not any(each.verdict is Verdict.QUEUED for each in alone):
                return
            one, other = await state(harness, made[0]), await state(harness, same[0])
            assert other[:3] == one[:3]

    @pytest.mark.parametrize(("sequence", "reserved"), [("0", 1), ("01", 1), ("0123", 0), ("030", 0)])
    async def test_what_a_batch_reserves_is_what_its_last_change_needs(
        self, harness: Harness, sequence: str, reserved: int
    ) -> None:
        made = versions(harness)
        await queue(harness, *(changed(harness, made[int(each)]) for each in sequence))
        assert len(await harness.stored.rows(select(reservations))) == reserved

    async def test_events_of_one_record_end_each_by_itself(self, harness: Harness) -> None:
        first, second, third, _ = versions(harness)
        for body in (first, third, second, first, third):
            await harness.announce(body)
        await harness.ingest()
        found = await harness.stored.rows(select(inbox.c.state, inbox.c.reason_code, inbox.c.generation).order_by(inbox.c.id))
        assert [tuple(row) for row in found] == [
            ("merged", "newer", 1),
            ("queued", None, 2),
            ("ignored", "older", None),
            ("ignored", "older", None),
            ("ignored", "unchanged", None),
        ]

    async def test_gone_after_a_change_of_the_same_batch(self, harness: Harness) -> None:
        first, second, *_ = versions(harness)
        gone = RecordGone(Process.ORDERS, str(first["id"]), Found(FoundBy.WEBHOOK))
        never = RecordGone(Process.ORDERS, "987", Found(FoundBy.WEBHOOK))
        results = await queue(harness, changed(harness, first), never, changed(harness, second), gone)
        assert [(each.verdict, each.generation) for each in results] == [
            (Verdict.QUEUED, 1),
            (Verdict.NOT_WANTED, None),
            (Verdict.QUEUED, 2),
            (Verdict.QUEUED, 3),
        ]
        job = await harness.stored.job(first["id"])
        assert (job.source["customer_note"], job.payload["state"], job.priority) == ("b", "gone", 0)

    async def test_a_batch_of_many_records_names_each_of_them(self, harness: Harness) -> None:
        orders = [harness.shop.order() for _ in range(30)]
        results = await queue(harness, *(changed(harness, order) for order in reversed(orders)))
        for order, result in zip(reversed(orders), results, strict=True):
            job, mapping = await harness.stored.job(order["id"]), await harness.stored.mapping(order["id"])
            assert (job.id, mapping.id, job.mapping_id) == (result.job_id, result.mapping_id, mapping.id)


@pytest.fixture
async def two(postgresql_database: str, tmp_path: Path) -> Any:
    """A connection on PostgreSQL with two orders that wait in their lane."""
    async with open_harness(postgresql_database, tmp_path) as harness:
        await harness.connect()
        orders = [harness.shop.order(), harness.shop.order()]
        await queue(harness, *(changed(harness, order) for order in orders))
        yield harness, orders


class TestLocks:
    """Only PostgreSQL has more than one writer."""

    async def test_waking_parked_jobs_does_not_wait_for_a_batch(self, two: tuple[Harness, list[Resource]]) -> None:
        harness, orders = two
        async with harness.gateway.database.begin() as db:
            await db.execute(update(jobs).values(state="parked", due_at=harness.clock()))
        newer = [changed(harness, harness.shop.change(order["id"], customer_note="again")) for order in orders]
        async with harness.gateway.database.begin() as batch:
            await enqueue.enqueue_change(batch, harness.connection, newer[1], harness.clock())
            async with harness.gateway.database.begin() as db, asyncio.timeout(30):
                await claim.wake_parked(db, harness.connection.lane, harness.clock())
            await enqueue.enqueue_change(batch, harness.connection, newer[0], harness.clock())
        assert [(await harness.stored.job(order["id"])).generation for order in orders] == [2, 2]

    async def test_two_batches_with_the_same_records_in_other_orders(self, two: tuple[Harness, list[Resource]]) -> None:
        harness, orders = two
        for note in ("b", "c", "d"):
            newer = [changed(harness, harness.shop.change(order["id"], customer_note=note)) for order in orders]
            await asyncio.gather(queue(harness, *newer), queue(harness, *reversed(newer)), queue(harness, *newer))
        assert [(await harness.stored.job(order["id"])).generation for order in orders] == [4, 4]

    async def test_a_batch_waits_for_the_outcome_of_its_first_record_before_it_locks_the_second(
        self, two: tuple[Harness, list[Resource]]
    ) -> None:
        """Who stores outcomes locks mappings by their ids, too: the lower one first."""
        harness, orders = two
        newer = [changed(harness, harness.shop.change(order["id"], customer_note="again")) for order in reversed(orders)]
        async with harness.gateway.database.begin() as outcome:
            low, high = await harness.stored.mapping(orders[0]["id"]), await harness.stored.mapping(orders[1]["id"])
            await mappings.by_id(outcome, low.id, lock=True)
            batch = asyncio.create_task(queue(harness, *newer))
            await waits_for_a_lock(harness)
            async with asyncio.timeout(30):
                await mappings.by_id(outcome, high.id, lock=True)
        assert [each.verdict for each in await batch] == [Verdict.QUEUED, Verdict.QUEUED]

    async def test_a_batch_and_a_sale_take_the_stock_lock_first(self, two: tuple[Harness, list[Resource]]) -> None:
        harness, orders = two
        newer = changed(harness, harness.shop.change(orders[0]["id"], status="cancelled"))
        mapping = await harness.stored.mapping(orders[0]["id"])
        async with harness.gateway.database.begin() as outcome:
            await levels.one_at_a_time(outcome, harness.connection.lane)
            batch = asyncio.create_task(queue(harness, newer))
            await waits_for_a_lock(harness)
            async with asyncio.timeout(30):
                await mappings.by_id(outcome, mapping.id, lock=True)
                await sold.unsold(outcome, harness.connection.lane, mapping.id, harness.clock())
        assert (await batch)[0].verdict is Verdict.QUEUED

    async def test_a_mapping_that_another_process_makes_at_the_same_moment_is_kept(
        self, two: tuple[Harness, list[Resource]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        harness, _ = two
        order, other = harness.shop.order(), harness.shop.order()
        real = mappings.locked_by_source

        async def locked(db: Any, connection_id: str, wanted: Any) -> Any:
            found = await real(db, connection_id, wanted)
            monkeypatch.setattr(mappings, "locked_by_source", real)
            async with harness.gateway.database.begin() as theirs:
                kind = next(iter(wanted))
                await mappings.create(theirs, connection_id, kind, str(order["id"]), harness.connection.lane, harness.clock())
            return found

        monkeypatch.setattr(mappings, "locked_by_source", locked)
        results = await queue(harness, changed(harness, order), changed(harness, other))
        assert [each.verdict for each in results] == [Verdict.QUEUED, Verdict.QUEUED]
        (row,) = await harness.stored.rows(select(mapping_rows).where(mapping_rows.c.source_id == str(order["id"])))
        assert (row.transfer, row.id, (await harness.stored.job(order["id"])).mapping_id) == ("pending", row.id, row.id)


async def waits_for_a_lock(harness: Harness) -> None:
    """Until some transaction waits for another."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(60):
        while True:
            async with harness.gateway.database.engine.connect() as db:
                if (await db.exec_driver_sql(waiting)).scalar_one():
                    return
            await asyncio.sleep(0.01)
