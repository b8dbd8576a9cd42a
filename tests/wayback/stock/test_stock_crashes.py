"""Stock when workers end, calls get lost and shops are away: nothing is lost, nothing late comes after what is newer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.engine.core import leases
from app.engine.stock import levels
from app.storage.outbound_tables import shop_writes, stock_levels
from tests.house import House
from tests.wayback.stock.stock_room import ON, batches, in_both, level, quantity, written


class Ended(BaseException):
    """A worker that ends here, as with kill -9: not an Exception, so that nothing on the way can make something of it."""


def end_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def failpoint(reached: str) -> None:
        if reached == name:
            raise Ended

    monkeypatch.setattr(levels, "failpoint", failpoint)


async def write(house: House) -> int:
    house.wake_ups.waiting.clear()
    return await levels.write(house.gateway, house.connection.id)


async def long_after(house: House) -> None:
    """As if every call under way had been begun so long ago that it must be over."""
    async with house.gateway.database.begin() as db:
        await db.execute(update(shop_writes).values(over_at=datetime.now(UTC) - timedelta(hours=1)))


async def with_a_change(house: House) -> int:
    """One article whose quantity has changed in the WMS from 7 to 5, read and not yet written."""
    product = in_both(house, "SOKK-1", shop=7, wms=7)
    await house.connect(processes=ON)
    await house.poll("stock")
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 5)
    await read(house)
    return product


async def read(house: House) -> None:
    """A poll without the writing that follows it."""
    lease = await leases.acquire(house.gateway.database, f"stock:{house.connection.id}", 60)
    assert lease is not None
    await house.poll("stock")
    await leases.release(house.gateway.database, lease)


@pytest.mark.parametrize("where", ["attempt-after-commit", "call-after-answer"])
async def test_a_worker_that_ends_at_the_call_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    product = await with_a_change(house)
    with monkeypatch.context() as patched:
        end_at(patched, where)
        with pytest.raises(Ended):
            await write(house)

    await house.expire_leases()
    await long_after(house)
    await write(house)

    assert quantity(house, product) == 5
    assert (await level(house, product)).state == "same"


async def test_a_call_that_may_still_be_under_way_is_waited_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await with_a_change(house)
    with monkeypatch.context() as patched:
        end_at(patched, "attempt-after-commit")
        with pytest.raises(Ended):
            await write(house)
    await house.expire_leases()

    assert await write(house) == 0
    assert not house.wake_ups.waiting
    assert quantity(house, product) == 7

    await long_after(house)
    assert await write(house) == 1
    assert quantity(house, product) == 5


async def test_going_back_to_the_old_figure_is_written_when_the_call_between_is_not_known(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop took 5 and nobody heard; then it is 7 again in the WMS, as the shop was known to show."""
    product = await with_a_change(house)
    with monkeypatch.context() as patched:
        end_at(patched, "call-after-answer")
        with pytest.raises(Ended):
            await write(house)
    assert quantity(house, product) == 5
    await house.expire_leases()
    await long_after(house)
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 7)

    await house.poll("stock")

    assert quantity(house, product) == 7


async def test_the_same_when_the_answer_got_lost_on_the_way(house: House) -> None:
    product = await with_a_change(house)
    house.fail_shop("hang-up", path="/wp-json/wc/v3/products/batch", times=1, after_write=True)
    await write(house)
    assert quantity(house, product) == 5
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 7)
    await house.poll("stock")
    assert (await level(house, product)).state == "parked"

    house.tick(3600)
    await house.work(sweep=True)

    assert quantity(house, product) == 7


async def test_a_worker_that_froze_before_the_call_does_not_make_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await with_a_change(house)
    monotonic = time.monotonic

    def freeze(reached: str) -> None:
        if reached == "attempt-after-commit":
            monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3600)

    monkeypatch.setattr(levels, "failpoint", freeze)

    assert await write(house) == 0
    assert (batches(house), quantity(house, product)) == ([], 7)


