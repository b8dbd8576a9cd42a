"""No statement of a turn, a sweep, the figures, a search, retention or the brake reads a growing table from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.engine.upkeep import retention
from tests.engine.cost import long_history
from tests.engine.cost.plans import recording, scans
from tests.engine.cost.works import WORKS
from tests.harness import Harness, open_harness

ORDERS = 3_000


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path, alert_webhook_url="http://127.0.0.1:1/") as opened:
        every = {"stock": True, "shipments": True, "returns": True}
        await opened.connect(processes=every, silent_hours=24)
        await opened.connect("second", goods_owner_id=78, processes=every)
        yield opened


async def test_no_statement_scans_a_table_that_grows(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    database, found = harness.gateway.database, list[str]()
    monkeypatch.setattr(retention, "BATCH", 20)  # a batch is a small part of the table, as it is among a million rows
    await long_history.add(harness, ORDERS)
    if not database.is_sqlite:
        await long_history.analyze(harness)
    for work in WORKS:
        with recording(database) as recorded:
            await work(harness)
        found += [f"{work.__name__}: {each}" for each in await scans(database, recorded)]
    assert not found, "\n".join(dict.fromkeys(found))
