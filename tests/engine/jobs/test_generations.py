"""One job row per record, with a generation: ten changes that wait are one write, a change during a write is one more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.storage.tables import inbox, jobs
from app.warehouse.rest.client import OngoingClient
from tests.harness import Harness, Resource

Hook = Callable[[int], Awaitable[None]]


def during_puts(monkeypatch: pytest.MonkeyPatch, hook: Hook) -> None:
    """Calls `hook` with the number of the write (from 1) while it is on its way."""
    real = OngoingClient.put_order
    count = 0

    async def put(self: OngoingClient, body: Any) -> Any:
        nonlocal count
        count += 1
        await hook(count)
        return await real(self, body)

    monkeypatch.setattr(OngoingClient, "put_order", put)


def remark(harness: Harness, order: Resource) -> Any:
    found: Any = harness.warehouse.order(order["id"])
    return found.body.order_remark


async def test_ten_changes_that_wait_are_one_write(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order()
    await sqlite_harness.announce(order)
    for number in range(1, 11):
        await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note=f"note {number}"))
    await sqlite_harness.work()
    assert len(sqlite_harness.warehouse.writes()) == 1
    assert remark(sqlite_harness, order) == "note 10"
    assert await sqlite_harness.stored.events() == {"merged": 10, "done": 1}


async def test_ten_changes_taken_up_one_by_one_while_the_lane_is_busy_are_one_write(harness: Harness) -> None:
    order = harness.shop.order()
    await harness.announce(order)
    await harness.ingest()
    for number in range(1, 11):
        await harness.announce(harness.shop.change(order["id"], customer_note=f"note {number}"))
        await harness.ingest()
    assert (await harness.stored.job(order["id"])).generation == 11
    await harness.work(sweep=True)
    assert len(harness.warehouse.writes()) == 1
    assert remark(harness, order) == "note 10"
    assert await harness.stored.events() == {"merged": 10, "done": 1}


@pytest.mark.parametrize("changes", [1, 5])
async def test_changes_during_a_write_are_one_more_write_and_never_swallowed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    order = harness.shop.order()

    async def change(write: int) -> None:
        if write == 1:
            for number in range(changes):
                await harness.announce(harness.shop.change(order["id"], customer_note=f"during {number}"))
                await harness.ingest()

    during_puts(monkeypatch, change)
    await harness.deliver(order)
    await harness.work(sweep=True)
    assert [call.body.get("orderRemark") for call in harness.warehouse.writes()] == [None, f"during {changes - 1}"]
    job = await harness.stored.job(order["id"])
    assert (job.state, job.generation, job.done_generation) == ("done", changes + 1, changes + 1)
    assert await harness.stored.all_ended()
    assert sum((await harness.stored.events()).values()) == changes + 1


async def test_done_is_a_compare_and_swap_on_the_generation_that_was_taken(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = harness.shop.order()
    seen: list[tuple[str, int, int]] = []

    async def look(write: int) -> None:
        if write == 1:
            await harness.announce(harness.shop.change(order["id"], customer_note="newer"))
            await harness.ingest()
        job = await harness.stored.job(order["id"])
        seen.append((job.state, job.taken_generation, job.generation))

    during_puts(monkeypatch, look)
    await harness.deliver(order)
    await harness.work(sweep=True)
    assert seen == [("running", 1, 2), ("running", 2, 2)]


async def test_an_event_of_the_write_that_ended_is_done_and_the_one_that_came_meanwhile_is_not_yet(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = sqlite_harness.shop.order()
    states: list[list[str]] = []

    async def change(write: int) -> None:
        states.append([row.state for row in await sqlite_harness.stored.rows(select(inbox.c.state).order_by(inbox.c.id))])
        if write == 1:
            await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="newer"))
            await sqlite_harness.ingest()

    during_puts(monkeypatch, change)
    await sqlite_harness.deliver(order)
    await sqlite_harness.work(sweep=True)
    assert states == [["queued"], ["done", "queued"]]
    assert await sqlite_harness.stored.events() == {"done": 2}


async def test_a_change_during_a_write_that_fails_is_not_swallowed(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = sqlite_harness.shop.order()

    async def change(write: int) -> None:
        if write == 1:
            sqlite_harness.warehouse.fail("status", method="PUT", path="/demo/api/v1/orders", times=1)
            await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="newer"))
            await sqlite_harness.ingest()

    during_puts(monkeypatch, change)
    await sqlite_harness.deliver(order)
    assert (await sqlite_harness.stored.job(order["id"])).state == "parked"
    sqlite_harness.tick(60)
    await sqlite_harness.work(sweep=True)
    assert remark(sqlite_harness, order) == "newer"
    assert await sqlite_harness.stored.all_ended()


async def test_a_cancellation_during_the_write_takes_the_order_back(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = sqlite_harness.shop.order()

    async def cancel(write: int) -> None:
        if write == 1:
            await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], status="cancelled"))
            await sqlite_harness.ingest()

    during_puts(monkeypatch, cancel)
    await sqlite_harness.deliver(order)
    await sqlite_harness.work(sweep=True)
    found: Any = sqlite_harness.warehouse.order(order["id"])
    assert found.status == 1000


async def test_an_order_that_was_changed_and_changed_back_is_not_written_again(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order(customer_note="as it was")
    await sqlite_harness.deliver(order)
    await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="another"))
    await sqlite_harness.announce(sqlite_harness.shop.change(order["id"], customer_note="as it was"))
    await sqlite_harness.work()
    assert len(sqlite_harness.warehouse.writes()) == 1


async def test_nothing_waits_on_purpose(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order()
    await sqlite_harness.announce(order)
    await sqlite_harness.ingest()
    job = await sqlite_harness.stored.job(order["id"])
    assert (job.state, job.due_at) == ("waiting", None)
    assert job.ready_at <= sqlite_harness.clock()


async def test_there_is_one_job_row_for_a_record_however_often_it_changes(harness: Harness) -> None:
    order = harness.shop.order()
    await harness.deliver(order)
    for number in range(3):
        await harness.deliver(harness.shop.change(order["id"], customer_note=str(number)))
    assert [row.generation for row in await harness.stored.rows(select(jobs.c.generation))] == [4]
    assert len(harness.warehouse.writes()) == 4


async def test_payloads_are_mapped_again_when_the_settings_have_moved(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order()
    await sqlite_harness.announce(order)
    await sqlite_harness.ingest()
    await sqlite_harness.change_settings(sqlite_harness.connection, order_number_prefix="NY-")
    await sqlite_harness.work(sweep=True)
    assert sqlite_harness.warehouse.order(order["id"]) is None
    assert sqlite_harness.warehouse.order(f"NY-{order['id']}") is not None


async def test_payloads_are_mapped_again_when_the_schema_has_moved(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order()
    await sqlite_harness.announce(order)
    await sqlite_harness.ingest()
    async with sqlite_harness.gateway.database.begin() as db:
        await db.execute(jobs.update().values(schema_version=0, payload={"modified_at": None, "of": "an older schema"}))
    await sqlite_harness.work(sweep=True)
    assert sqlite_harness.warehouse.order(order["id"]) is not None
