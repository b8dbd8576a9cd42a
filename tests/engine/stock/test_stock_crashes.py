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
from tests.engine.stock.stock_steps import ON, batches, in_both, level, quantity, written
from tests.harness import Harness
from tests.steering import Ended, beside_call, ended_at

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
async def test_a_worker_that_ends_at_the_call_loses_nothing(bare_harness: Harness, where: str) -> None:
    product = await with_a_change(bare_harness)
    with ended_at(where), pytest.raises(Ended):
        await write(bare_harness)

    await bare_harness.stored.expire_leases()
    await long_after(bare_harness)
    await write(bare_harness)

    assert quantity(bare_harness, product) == 5
    assert (await level(bare_harness, product)).state == "same"


async def test_a_call_that_may_still_be_under_way_is_waited_out(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    with ended_at("attempt-after-commit"), pytest.raises(Ended):
        await write(bare_harness)
    await bare_harness.stored.expire_leases()

    assert await write(bare_harness) == 0
    assert not bare_harness.wake_ups.waiting
    assert quantity(bare_harness, product) == 7

    await long_after(bare_harness)
    assert await write(bare_harness) == 1
    assert quantity(bare_harness, product) == 5


async def test_going_back_to_the_old_figure_is_written_when_the_call_between_is_not_known(bare_harness: Harness) -> None:
    """The shop took 5 and nobody heard; then it is 7 again in the WMS, as the shop was known to show."""
    product = await with_a_change(bare_harness)
    with ended_at("call-after-answer"), pytest.raises(Ended):
        await write(bare_harness)
    assert quantity(bare_harness, product) == 5
    await bare_harness.stored.expire_leases()
    await long_after(bare_harness)
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 7)

    await bare_harness.poll("stock")

    assert quantity(bare_harness, product) == 7


async def test_the_same_when_the_answer_got_lost_on_the_way(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("hang-up", path="/wp-json/wc/v3/products/batch", times=1, after_write=True)
    await write(bare_harness)
    assert quantity(bare_harness, product) == 5
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 7)
    await bare_harness.poll("stock")
    assert (await level(bare_harness, product)).state == "parked"

    bare_harness.tick(3600)
    await bare_harness.work(sweep=True)

    assert quantity(bare_harness, product) == 7


async def test_a_worker_that_froze_before_the_call_does_not_make_it(
    bare_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await with_a_change(bare_harness)
    monotonic = time.monotonic

    def freeze() -> None:
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3600)

    with failpoints.armed("attempt-after-commit", freeze):
        assert await write(bare_harness) == 0
    assert (batches(bare_harness), quantity(bare_harness, product)) == ([], 7)


async def test_a_worker_that_froze_after_the_answer_does_not_write_down_what_is_older(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    meanwhile: list[int] = []

    async def frozen() -> None:
        """While this worker is frozen, another writes what is newer."""
        await bare_harness.stored.expire_leases()
        await long_after(bare_harness)
        bare_harness.tick(60)
        bare_harness.warehouse.model.put_in_stock("SOKK-1", 9)
        await bare_harness.poll("stock")
        meanwhile.append(quantity(bare_harness, product))

    with beside_call(bare_harness, "POST", BATCH, after=frozen):
        await write(bare_harness)

    assert meanwhile == [9]

    assert (await level(bare_harness, product)).shop_quantity == 9
    assert (await level(bare_harness, product)).state == "same"


async def test_a_change_while_the_call_is_under_way_is_written_after_it(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)

    async def changed() -> None:
        bare_harness.tick(60)
        bare_harness.warehouse.model.put_in_stock("SOKK-1", 9)
        await bare_harness.poll("stock")

    with beside_call(bare_harness, "POST", BATCH, after=changed):
        await write(bare_harness)
    await bare_harness.work()

    assert quantity(bare_harness, product) == 9
    assert written(bare_harness) == [(product, 5), (product, 9)]


async def test_a_shop_that_is_down_is_left_alone_for_a_while_and_gets_the_newest_figure_then(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=503, path="/wp-json/wc/v3/products/batch")
    for _ in range(6):
        await bare_harness.work(sweep=True)
        bare_harness.tick(5)
    tried = len(batches(bare_harness))
    assert tried <= 4
    assert (await level(bare_harness, product)).state == "parked"

    bare_harness.mend()
    bare_harness.tick(60)
    bare_harness.warehouse.model.put_in_stock("SOKK-1", 4)
    await bare_harness.poll("stock")
    bare_harness.tick(3600)
    await bare_harness.work(sweep=True)

    assert quantity(bare_harness, product) == 4
    assert len(batches(bare_harness)) == tried + 1


@pytest.mark.parametrize("status", [502, 504, 520, 521, 522, 523, 524])
async def test_a_proxy_without_an_answer_is_waited_for_as_long_as_a_call_may_take(bare_harness: Harness, status: int) -> None:
    """The shop behind it may still be at work on the call: 60 s, as its calls may take."""
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=status, path=BATCH, times=1)
    await write(bare_harness)
    bare_harness.tick(58)
    await bare_harness.work(sweep=True)
    assert (len(batches(bare_harness)), quantity(bare_harness, product)) == (1, 7)
    bare_harness.tick(5)
    await bare_harness.work(sweep=True)
    assert (len(batches(bare_harness)), quantity(bare_harness, product)) == (2, 5)


