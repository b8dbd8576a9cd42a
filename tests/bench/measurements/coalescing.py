"""Ten changes of one order that wait are one write; what comes during a write is one more; and nothing waits to get there."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import func, select

from app.engine.intake.ingest import ingest
from app.flows.orders import PUT_ORDER
from app.sandbox.kit.faults import Fault
from app.storage.tables import attempts
from tests.bench import sleeps
from tests.bench.figure import Figure, Options
from tests.bench.workload import world
from tests.harness import Harness

CHANGES = 10
WRITE_SECONDS = 1.0
"""How long the write takes during which changes arrive: far longer than taking them in."""


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    async with world.harness() as harness:
        return [await _waiting(harness), *await _during_a_write(harness)]


async def _change(harness: Harness, order_id: int, first: int, count: int = CHANGES) -> None:
    for second in range(first, first + count):
        answer = await harness.announce(world.order(order_id, second, pieces=second + 1))
        assert answer.status_code == 200, answer.text


async def _waiting(harness: Harness) -> Figure:
    await _change(harness, 1001, first=0, count=1)
    began = time.perf_counter()
    await harness.work()
    alone = time.perf_counter() - began
    before = len(harness.warehouse.writes())
    await _change(harness, 1002, first=0)
    with sleeps.counted() as slept:
        began = time.perf_counter()
        await harness.work()
        together = time.perf_counter() - began
    writes = len(harness.warehouse.writes()) - before
    return Figure(
        "coalescing",
        f"{CHANGES} changes of one order waiting: writes to the WMS, waits on purpose",
        f"{writes} and {len(slept)}",
        "1 and 0",
        writes == 1 and not slept,
        (f"from the ring to the end of the write {together * 1000:.0f} ms; of an order that changed once {alone * 1000:.0f} ms",),
    )


async def _during_a_write(harness: Harness) -> list[Figure]:
    """The harness holds the write up; the changes arrive, are taken in and queued; then it goes on."""
    harness.warehouse.app.state.faults.active.append(
        Fault("slow", method="PUT", path="/demo/api/v1/orders", times=1, seconds=WRITE_SECONDS)
    )
    before = len(harness.warehouse.writes())
    await _change(harness, 1003, first=0, count=1)
    working = asyncio.create_task(harness.work())
    await world.until(lambda: _is_under_way(harness), "the write was under way")
    await _change(harness, 1003, first=1)
    assert await ingest(harness.gateway, harness.connection.id) == CHANGES
    assert await _is_under_way(harness), "the write was over before the changes had arrived"
    await working
    await harness.work()
    more = len(harness.warehouse.writes()) - before - 1
    last = harness.warehouse.writes()[-1].body["orderLines"][0]["numberOfItems"]
    newest = CHANGES + 1
    return [
        Figure(
            "coalescing",
            f"{CHANGES} changes more during a write: writes after it",
            f"{more}",
            "at most 1, with the newest state",
            more <= 1 and last == newest,
            (f"they arrived while a write of {WRITE_SECONDS:g} s was under way",),
        )
    ]


async def _is_under_way(harness: Harness) -> bool:
    query = select(func.count()).select_from(attempts).where(attempts.c.call == PUT_ORDER, attempts.c.finished_at.is_(None))
    async with harness.gateway.database.read() as db:
        return await db.scalar(query) == 1
