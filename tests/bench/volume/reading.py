"""A large shop is read for the first time, looked at again, and read again from the start: calls, memory, and what is written."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
import sys
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from app import logs
from app.domain import Process
from app.engine.core.queue import Task, poll_key
from app.integrations.registry import secret_names
from app.records.connections import Connection, Draft
from app.settings import Settings
from app.storage.tables import cursors, jobs
from app.worker import work
from tests.bench.volume.simulator import LargeShop, large_shop
from tests.bench.volume.system import Size
from tests.bench.volume.systems import SYSTEMS
from tests.bench.workload import databases
from tests.harness import Harness, open_harness
from tests.harness.connections import LONG_AGO, make_connection, way_back_off

PROCESSES = (Process.ARTICLES, Process.ORDERS)
AT_A_TIME = 2
"""Shops that are measured side by side: calls and memory are measured, not time."""


@dataclass(frozen=True)
class Asked:
    """`is_sent_on`: what was read goes to the warehouse before the shop is looked at again."""

    system: str
    size: Size
    is_sent_on: bool
    page: int


@dataclass
class Look:
    """One poll to its end, in so many slices of a worker's time. Each slice may begin with a page that was begun before."""

    calls: int
    slices: int


@dataclass
class Reading:
    """`before` and `peak` are the process's largest memory before and after the first reading, in bytes. `written`: jobs that
    were made or changed, and calls that wrote to the warehouse, by the two later readings."""

    asked: Asked
    first: dict[Process, Look] = field(default_factory=dict)
    again: dict[Process, Look] = field(default_factory=dict)
    anew: dict[Process, Look] = field(default_factory=dict)
    kept: dict[Process, int] = field(default_factory=dict)
    before: int = 0
    peak: int = 0
    sent: int = 0
    written: int = 0


def read(asked: Sequence[Asked]) -> list[Reading]:
    """Each in a process of its own, so that its largest memory is its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_A_TIME, context, max_tasks_per_child=1) as pool:
        return list(pool.map(_read, asked))


def _read(asked: Asked) -> Reading:
    logs.configure(Settings(log_level="error"), secret_names())
    return asyncio.run(_read_shop(asked))


async def _read_shop(asked: Asked) -> Reading:
    system = SYSTEMS[asked.system]
    with contextlib.ExitStack() as stack:
        shop = stack.enter_context(large_shop(system.name, asked.size))
        database = stack.enter_context(databases.sqlite())
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-"))
        async with open_harness(database, Path(directory)) as harness:
            connection = await _connect(harness, system.name, system.connection(shop.url, asked.page))
            return await _Visit(harness, connection, shop).whole(Reading(asked))


async def _connect(harness: Harness, system: str, given: Mapping[str, Any]) -> Connection:
    settings: dict[str, Any] = {"go_live": LONG_AGO, **given["settings"]}
    draft = Draft(
        name="large",
        integration=system,
        source=given["source"],
        warehouse=harness.warehouse.credentials(),
        settings={**settings, **way_back_off(settings)},
    )
    return await make_connection(harness.gateway, draft)


@dataclass
class _Visit:
    harness: Harness
    connection: Connection
    shop: LargeShop

    async def whole(self, found: Reading) -> Reading:
        found.before = _largest_memory()
        for process in PROCESSES:
            found.first[process] = await self._poll(process)
        found.peak = _largest_memory()
        found.kept = await self._kept()
        if found.asked.is_sent_on:
            await self.harness.work(sweep=True)
            found.sent = self._writes()
        before = await self._state(), self._writes()
        for process in PROCESSES:
            found.again[process] = await self._poll(process)
        for process in PROCESSES:
            found.anew[process] = await self._poll(process, cursor=None)
        if found.asked.is_sent_on:
            await self.harness.work(sweep=True)
        after = await self._state(), self._writes()
        found.written = len(set(after[0].items()) ^ set(before[0].items())) + after[1] - before[1]
        return found

    async def _poll(self, process: Process, **cursor: None) -> Look:
        """Slice after slice, as a worker does. Nothing is sent on meanwhile: the lane is not worked off here.

        `cursor=None`: as if nothing had been read before.
        """
        key, made = poll_key(self.connection.id, process), self.shop.calls()
        place = (cursors.c.connection_id == self.connection.id, cursors.c.process == process)
        async with self.harness.gateway.database.begin() as db:
            await db.execute(update(cursors).where(*place).values(next_poll_at=self.harness.clock(), **cursor))
        waiting, slices = self.harness.wake_ups, 0
        waiting.waiting = deque([(Task.POLL, key)])
        while (Task.POLL, key) in waiting.waiting:
            waiting.waiting.clear()
            await work(self.harness.gateway, Task.POLL, key)
            slices += 1
        async with self.harness.gateway.database.read() as db:
            error = (await db.execute(select(cursors.c.last_error).where(*place))).scalar_one()
        assert error is None, error
        return Look(self.shop.calls() - made, slices)

    async def _kept(self) -> dict[Process, int]:
        query = select(jobs.c.process, func.count()).group_by(jobs.c.process)
        async with self.harness.gateway.database.read() as db:
            return {Process(name): count for name, count in (await db.execute(query)).all()}

    async def _state(self) -> Mapping[int, int]:
        """The generation of each job: a record that is new to a job makes one more."""
        async with self.harness.gateway.database.read() as db:
            return {row.id: row.generation for row in await db.execute(select(jobs.c.id, jobs.c.generation))}

    def _writes(self) -> int:
        return sum(call.method == "PUT" for call in self.harness.warehouse.app.state.journal.calls)


def _largest_memory() -> int:
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024
