"""Polls: the same 1,000 orders read again cost no write, and the shop no more calls than there are pages."""

from __future__ import annotations

import asyncio
import math

from sqlalchemy import select, update

from app.domain import Process
from app.engine.core.queue import Task, poll_key
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.storage.tables import cursors
from app.worker import work
from tests.bench.figure import Figure, Options
from tests.bench.workload import world
from tests.harness import Harness

ORDERS = 1000
SECONDS_APART = 30


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    async with world.harness() as harness:
        for number in range(ORDERS):
            harness.shop.model.put_order_raw(world.order(1001 + number, number * SECONDS_APART))
        settings = harness.connection.settings
        assert isinstance(settings, WooCommerceSettings)
        pages = math.ceil(ORDERS / settings.page_size)
        # Each page begins again with the newest second of the one before, so that nothing slips through while records change.
        overlap = math.ceil(pages / settings.page_size)
        first = await _poll(harness)
        assert first[0] == ORDERS, f"{first[0]} of {ORDERS} orders were written"
        return [
            _figure("the same 1,000 orders read again from the start", await _poll(harness, anew=True), pages, overlap),
            _figure("polled again from the cursor", await _poll(harness), 0, 1),
        ]


def _figure(what: str, found: tuple[int, int], pages: int, overlap: int) -> Figure:
    writes, calls = found
    return Figure(
        "poll",
        f"Unchanged, {what}: writes to the WMS, calls to the shop",
        f"{writes} and {calls}",
        f"0 and {pages} pages + at most {overlap} for the overlap",
        writes == 0 and calls <= pages + overlap,
    )


async def _poll(harness: Harness, *, anew: bool = False) -> tuple[int, int]:
    """A scheduled poll of orders, due now; (writes to the WMS, calls to the shop). `anew`: as if nothing had been read before."""
    key = poll_key(harness.connection.id, Process.ORDERS)
    place = (cursors.c.connection_id == harness.connection.id, cursors.c.process == Process.ORDERS)
    due = {"next_poll_at": harness.clock(), **({"cursor": None} if anew else {})}
    async with harness.gateway.database.begin() as db:
        await db.execute(update(cursors).where(*place).values(**due))
    written, asked = len(harness.warehouse.writes()), len(harness.shop.calls())
    await work(harness.gateway, Task.POLL, key)
    await harness.work()
    async with harness.gateway.database.read() as db:
        assert (await db.execute(select(cursors.c.last_error).where(*place))).scalar_one() is None
    return len(harness.warehouse.writes()) - written, len(harness.shop.calls()) - asked
