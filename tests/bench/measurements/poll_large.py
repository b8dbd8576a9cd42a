"""Polls of a large shop: calls are its pages plus the overlap, and memory is the same however large it is."""

from __future__ import annotations

import asyncio
import contextlib
import math
import multiprocessing
import resource
import sys
import tempfile
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import func, select, update

from app import logs
from app.domain import Process
from app.engine.core.queue import Task, poll_key
from app.integrations.registry import secret_names
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.settings import Settings
from app.storage.tables import cursors, jobs
from app.worker import work
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases
from tests.bench.workload.large_shop import LargeShop
from tests.harness import Harness, open_harness

MANY, FEW = 50_000, 5_000
MOST_GROWTH = 1.25
"""How much more memory the process may take at most for ten times as many records."""
AT_A_TIME = 2
"""Processes that measure side by side; each measures calls and memory, not time."""

PROCESSES = (Process.ORDERS, Process.ARTICLES)


def measure(options: Options) -> list[Figure]:
    """Each poll in a process of its own, so that its largest memory is its own."""
    context = multiprocessing.get_context("spawn")
    asked = [(process, records) for records in (MANY, FEW) for process in PROCESSES]
    with ProcessPoolExecutor(AT_A_TIME, context, max_tasks_per_child=1) as pool:
        found = dict(zip(asked, pool.map(_measured, asked), strict=True))
    return [
        figure
        for process in PROCESSES
        for figure in (_calls(found[process, MANY]), _memory(found[process, FEW], found[process, MANY]))
    ]


@dataclass(frozen=True)
class Measured:
    """One poll from the start. `peak`: the process's largest memory at its end, `before`: at its beginning; both in bytes."""

    process: Process
    records: int
    page_size: int
    calls: int
    slices: int
    before: int
    peak: int


def _calls(found: Measured) -> Figure:
    pages = math.ceil(found.records / found.page_size)
    # Each page begins again with the newest second of the one before, and each slice with the seconds of the overlap.
    overlap = math.ceil(pages / found.page_size) + found.slices
    return Figure(
        "poll-large",
        f"{found.records:,} {found.process.value} read for the first time: calls to the shop",
        f"{found.calls}",
        f"{pages} pages + at most {overlap} for the overlap",
        found.calls <= pages + overlap,
        (f"in {found.slices} slices; each record is kept, and waits for its turn in the lane",),
    )


def _memory(few: Measured, many: Measured) -> Figure:
    ratio = many.peak / few.peak
    return Figure(
        "poll-large",
        f"Largest memory of the process for {many.records:,} {many.process.value} against {few.records:,}",
        f"{ratio:.2f} times",
        f"at most {MOST_GROWTH:g} times",
        ratio <= MOST_GROWTH,
        (f"{few.peak / 1e6:.0f} MB and {many.peak / 1e6:.0f} MB, of which {many.before / 1e6:.0f} MB before the poll began",),
    )


def _measured(asked: tuple[Process, int]) -> Measured:
    logs.configure(Settings(log_level="error"), secret_names())
    return asyncio.run(_measure(*asked))


def _largest_memory() -> int:
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


async def _measure(process: Process, records: int) -> Measured:
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(databases.sqlite())
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-"))
        async with open_harness(database, Path(directory)) as harness:
            await harness.connect()
            shop = LargeShop(records)
            async with httpx.AsyncClient(transport=httpx.MockTransport(shop.answer)) as http:
                own, harness.gateway.http = harness.gateway.http, http
                try:
                    return await _poll(harness, shop, process)
                finally:
                    harness.gateway.http = own


async def _poll(harness: Harness, shop: LargeShop, process: Process) -> Measured:
    """Slice after slice, as a worker does. Nothing is sent on to the warehouse: the lane is not worked off here."""
    settings, key = harness.connection.settings, poll_key(harness.connection.id, process)
    assert isinstance(settings, WooCommerceSettings)
    place = (cursors.c.connection_id == harness.connection.id, cursors.c.process == process)
    async with harness.gateway.database.begin() as db:
        await db.execute(update(cursors).where(*place).values(next_poll_at=harness.clock()))
    before, slices = _largest_memory(), 0
    harness.wake_ups.waiting = deque([(Task.POLL, key)])
    while (Task.POLL, key) in harness.wake_ups.waiting:
        harness.wake_ups.waiting.clear()
        await work(harness.gateway, Task.POLL, key)
        slices += 1
    peak = _largest_memory()
    async with harness.gateway.database.read() as db:
        mine = (jobs.c.connection_id == harness.connection.id, jobs.c.process == process)
        kept = await db.scalar(select(func.count()).select_from(jobs).where(*mine))
        assert (await db.execute(select(cursors.c.last_error).where(*place))).scalar_one() is None
    assert kept == shop.records, f"{kept} of {shop.records} {process.value} were kept"
    return Measured(process, shop.records, settings.page_size, shop.calls, slices, before, peak)
