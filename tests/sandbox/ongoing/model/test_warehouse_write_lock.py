"""One write at a time per goods owner."""

from __future__ import annotations

import asyncio

from tests.sandbox.ongoing.simulated_site import Build, Site, until


async def test_writes_one_after_the_other_never_meet(site: Site) -> None:
    for number in ("A", "B"):
        await site.put_order(number)
    await site.put_article(articleNumber="TEE")
    await site.api.delete("/orders/50001")
    assert site.warehouse.concurrency == {77: 1}


async def test_writes_side_by_side_queue_up_and_are_counted(build: Build) -> None:
    site = build(write_seconds=0.01)
    await asyncio.gather(
        site.put_order("A"), site.put_order("B"), site.put_article(articleNumber="C"), site.put_order("D", goodsOwnerId=78)
    )
    assert site.warehouse.concurrency == {77: 3, 78: 1}
    figures = (await site.outside.get("/_sandbox/warehouse")).json()
    assert figures == {"max_parallel_writes": {"77": 3, "78": 1}, "orders": 3, "articles": 3}


async def test_reads_wait_for_nobody(build: Build) -> None:
    site = build(write_seconds=30)
    write = asyncio.create_task(site.put_order())
    await until(lambda: site.warehouse.concurrency)
    assert await site.numbers() == []
    write.cancel()
    await asyncio.gather(write, return_exceptions=True)


async def test_a_slow_write_holds_its_turn_until_it_is_answered(site: Site) -> None:
    await site.fault("slow", seconds=0.05, times=1)
    await asyncio.gather(site.put_order("A"), site.put_order("B"))
    assert site.warehouse.concurrency == {77: 2}
    assert await site.numbers() == ["A", "B"]
