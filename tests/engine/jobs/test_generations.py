"""One job row per record, with a generation: ten changes that wait are one write, a change during a write is one more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.storage.tables import inbox, jobs
from app.warehouse.rest.client import OngoingClient
from tests.house import House, Resource

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


def remark(house: House, order: Resource) -> Any:
    found: Any = house.wms_order(order["id"])
    return found.body.order_remark


async def test_ten_changes_that_wait_are_one_write(lite: House) -> None:
    order = lite.order()
    await lite.announce(order)
    for number in range(1, 11):
        await lite.announce(lite.change(order["id"], customer_note=f"note {number}"))
    await lite.work()
    assert len(lite.writes()) == 1
    assert remark(lite, order) == "note 10"
    assert await lite.events() == {"merged": 10, "done": 1}


async def test_ten_changes_taken_up_one_by_one_while_the_lane_is_busy_are_one_write(house: House) -> None:
    order = house.order()
    await house.announce(order)
    await house.ingest()
    for number in range(1, 11):
        await house.announce(house.change(order["id"], customer_note=f"note {number}"))
        await house.ingest()
    assert (await house.job(order["id"])).generation == 11
    await house.work(sweep=True)
    assert len(house.writes()) == 1
    assert remark(house, order) == "note 10"
    assert await house.events() == {"merged": 10, "done": 1}


@pytest.mark.parametrize("changes", [1, 5])
async def test_changes_during_a_write_are_one_more_write_and_never_swallowed(
    house: House, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    order = house.order()

    async def change(write: int) -> None:
        if write == 1:
            for number in range(changes):
                await house.announce(house.change(order["id"], customer_note=f"during {number}"))
                await house.ingest()

    during_puts(monkeypatch, change)
    await house.deliver(order)
    await house.work(sweep=True)
    assert [call.body.get("orderRemark") for call in house.writes()] == [None, f"during {changes - 1}"]
    job = await house.job(order["id"])
    assert (job.state, job.generation, job.done_generation) == ("done", changes + 1, changes + 1)
    assert await house.all_ended()
    assert sum((await house.events()).values()) == changes + 1


async def test_done_is_a_compare_and_swap_on_the_generation_that_was_taken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order = house.order()
    seen: list[tuple[str, int, int]] = []

    async def look(write: int) -> None:
        if write == 1:
            await house.announce(house.change(order["id"], customer_note="newer"))
            await house.ingest()
        job = await house.job(order["id"])
        seen.append((job.state, job.taken_generation, job.generation))

    during_puts(monkeypatch, look)
    await house.deliver(order)
    await house.work(sweep=True)
    assert seen == [("running", 1, 2), ("running", 2, 2)]


async def test_an_event_of_the_write_that_ended_is_done_and_the_one_that_came_meanwhile_is_not_yet(
    lite: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = lite.order()
    states: list[list[str]] = []

    async def change(write: int) -> None:
        states.append([row.state for row in await lite.rows(select(inbox.c.state).order_by(inbox.c.id))])
        if write == 1:
            await lite.announce(lite.change(order["id"], customer_note="newer"))
            await lite.ingest()

    during_puts(monkeypatch, change)
    await lite.deliver(order)
    await lite.work(sweep=True)
    assert states == [["queued"], ["done", "queued"]]
    assert await lite.events() == {"done": 2}


async def test_a_change_during_a_write_that_fails_is_not_swallowed(lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order = lite.order()

    async def change(write: int) -> None:
        if write == 1:
            lite.fail_warehouse("status", method="PUT", path="/demo/api/v1/orders", times=1)
            await lite.announce(lite.change(order["id"], customer_note="newer"))
            await lite.ingest()

    during_puts(monkeypatch, change)
    await lite.deliver(order)
    assert (await lite.job(order["id"])).state == "parked"
    lite.tick(60)
    await lite.work(sweep=True)
    assert remark(lite, order) == "newer"
    assert await lite.all_ended()


async def test_a_cancellation_during_the_write_takes_the_order_back(lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order = lite.order()

    async def cancel(write: int) -> None:
        if write == 1:
            await lite.announce(lite.change(order["id"], status="cancelled"))
            await lite.ingest()

    during_puts(monkeypatch, cancel)
    await lite.deliver(order)
    await lite.work(sweep=True)
    found: Any = lite.wms_order(order["id"])
    assert found.status == 1000


async def test_an_order_that_was_changed_and_changed_back_is_not_written_again(lite: House) -> None:
    order = lite.order(customer_note="as it was")
    await lite.deliver(order)
    await lite.announce(lite.change(order["id"], customer_note="another"))
    await lite.announce(lite.change(order["id"], customer_note="as it was"))
    await lite.work()
    assert len(lite.writes()) == 1


async def test_nothing_waits_on_purpose(lite: House) -> None:
    order = lite.order()
    await lite.announce(order)
    await lite.ingest()
    job = await lite.job(order["id"])
    assert (job.state, job.due_at) == ("waiting", None)
    assert job.ready_at <= lite.clock()


async def test_there_is_one_job_row_for_a_record_however_often_it_changes(house: House) -> None:
    order = house.order()
    await house.deliver(order)
    for number in range(3):
        await house.deliver(house.change(order["id"], customer_note=str(number)))
    assert [row.generation for row in await house.rows(select(jobs.c.generation))] == [4]
    assert len(house.writes()) == 4


async def test_payloads_are_mapped_again_when_the_settings_have_moved(lite: House) -> None:
    order = lite.order()
    await lite.announce(order)
    await lite.ingest()
    await lite.change_settings(lite.connection, order_number_prefix="NY-")
    await lite.work(sweep=True)
    assert lite.wms_order(order["id"]) is None
    assert lite.wms_order(f"NY-{order['id']}") is not None


async def test_payloads_are_mapped_again_when_the_schema_has_moved(lite: House) -> None:
    order = lite.order()
    await lite.announce(order)
    await lite.ingest()
    async with lite.gateway.database.begin() as db:
        await db.execute(jobs.update().values(schema_version=0, payload={"modified_at": None, "of": "an older schema"}))
    await lite.work(sweep=True)
    assert lite.wms_order(order["id"]) is not None