async def test_a_worker_that_froze_after_the_answer_does_not_write_down_what_is_older(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await with_a_change(house)
    send = levels._written

    async def thawed_late(*given: Any) -> None:
        """While this worker is frozen, another writes what is newer."""
        monkeypatch.setattr(levels, "_written", send)
        await house.expire_leases()
        await long_after(house)
        house.tick(60)
        house.warehouse.put_in_stock("SOKK-1", 9)
        await house.poll("stock")
        assert quantity(house, product) == 9
        await send(*given)

    monkeypatch.setattr(levels, "_written", thawed_late)
    await write(house)

    assert (await level(house, product)).shop_quantity == 9
    assert (await level(house, product)).state == "same"


async def test_a_change_while_the_call_is_under_way_is_written_after_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await with_a_change(house)
    send = levels._written

    async def changed_meanwhile(*given: Any) -> None:
        monkeypatch.setattr(levels, "_written", send)
        house.tick(60)
        house.warehouse.put_in_stock("SOKK-1", 9)
        await house.poll("stock")
        await send(*given)

    monkeypatch.setattr(levels, "_written", changed_meanwhile)
    await write(house)
    await house.work()

    assert quantity(house, product) == 9
    assert written(house) == [(product, 5), (product, 9)]


async def test_a_shop_that_is_down_is_left_alone_for_a_while_and_gets_the_newest_figure_then(house: House) -> None:
    product = await with_a_change(house)
    house.fail_shop("status", status=503, path="/wp-json/wc/v3/products/batch")
    for _ in range(6):
        await house.work(sweep=True)
        house.tick(5)
    tried = len(batches(house))
    assert tried <= 3
    assert (await level(house, product)).state == "parked"

    house.mend()
    house.tick(60)
    house.warehouse.put_in_stock("SOKK-1", 4)
    await house.poll("stock")
    house.tick(3600)
    await house.work(sweep=True)

    assert quantity(house, product) == 4
    assert len(batches(house)) == tried + 1


async def test_a_shop_that_wants_fewer_calls_gets_none_until_then(house: House) -> None:
    product = await with_a_change(house)
    house.fail_shop("status", status=429, retry_after="120", path="/wp-json/wc/v3/products/batch", times=1)
    await write(house)
    house.tick(100)
    await house.work(sweep=True)
    assert len(batches(house)) == 1

    house.tick(30)
    await house.work(sweep=True)

    assert quantity(house, product) == 5


async def test_a_refused_login_is_told_of_and_tried_seldom(house: House) -> None:
    await with_a_change(house)
    house.fail_shop("status", status=401, path="/wp-json/wc/v3/products/batch")
    await write(house)
    house.tick(300)
    await house.work(sweep=True)

    assert len(batches(house)) == 1
    assert await house.alerts() == ["login-refused"]


async def test_two_workers_do_not_write_beside_each_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_a_change(house)
    send = levels._send

    async def beside(*given: Any) -> None:
        assert await write(house) == 0
        await send(*given)

    monkeypatch.setattr(levels, "_send", beside)
    await write(house)

    assert len(batches(house)) == 1


async def test_switched_off_or_paused_nothing_is_written(house: House) -> None:
    await with_a_change(house)
    await house.change_settings(house.connection, processes={"stock": False})

    assert await write(house) == 0
    assert batches(house) == []


async def test_every_call_is_written_down_with_what_became_of_it(house: House) -> None:
    product = await with_a_change(house)
    house.fail_shop("status", status=503, path="/wp-json/wc/v3/products/batch", times=1)
    await write(house)
    house.tick(3600)
    await house.work(sweep=True)

    calls = await house.rows(select(shop_writes).order_by(shop_writes.c.id))
    assert [(call.result, call.items, call.request) for call in calls] == [
        ("failed", 1, {str(product): 5}),
        ("ok", 1, {str(product): 5}),
    ]
    (row,) = await house.rows(select(stock_levels))
    assert (row.shop_quantity, row.tries) == (5, 0)