@pytest.mark.parametrize("status", [500, 503])
async def test_after_a_long_outage_the_quantities_are_there_within_half_a_minute(bare_harness: Harness, status: int) -> None:
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=status, path="/wp-json/wc/v3/products/batch")
    for _ in range(60):
        bare_harness.tick(10)
        await bare_harness.work(sweep=True)
    assert 600 / 30 <= len(batches(bare_harness)) <= 600 / 10
    bare_harness.mend()
    for _ in range(3):
        bare_harness.tick(10)
        await bare_harness.work(sweep=True)
    assert quantity(bare_harness, product) == 5


async def test_a_shop_that_wants_fewer_calls_gets_none_until_then(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=429, retry_after="120", path="/wp-json/wc/v3/products/batch", times=1)
    await write(bare_harness)
    bare_harness.tick(100)
    await bare_harness.work(sweep=True)
    assert len(batches(bare_harness)) == 1

    bare_harness.tick(30)
    await bare_harness.work(sweep=True)

    assert quantity(bare_harness, product) == 5


async def test_a_refused_login_is_told_of_and_tried_again_soon(bare_harness: Harness) -> None:
    await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=401, path="/wp-json/wc/v3/products/batch")
    await write(bare_harness)
    bare_harness.tick(2)
    await bare_harness.work(sweep=True)
    assert len(batches(bare_harness)) == 1
    bare_harness.tick(300)
    await bare_harness.work(sweep=True)

    assert len(batches(bare_harness)) == 2
    assert await bare_harness.stored.alerts() == ["login-refused"]


async def test_two_workers_do_not_write_beside_each_other(bare_harness: Harness) -> None:
    await with_a_change(bare_harness)
    calls: list[int] = []

    async def another() -> None:
        calls.append(await write(bare_harness))

    with beside_call(bare_harness, "POST", BATCH, before=another):
        await write(bare_harness)

    assert calls == [0]
    assert len(batches(bare_harness)) == 1


async def test_switched_off_or_paused_nothing_is_written(bare_harness: Harness) -> None:
    await with_a_change(bare_harness)
    await bare_harness.change_settings(bare_harness.connection, processes={"stock": False})

    assert await write(bare_harness) == 0
    assert batches(bare_harness) == []


async def test_every_call_is_written_down_with_what_became_of_it(bare_harness: Harness) -> None:
    product = await with_a_change(bare_harness)
    bare_harness.shop.fail("status", status=503, path="/wp-json/wc/v3/products/batch", times=1)
    await write(bare_harness)
    bare_harness.tick(3600)
    await bare_harness.work(sweep=True)

    calls = await bare_harness.stored.rows(select(attempts).order_by(attempts.c.id))
    assert [(call.result, call.status, call.request) for call in calls] == [
        ("unavailable", 503, {str(product): 5}),
        ("ok", None, {str(product): 5}),
    ]
    assert {(call.lane, call.job_id, call.mapping_id) for call in calls} == {(f"stock:{bare_harness.connection.id}", None, None)}
    (row,) = await bare_harness.stored.rows(select(stock_levels))
    assert (row.shop_quantity, row.tries) == (5, 0)
