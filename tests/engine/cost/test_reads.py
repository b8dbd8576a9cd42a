"""Turns that end, sweeps, figures and searches read as many rows beside 4,000 finished orders as beside 400."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench.reads import Reads
from tests.engine.cost import long_history
from tests.engine.cost.long_history import BESIDE
from tests.engine.cost.works import (
    Work,
    a_sweep,
    new_and_changed_orders,
    reports,
    searches_of_events,
    searches_of_jobs,
    searches_of_mappings,
    the_figures,
)
from tests.harness import Harness, open_harness

FEW, MORE = 400, 3_600
READ: tuple[Work, ...] = (
    new_and_changed_orders,
    reports,
    a_sweep,
    the_figures,
    searches_of_mappings,
    searches_of_jobs,
    searches_of_events,
)
DEEPER = 1.3
"""Indexes get deeper, and PostgreSQL looks at rows once more that were just changed. A scan would read nine times as many."""
A_FEW = 300


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        processes = {"stock": False, "shipments": True, "returns": True}
        await opened.connect(processes=processes, silent_hours=24)
        await opened.connect("second", goods_owner_id=78, processes=processes)
        yield opened


async def test_what_is_read_does_not_depend_on_what_is_done(harness: Harness) -> None:
    reads, found = Reads(), list[dict[str, int]]()
    if not harness.gateway.database.is_sqlite:
        await long_history.prefer_indexes(harness)
    await harness.gateway.database.engine.dispose()  # what is connected already is not watched
    reads.watch(harness.gateway.database.engine)
    for orders, beside in ((FEW, BESIDE), (MORE, BESIDE + FEW)):
        await long_history.add(harness, orders, beside)
        if not harness.gateway.database.is_sqlite:
            await long_history.analyze(harness)
        counted = {}
        for work in READ:
            await work(harness)  # from here on statements are compiled and connections open
            before = reads.count
            await work(harness)
            counted[work.__name__] = int(reads.count - before)
        found.append(counted)
    few, many = found
    grown = {name: (few[name], many[name]) for name in few if many[name] > few[name] * DEEPER + A_FEW}
    assert grown == {}
