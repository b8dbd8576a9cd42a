"""Stock when workers end, calls get lost and shops are away: nothing is lost, nothing late comes after what is newer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.engine.core import failpoints, leases
from app.engine.stock.write import write as write_stock
from app.storage.outbound_tables import stock_levels
from app.storage.tables import attempts
from tests.harness import Harness
from tests.steering import Ended, beside_call, ended_at
from tests.wayback.stock.stock_steps import ON, batches, in_both, level, quantity, written

BATCH = "/wp-json/wc/v3/products/batch"


async def write(harness: Harness) -> int:
    harness.wake_ups.waiting.clear()
    return await write_stock(harness.gateway, harness.connection.id)


async def long_after(harness: Harness) -> None:
    """As if every call under way had been begun so long ago that it must be over."""
    async with harness.gateway.database.begin() as db:
        await db.execute(update(attempts).values(started_at=datetime.now(UTC) - timedelta(hours=1)))


async def with_a_change(harness: Harness) -> int:
    """One article whose quantity has changed in the WMS from 7 to 5, read and not yet written."""
    product = in_both(harness, "SOKK-1", shop=7, wms=7)
    await harness.connect(processes=ON)
    await harness.poll("stock")
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 5)
    await read(harness)
    return product


async def read(harness: Harness) -> None:
    """A poll without the writing that follows it."""
    lease = await leases.acquire(harness.gateway.database, f"stock:{harness.connection.id}", 60)
    assert lease is not None
    await harness.poll("stock")
    await leases.release(harness.gateway.database, lease)


@pytest.mark.parametrize("where", ["attempt-after-commit", "call-after-answer"])
async def test_a_worker_that_ends_at_the_call_loses_nothing(harness: Harness, where: str) -> None:
    product = await with_a_change(harness)
    with ended_at(where), pytest.raises(Ended):
        await write(harness)

    await harness.stored.expire_leases()
    await long_after(harness)
    await write(harness)

    assert quantity(harness, product) == 5
    assert (await level(harness, product)).state == "same"


async def test_a_call_that_may_still_be_under_way_is_waited_out(harness: Harness) -> None:
    product = await with_a_change(harness)
    with ended_at("attempt-after-commit"), pytest.raises(Ended):
        await write(harness)
    await harness.stored.expire_leases()

    assert await write(harness) == 0
    assert not harness.wake_ups.waiting
    assert quantity(harness, product) == 7

    await long_after(harness)
    assert await write(harness) == 1
    assert quantity(harness, product) == 5


async def test_going_back_to_the_old_figure_is_written_when_the_call_between_is_not_known(harness: Harness) -> None:
    """The shop took 5 and nobody heard; then it is 7 again in the WMS, as the shop was known to show."""
    product = await with_a_change(harness)
    with ended_at("call-after-answer"), pytest.raises(Ended):
        await write(harness)
    assert quantity(harness, product) == 5
    await harness.stored.expire_leases()
    await long_after(harness)
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 7)

    await harness.poll("stock")

    assert quantity(harness, product) == 7


async def test_the_same_when_the_answer_got_lost_on_the_way(harness: Harness) -> None:
    product = await with_a_change(harness)
    harness.shop.fail("hang-up", path="/wp-json/wc/v3/products/batch", times=1, after_write=True)
    await write(harness)
    assert quantity(harness, product) == 5
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 7)
    await harness.poll("stock")
    assert (await level(harness, product)).state == "parked"

    harness.tick(3600)
    await harness.work(sweep=True)

    assert quantity(harness, product) == 7


async def test_a_worker_that_froze_before_the_call_does_not_make_it(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await with_a_change(harness)
    monotonic = time.monotonic

    def freeze() -> None:
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3600)

    with failpoints.armed("attempt-after-commit", freeze):
        assert await write(harness) == 0
    assert (batches(harness), quantity(harness, product)) == ([], 7)


async def test_a_worker_that_froze_after_the_answer_does_not_write_down_what_is_older(harness: Harness) -> None:
    product = await with_a_change(harness)
    meanwhile: list[int] = []

    async def frozen() -> None:
        """While this worker is frozen, another writes what is newer."""
        await harness.stored.expire_leases()
        await long_after(harness)
        harness.tick(60)
        harness.warehouse.model.put_in_stock("SOKK-1", 9)
        await harness.poll("stock")
        meanwhile.append(quantity(harness, product))

    with beside_call(harness, "POST", BATCH, after=frozen):
        await write(harness)

    assert meanwhile == [9]

    assert (await level(harness, product)).shop_quantity == 9
    assert (await level(harness, product)).state == "same"


async def test_a_change_while_the_call_is_under_way_is_written_after_it(harness: Harness) -> None:
    product = await with_a_change(harness)

    async def changed() -> None:
        harness.tick(60)
        harness.warehouse.model.put_in_stock("SOKK-1", 9)
        await harness.poll("stock")

    with beside_call(harness, "POST", BATCH, after=changed):
        await write(harness)
    await harness.work()

    assert quantity(harness, product) == 9
    assert written(harness) == [(product, 5), (product, 9)]


async def test_a_shop_that_is_down_is_left_alone_for_a_while_and_gets_the_newest_figure_then(harness: Harness) -> None:
    product = await with_a_change(harness)
    harness.shop.fail("status", status=503, path="/wp-json/wc/v3/products/batch")
    for _ in range(6):
        await harness.work(sweep=True)
        harness.tick(5)
    tried = len(batches(harness))
    assert tried <= 3
    assert (await level(harness, product)).state == "parked"

    harness.mend()
    harness.tick(60)
    harness.warehouse.model.put_in_stock("SOKK-1", 4)
    await harness.poll("stock")
    harness.tick(3600)
    await harness.work(sweep=True)

    assert quantity(harness, product) == 4
    assert len(batches(harness)) == tried + 1


async def test_a_shop_that_wants_fewer_calls_gets_none_until_then(harness: Harness) -> None:
    product = await with_a_change(harness)
    harness.shop.fail("status", status=429, retry_after="120", path="/wp-json/wc/v3/products/batch", times=1)
    await write(harness)
    harness.tick(100)
    await harness.work(sweep=True)
    assert len(batches(harness)) == 1

    harness.tick(30)
    await harness.work(sweep=True)

    assert quantity(harness, product) == 5


async def test_a_refused_login_is_told_of_and_tried_seldom(harness: Harness) -> None:
    await with_a_change(harness)
    harness.shop.fail("status", status=401, path="/wp-json/wc/v3/products/batch")
    await write(harness)
    harness.tick(300)
    await harness.work(sweep=True)

    assert len(batches(harness)) == 1
    assert await harness.stored.alerts() == ["login-refused"]


async def test_two_workers_do_not_write_beside_each_other(harness: Harness) -> None:
    await with_a_change(harness)
    calls: list[int] = []

    async def another() -> None:
        calls.append(await write(harness))

    with beside_call(harness, "POST", BATCH, before=another):
        await write(harness)

    assert calls == [0]
    assert len(batches(harness)) == 1


async def test_switched_off_or_paused_nothing_is_written(harness: Harness) -> None:
    await with_a_change(harness)
    await harness.change_settings(harness.connection, processes={"stock": False})

    assert await write(harness) == 0
    assert batches(harness) == []


async def test_every_call_is_written_down_with_what_became_of_it(harness: Harness) -> None:
    product = await with_a_change(harness)
    harness.shop.fail("status", status=503, path="/wp-json/wc/v3/products/batch", times=1)
    await write(harness)
    harness.tick(3600)
    await harness.work(sweep=True)

    calls = await harness.stored.rows(select(attempts).order_by(attempts.c.id))
    assert [(call.result, call.status, call.request) for call in calls] == [
        ("unavailable", 503, {str(product): 5}),
        ("ok", None, {str(product): 5}),
    ]
    assert {(call.lane, call.job_id, call.mapping_id) for call in calls} == {(f"stock:{harness.connection.id}", None, None)}
    (row,) = await harness.stored.rows(select(stock_levels))
    assert (row.shop_quantity, row.tries) == (5, 0)
